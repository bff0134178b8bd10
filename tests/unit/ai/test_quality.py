"""The quality measure, and the figure it must reach."""

from pathlib import Path

import pytest

from evosense import settings
from evosense.ai.quality import BRIGHTER_FILE, brighter_rows, compare_scorers, labelled_rows, measure
from evosense.errors import InvalidInput

HEADER = "id,text,anger,disgust,fear,joy,sadness,surprise\n"


def test_the_brighter_rule(tmp_path):
    path = tmp_path / "b.csv"
    rows = ["1,a,0,0,0,1,0,0", "2,b,1,0,0,0,0,1", "3,c,0,0,0,0,0,0", "4,d,1,0,0,1,0,0", "5,e,0,0,0,0,0,1"]
    path.write_text(HEADER + "\n".join(rows), encoding="utf-8")
    assert brighter_rows(path) == [("a", "positive"), ("b", "negative"), ("c", "neutral")]


def test_macro_f1_by_hand():
    rows = [("p", "positive"), ("p", "positive"), ("n", "negative"), ("z", "neutral")]
    told = {"p": "positive", "n": "positive", "z": "neutral"}
    measured = measure("x", rows, lambda text: told[text])
    assert measured.f1 == {"negative": 0.0, "neutral": 1.0, "positive": pytest.approx(0.8)}
    assert measured.macro_f1 == pytest.approx(0.6)


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("text,label\nadorei,positivo\npéssimo,-1\n", encoding="utf-8")
    assert compare_scorers(labelled_rows(path))[0].macro_f1 == pytest.approx(2 / 3)
    path.write_text("text,label\nadorei,legal\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="line 2"):
        labelled_rows(path)
    path.write_text("texto\nadorei\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="lacks the columns label, text"):
        labelled_rows(path)


def test_files_as_spreadsheets_write_them(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text('\ufeffText;Label\n"adorei; amei";POSITIVO\npéssimo;-1.0\noi;0\n', encoding="utf-8")
    assert labelled_rows(path) == [("adorei; amei", "positive"), ("péssimo", "negative"), ("oi", "neutral")]
    path.write_text(HEADER + "1,a,0,0,0,1,0,0\n2,b,0,0,0,0,0,1\n", encoding="utf-8")
    assert labelled_rows(path) == [("a", "positive")]
    path.write_text("text,label\nadorei\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="line 2 has too few columns"):
        labelled_rows(path)
    path.write_text("text,label\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="holds no texts"):
        labelled_rows(path)


def test_what_is_no_csv_in_utf8_is_named(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes("text,label\nnão gostei,negativo\n".encode("latin-1"))
    with pytest.raises(InvalidInput, match=r"mine\.csv is not in UTF-8"):
        labelled_rows(path)
    path.write_text('text,label\n"' + "a" * 200_000 + '",positivo\n', encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"mine\.csv is no CSV"):
        labelled_rows(path)


def test_what_customers_write_is_told_apart():
    lines = (Path(__file__).parents[2] / "fixtures/sentiment/service_lines.tsv").read_text("utf-8").splitlines()
    rows = [(text, label) for label, text in (line.split("\t") for line in lines if not line.startswith("#"))]
    ours, plain, _ = compare_scorers(rows)
    assert len(rows) > 700
    assert min(ours.f1.values()) > 0.96
    assert ours.macro_f1 > plain.macro_f1 + 0.3


def test_the_embedded_scorer_beats_plain_leia():
    folder = settings.load(settings.TestSettings).evosense_data
    if folder is None or not (folder / BRIGHTER_FILE).is_file():
        pytest.skip("EVOSENSE_DATA does not name the folder of the evaluation data")
    ours, *plain = compare_scorers(brighter_rows(folder / BRIGHTER_FILE))
    assert ours.macro_f1 > max(q.macro_f1 for q in plain) + 0.06
