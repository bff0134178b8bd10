"""What the words beside a number call it: `pedido 4471`, `meu zap é …`, `… é o protocolo`.

Shapes alone can't tell an order's number from a mobile phone's: both may have eleven digits. So the nearest word that
names a kind of number decides, if nothing but plain words stands between it and the number.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class Label(StrEnum):
    """What a number is called."""

    PHONE = "phone"
    DOCUMENT = "document"
    CARD = "card"
    PIX = "pix"
    SERIAL = "serial"  # pedido, protocolo, CNH: a number of its own kind, whatever check digits it passes by chance
    NUMBER = "number"  # conta, nota, código: bare digits are then no phone and no card, but may be a CPF


_WORDS: Final = {
    Label.PHONE: r"tel(?:s|efones?)?|fones?|cel(?:ular(?:es)?)?|whats(?:app)?|wpp|zap(?:zap)?|wa\.me|contatos?|recado"
    r"|sms|lig(?:a|ar|ue|o|uei|uem|aram|ou|ando)|cham(?:a|ar|e|em|ou)|disca[r]?|fixo",
    Label.DOCUMENT: r"cpf|cnpj|documentos?",
    Label.CARD: r"cart(?:[aã]o|[oõ]es)|cr[eé]dito|d[eé]bito|visa|master(?:card)?|elo|amex|hipercard|diners",
    Label.PIX: r"pix|chaves?",
    Label.SERIAL: r"prot(?:ocolos?)?|ped(?:idos?)?|rastre\w*|chamados?|tickets?"
    r"|s[eé]ries?|ordem|ordens|(?-i:OS|IE)|cnh|rg|pis|nis|cns|sus|t[ií]tulo|renavam|chassi|nsu|sku|ean|imei|lote"
    r"|localizador|ap[oó]lice|barras|nosso n[uú]mero|guia|remessa|sinistro|bilhete|reserva|processo|comanda"
    r"|encomenda|solicita[cç][aã]o|requerimento|ocorr[eê]ncia|manifesta[cç][aã]o|carteirinha|digit[aá]vel",
    Label.NUMBER: r"boletos?|notas?(?: fiscal| fiscais)?|nfs?-?e?"
    r"|c[oó]d(?:igos?)?|matr[ií]culas?|contratos?|inscri[cç][aã]o|senhas?|faturas?|contas?"
    r"|ag(?:[eê]ncia)?|ref(?:er[eê]ncia)?|id|serial|or[cç]amento|cupom|vouchers?|transa[cç][aã]o|comprovante"
    r"|compras?|pacote|caso|medidor|instala[cç][aã]o|modelo|pe[cç]a|produto|item|autoriza[cç][aã]o|token|duplicata|valor|total|pre[cç]o|ceps?|registro|build|vers[aã]o",
}
_OTHERS: Final = frozenset((Label.SERIAL, Label.NUMBER))
_ANY: Final = "|".join(f"(?P<{label.value}>{words})" for label, words in _WORDS.items())
_LABEL: Final = re.compile(rf"\b(?:{_ANY}|(?P<weak>n[uú]meros?|nro|num))\b\.?|(?P<sign>#|R\$)", re.IGNORECASE)
_WEAK: Final = "weak"  # "número": of a phone, unless another word says of what
_SIGN: Final = "sign"
# Between a label and its number: no other number, no end of a clause.
_GAP: Final = re.compile(r"(?:[^0-9\n,;!?.]|\b(?:n|nr)\.){0,32}", re.IGNORECASE)
# `mandem o boleto para 11…`: not the bill's number, but where it should go.
_TOWARDS: Final = re.compile(
    r"(?:\b(?:para|pra|pro|n[ao]|ao|pel[ao]|em|com)\b|\bp/)\s*(?:(?:o|a|meu|minha|este|esse)\s+)?$", re.IGNORECASE
)
_AFTER: Final = re.compile(
    r"\s*(?:\(\s*|(?:é|eh|foi|era)\s+|(?=d[aeo]\s))(?:(?:o|a|d[aeo]|n[ao]|meu|minha|seu|sua|esse|este)\s+){0,3}"
    rf"(?:n[uú]mero\s+(?:d[aeo]\s+)?(?:meu\s+)?)?(?:{_ANY})\b(?!\W{{0,8}}[0-9])",
    re.IGNORECASE,
)
_WINDOW: Final = 56


def label_before(text: str, position: int) -> Label | None:
    """What the words just before `position` call the number there."""
    end = position
    weak = None
    for match in reversed(list(_LABEL.finditer(text, max(0, position - _WINDOW), position))):
        if not _GAP.fullmatch(text, match.end(), end):
            break
        label = _label(match)
        if label is not None:
            is_elsewhere = label in _OTHERS and _TOWARDS.search(text, match.end(), end)
            return weak if is_elsewhere else label
        weak, end = Label.PHONE, match.start()
    return weak


def _label(match: re.Match[str]) -> Label | None:
    name = match.lastgroup
    if name == _SIGN:
        return Label.NUMBER
    return None if name is None or name == _WEAK else Label(name)


def label_after(text: str, position: int) -> Label | None:
    """What the words just after `position` call the number that ends there: `… é o protocolo`."""
    match = _AFTER.match(text, position)
    return _label(match) if match else None


def label_of(text: str, start: int, end: int) -> Label | None:
    """What the words beside text[start:end] call it; those before go first."""
    return label_before(text, start) or label_after(text, end)


def is_in_foreign_link(text: str, position: int) -> bool:
    """Whether `position` lies in a web address that is no link to a phone (wa.me and its kind)."""
    start = max(text.rfind(space, 0, position) for space in (" ", "\n", "\t", "(", "<", '"')) + 1
    link = text[start:position].lower()
    return link.startswith(("http", "www.")) and not re.search(r"wa\.me|whatsapp|phone|tel|fone|cel|zap", link)
