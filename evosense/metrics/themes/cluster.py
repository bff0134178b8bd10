"""Clusters of embeddings, and the words that tell one from the others. Pure: arrays and texts in, names out."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

MIN_MESSAGES, MAX_THEMES, WORDS, MIN_CHATS = 40, 24, 4, 3
_WORD = re.compile(r"[^\W\d_]{3,}")
_TOKEN = re.compile(r"<[A-Z_]+:[0-9a-f]+>")
# Words that name nothing, as written in chats.
_STOP = """
que não nao com para pra por uma uns umas dos das nos nas ele ela eles elas isso esse essa este esta aquele aquela meu
minha seu sua você voce vocês voces está esta estou sou são sao foi era ser ter tem tenho mas mais muito muita também
tambem até ate quando como onde qual quem porque aqui ali agora hoje ontem amanhã amanha bom boa dia tarde noite olá ola
obrigado obrigada favor sim tudo bem ainda sem sobre pelo pela entre depois antes então entao vou vai pode posso quero
queria gostaria fazer feito deu dar ver lhe nós
"""
STOP_WORDS = frozenset(_STOP.split())


def cluster(vectors: NDArray[np.float32]) -> NDArray[np.intp]:
    """A cluster number for each row (n, 768); the same vectors always give the same clusters.

    K-means on unit vectors with about √(n/2) clusters, 24 at most.
    """
    from sklearn.cluster import MiniBatchKMeans  # heavy: only those who cluster pay for it

    count = max(2, min(MAX_THEMES, math.isqrt(len(vectors) // 2)))
    model: Any = MiniBatchKMeans(n_clusters=count, random_state=0, n_init="auto", batch_size=2048)
    return model.fit_predict(vectors)


def distinctive_words(
    texts: Sequence[str], chats: Sequence[UUID], labels: Sequence[int], *, words: int = WORDS
) -> dict[int, list[str]]:
    """The words of each cluster that tell it from the others, the most distinctive first.

    Class-based TF-IDF: share of the cluster's words × log(1 + average words of a cluster / uses of the word anywhere).
    Source: Grootendorst 2022, BERTopic, arXiv 2203.05794. A word that fewer than three chats use names nothing: it may
    be somebody's name.
    """
    used: dict[str, set[UUID]] = defaultdict(set)
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for text, chat, label in zip(texts, chats, labels, strict=True):
        said = [word for word in _WORD.findall(_TOKEN.sub(" ", text.lower())) if word not in STOP_WORDS]
        counts[label].update(said)
        for word in said:
            used[word].add(chat)
    everywhere: Counter[str] = Counter()
    for each in counts.values():
        everywhere.update(each)
    average = everywhere.total() / max(1, len(counts))

    def weight(label: int, word: str) -> float:
        return counts[label][word] / counts[label].total() * math.log(1 + average / everywhere[word])

    return {
        label: sorted(
            (word for word in each if len(used[word]) >= MIN_CHATS), key=lambda word: (-weight(label, word), word)
        )[:words]
        for label, each in counts.items()
    }


def centroids(vectors: NDArray[np.float32], labels: NDArray[np.intp]) -> dict[int, NDArray[np.float32]]:
    """The mean of each cluster, of unit length."""
    found: dict[int, NDArray[np.float32]] = {}
    for label in np.unique(labels):
        middle = vectors[labels == label].mean(axis=0)
        found[int(label)] = (middle / max(float(np.linalg.norm(middle)), 1e-9)).astype(np.float32)
    return found


def same_as_before(
    now: dict[int, NDArray[np.float32]], before: dict[UUID, NDArray[np.float32]], *, near: float = 0.8
) -> dict[int, UUID]:
    """Which cluster is which theme of the build before: pairs of the highest cosine first, from `near` on."""
    pairs = sorted(
        ((float(vector @ old), label, theme) for label, vector in now.items() for theme, old in before.items()),
        key=lambda pair: (-pair[0], pair[1], str(pair[2])),
    )
    found: dict[int, UUID] = {}
    for cosine, label, theme in pairs:
        if cosine >= near and label not in found and theme not in found.values():
            found[label] = theme
    return found
