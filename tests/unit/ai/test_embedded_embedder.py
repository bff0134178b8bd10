"""The embedded embedder is the same everywhere, and near means alike in spelling."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from evosense.ai.embedded.embedder import EmbeddedEmbedder, embed_one

SIGNS = "22d7e247f1de80ae56cc57906cc737557be22603063bb4a882751f155724a19d"
CONFIG_HASH = "c1:43dee4107e5771120b8bb7f5d1fe2f3b8a27feac5c2b92b371c2b60f9feb1331"

_PROGRAM = (
    "import hashlib; from evosense.ai.embedded.embedder import embed_one;"
    "print(hashlib.sha256((embed_one('Meu pedido não chegou 😡') * 1e4).round().astype('<i2').tobytes()).hexdigest())"
)


def fingerprint(text: str) -> str:
    return hashlib.sha256((embed_one(text) * 1e4).round().astype("<i2").tobytes()).hexdigest()


def test_vectors_are_those_of_every_release():
    """Recorded once; a change here is another model and needs another name."""
    signs = np.sign(embed_one("Meu pedido não chegou")).astype(np.int8)
    assert hashlib.sha256(signs.tobytes()).hexdigest() == SIGNS
    greeting = embed_one("bom dia")
    assert {int(n) for n in np.flatnonzero(np.abs(greeting) > 0.26)} == {705, 681, 523, 109, 656, 722, 281, 382}
    assert float(np.abs(greeting).max()) == pytest.approx(0.2661, abs=1e-4)
    assert EmbeddedEmbedder().config.config_hash == CONFIG_HASH


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_another_process_with_another_hash_seed_says_the_same(seed):
    told = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
    )
    assert told.stdout.strip() == fingerprint("Meu pedido não chegou 😡")


def test_near_means_alike():
    [question, inflected, other] = EmbeddedEmbedder().embed_now(
        ["quando chega minha encomenda?", "as encomendas chegaram?", "quero falar com o financeiro"]
    )
    assert question @ inflected > question @ other + 0.1


def test_accents_and_case_do_not_matter():
    assert np.array_equal(embed_one("Não ESTÁ"), embed_one("nao esta"))


async def test_rows_are_unit_vectors_in_order():
    vectors = await EmbeddedEmbedder().embed(["um", "dois", "!!!"])
    assert vectors.shape == (3, 768)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 0], abs=1e-5)
    assert (await EmbeddedEmbedder().embed([])).shape == (0, 768)
