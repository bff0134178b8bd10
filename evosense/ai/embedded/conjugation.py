"""Forms of a regular Portuguese verb, folded: what customers write instead of the infinitive that a list holds."""

from __future__ import annotations

_ENDINGS = {
    "ar": "o a as am e em ei ou aste amos aram ava avam avamos ando ado ada asse assem aria ariam arei ara arao",
    "er": "o e em i eu este emos eram ia iam iamos endo ido ida esse essem eria eriam erei era erao a am",
    "ir": "o e em i iu iste imos iram ia iam iamos indo ido ida isse issem iria iriam irei ira irao a am",
}
# Present and past of the third person, and the participle.
_OTHERS = {"ar": "a am ou aram ado ada", "er": "e em eu eram ido ida", "ir": "e em iu iram ido ida"}
_SHORTEST = 4


def is_infinitive(word: str) -> bool:
    """Whether a word looks like one: "atrasar", but not "mar"."""
    return len(word) >= _SHORTEST and word[-2:] in _ENDINGS and word.isalpha()


def conjugate(infinitive: str) -> tuple[str, ...]:
    """The infinitive and the forms of its class; g and c change as they are written ("chegar", "cheguei")."""
    stem, ending = infinitive[:-2], infinitive[-2:]
    return (infinitive, *(_joined(stem, tail, ending) for tail in _ENDINGS[ending].split()))


def _joined(stem: str, tail: str, ending: str) -> str:
    if ending == "ar" and tail[0] == "e":
        if stem.endswith("g"):
            return f"{stem}u{tail}"
        if stem.endswith("c"):
            return f"{stem[:-1]}qu{tail}"
    return stem + tail


def done_by_others(infinitive: str) -> tuple[str, ...]:
    """The third person of present and past, as complaints have it: "chega", "chegam", "chegou", "chegaram"."""
    stem, ending = infinitive[:-2], infinitive[-2:]
    return tuple(_joined(stem, tail, ending) for tail in _OTHERS[ending].split())
