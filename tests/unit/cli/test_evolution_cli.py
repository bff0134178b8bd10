"""`evosense evolution decode`."""

import json
from pathlib import Path

from typer.testing import CliRunner

from evosense.cli.evolution import app

WIRE = Path(__file__).parents[2] / "fixtures/evolution/wire.json"


def test_decode_prints_one_json_line_per_event() -> None:
    result = CliRunner().invoke(app, ["decode", str(WIRE)])
    assert result.exit_code == 0
    events = [json.loads(line) for line in result.stdout.splitlines()]
    texts = {event["text"] for event in events if event["event_kind"] == "messages.upsert"}
    assert {"Bom dia! Vocês abrem hoje?", "Olha o comprovante do Pix"} <= texts
    assert {"provider", "server", "instance", "chat_jid", "author_jid", "from_me", "sent_at", "raw"} <= set(events[0])
    assert "TOKEN-LOJA" not in result.stdout


def test_decode_reads_standard_input_and_frames() -> None:
    frames = json.loads(WIRE.read_text(encoding="utf-8"))["socketio_2_3_7"]["upsert_image_caption"]["frames"]
    result = CliRunner().invoke(app, ["decode", "-"], input=json.dumps(frames))
    assert [json.loads(line)["type"] for line in result.stdout.splitlines()] == ["imageMessage"]


def test_decode_says_what_is_wrong(tmp_path: Path) -> None:
    missing = CliRunner().invoke(app, ["decode", str(tmp_path / "none.json")])
    assert missing.exit_code == 2
    assert "can't read" in missing.stderr
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    assert "holds no JSON" in CliRunner().invoke(app, ["decode", str(broken)]).stderr


def test_decode_reads_lines_and_shows_no_token() -> None:
    captured = json.loads(WIRE.read_text(encoding="utf-8"))["socketio_2_3_7"].values()
    lines = [frame if isinstance(frame, str) else json.dumps(frame) for one in captured for frame in one["frames"]]
    result = CliRunner().invoke(app, ["decode", "-"], input="\n".join([*lines, "42/x,[broken"]))
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(events) == len(captured) + 1
    assert [event["problem"] for event in events if event["action"] == "unknown"] == ["not JSON"]
    assert "TOKEN-LOJA" not in result.stdout


def test_only_a_line_feed_ends_a_line() -> None:
    texts = ["um\u2028dois", "três\u0085quatro", "cinco"]
    data = {"key": {"id": "A", "remoteJid": "5511977776666@s.whatsapp.net", "fromMe": False}}
    lines = [
        json.dumps(
            {"event": "messages.upsert", "instance": "loja", "data": {**data, "message": {"conversation": text}}},
            ensure_ascii=False,
        )
        for text in texts
    ]
    result = CliRunner().invoke(app, ["decode", "-"], input="\r\n".join(lines))
    assert [json.loads(line)["text"] for line in result.stdout.strip().split("\n")] == texts
