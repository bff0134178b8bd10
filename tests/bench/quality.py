"""What the embedded models reach on public Portuguese texts (EVOSENSE_DATA): the scorer, plain LeIA, hybrid search."""

from __future__ import annotations

from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.quality import BRIGHTER_FILE, brighter_rows, compare_scorers
from evosense.errors import ConfigurationError
from evosense.search.quality import measure_retrieval, read_retrieval
from evosense.settings import TestSettings, load
from evosense.stack.setup import scratch_database
from tests.bench.figures import Context, Figure


async def run(context: Context) -> list[Figure]:
    """Figures quality.embedded_macro_f1, quality.leia_macro_f1 and quality.faquad_ndcg10."""
    folder = load(TestSettings).evosense_data
    if folder is None:
        raise ConfigurationError("set EVOSENSE_DATA to the folder that holds BRIGHTER and FaQuAD")
    context.progress("BRIGHTER")
    embedded, leia, _ = compare_scorers(brighter_rows(folder / BRIGHTER_FILE))
    context.progress("FaQuAD")
    with scratch_database() as url:
        ndcg = await measure_retrieval(url, read_retrieval(folder), EmbeddedEmbedder())
    peer = "plain LeIA, 0.481 in the band that VADER's authors give"
    rows = {"texts": embedded.rows}
    return [
        Figure("quality.embedded_macro_f1", embedded.macro_f1, "macro-F1", "higher", leia.macro_f1, peer, rows),
        Figure("quality.leia_macro_f1", leia.macro_f1, "macro-F1", "higher", 0.0, "for comparison", rows),
        Figure("quality.faquad_ndcg10", ndcg, "nDCG@10", "higher", 0.88, "0.898 of BM25 alone", {"questions": 900}),
    ]
