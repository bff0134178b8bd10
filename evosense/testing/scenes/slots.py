"""Values that fill a template: amounts, dates, order numbers, made-up personal data that validates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from evosense.testing.scenes.book import Business, word_lists
from evosense.testing.scenes.grammar import expand
from evosense.testing.scenes.models import Person
from evosense.testing.scenes.people import ascii_letters

_NAMES = word_lists()
_DAYS = ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo")
_MAIL = ("gmail.com", "hotmail.com", "outlook.com", "yahoo.com.br", "uol.com.br", "icloud.com")
_PERSONAL = {
    "cpf": "cpf",
    "email": "email",
    "telefone": "phone",
    "endereco": "address",
    "cep": "address",
    "pix": "pix",
    "pix_empresa": "pix",
}
"""Slots that hold personal data, and the kind a redactor would call it."""


def fake_cpf(rng: Random, *, dotted: bool = True) -> str:
    """A CPF with right check digits (modulo 11, weights 10…2 and 11…2), belonging to nobody we know."""
    digits = [rng.randint(0, 9) for _ in range(9)]
    for _ in range(2):
        weights = range(len(digits) + 1, 1, -1)
        rest = sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) * 10 % 11
        digits.append(rest % 10)
    text = "".join(map(str, digits))
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}" if dotted else text


def fake_cnpj(rng: Random) -> str:
    """A CNPJ with right check digits (modulo 11, weights 5,4,3,2,9…2 and one more for the second)."""
    digits = [rng.randint(0, 9) for _ in range(8)] + [0, 0, 0, 1]
    for _ in range(2):
        weights = [(index % 8) + 2 for index in range(len(digits))][::-1]
        rest = sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    text = "".join(map(str, digits))
    return f"{text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"


def money(rng: Random, low: int, high: int) -> str:
    """An amount as people type it."""
    value = rng.randint(low, high)
    cents = rng.choice(("00", "90", "99", "50", f"{rng.randint(0, 99):02d}"))
    whole = f"{value:,}".replace(",", ".")
    return rng.choice((f"R$ {whole},{cents}", f"R${whole},{cents}", f"{whole} reais", f"R$ {whole}"))


class Slots:
    """The values of one conversation; a name keeps its value unless it is drawn anew."""

    def __init__(self, rng: Random, business: Business, person: Person, agent: str, now: datetime) -> None:
        self.rng = rng
        self.business = business
        self.person = person
        self.agent = agent
        self.now = now
        self.personal: list[str] = []
        self._kept: dict[str, str] = {}

    def lookup(self, name: str, fresh: bool) -> str:
        """The value of a slot."""
        if name.endswith("_m"):
            value = self.lookup(name[:-2], fresh)
            return value[:1].upper() + value[1:]
        if name in _PERSONAL:
            self.personal.append(_PERSONAL[name])
        if fresh:
            return self._draw(name)
        if name not in self._kept:
            self._kept[name] = self._draw(name)
        return self._kept[name]

    def _draw(self, name: str) -> str:
        if (lines := self.business.words.get(name)) is not None:
            return expand(lines[int(self.rng.random() * len(lines))], self.rng, self.lookup)
        return _DRAWN[name](self)

    def day(self, ahead: int) -> str:
        """A date near the conversation, as dd/mm."""
        return f"{self.now + timedelta(days=ahead):%d/%m}"

    def greeting(self) -> str:
        """By the hour."""
        if self.now.hour < 12:
            return "bom dia"
        return "boa tarde" if self.now.hour < 18 else "boa noite"

    def pix_key(self) -> str:
        """A key of one of the usual kinds."""
        rng = self.rng
        random_key = str(UUID(int=rng.getrandbits(128), version=4))
        return rng.choice((fake_cpf(rng), self.email(), self.phone(), random_key))

    def email(self) -> str:
        """The person's address."""
        parts = ascii_letters(self.person.full_name).lower().split()
        joint = self.rng.choice((".", "", "_"))
        number = self.rng.choice(("", str(self.rng.randint(1, 99)), "198" + str(self.rng.randint(0, 9))))
        return f"{parts[0]}{joint}{parts[-1]}{number}@{self.rng.choice(_MAIL)}"

    def phone(self) -> str:
        """The person's number in one of the ways to write it."""
        area, rest = self.person.phone[2:4], f"9{self.person.phone[-8:]}"
        return self.rng.choice(
            (
                f"({area}) {rest[:5]}-{rest[5:]}",
                f"{area}{rest}",
                f"+55 {area} {rest[:5]}-{rest[5:]}",
                f"{area} {rest[:5]} {rest[5:]}",
            )
        )


_DRAWN: dict[str, Callable[[Slots], str]] = {
    "nome": lambda s: s.person.first_name,
    "nome_completo": lambda s: s.person.full_name,
    "obrigado": lambda s: "obrigada" if s.person.feminine else "obrigado",
    "atendente": lambda s: s.agent if s.rng.random() < 0.8 else s.rng.choice(s.business.agents),
    "empresa": lambda s: s.business.company,
    "horario": lambda s: s.business.hours_text,
    "saudacao": lambda s: s.greeting(),
    "pedido": lambda s: str(s.rng.randint(1200, 98999)),
    "protocolo": lambda s: f"{s.now:%Y%m}{s.rng.randint(10000, 99999)}",
    "numero": lambda s: str(s.rng.randint(11, 2999)),
    "valor": lambda s: money(s.rng, 29, 640),
    "valor_pequeno": lambda s: money(s.rng, 9, 95),
    "valor_grande": lambda s: money(s.rng, 1200, 9800),
    "taxa": lambda s: f"{s.rng.randint(1, 6)},{s.rng.randint(10, 99)}%",
    "data": lambda s: s.day(-s.rng.randint(2, 15)),
    "data_futura": lambda s: s.day(s.rng.randint(1, 12)),
    "dia": lambda s: s.rng.choice(_DAYS),
    "dia_mes": lambda s: str(s.rng.randint(1, 28)),
    "hora": lambda s: f"{s.rng.randint(7, 20)}{s.rng.choice(('h', 'h30', ':00', ':15', ':40'))}",
    "prazo": lambda s: s.rng.choice(("2 dias úteis", "5 dias úteis", "até 7 dias", "24h", "10 dias", "48 horas")),
    "pessoas": lambda s: s.rng.choice(("2 pessoas", "4 pessoas", "6 pessoas", "um casal", "3 adultos e 1 criança")),
    "peso_bicho": lambda s: str(s.rng.randint(3, 38)),
    "nascimento": lambda s: f"{s.rng.randint(1, 28):02d}/{s.rng.randint(1, 12):02d}/{s.rng.randint(1950, 2015)}",
    "cidade": lambda s: s.person.city,
    "bairro": lambda s: s.rng.choice(_NAMES["bairros"]),
    "endereco": lambda s: f"{s.rng.choice(_NAMES['ruas'])}, {s.rng.randint(10, 1990)}",
    "cep": lambda s: f"{s.rng.randint(1000, 89999):05d}-{s.rng.randint(0, 999):03d}",
    "rastreio": lambda s: f"{s.rng.choice(('AA', 'QB', 'NM', 'OV'))}{s.rng.randint(10**8, 10**9 - 1)}BR",
    "boleto": lambda s: (
        f"34191.{s.rng.randint(10000, 99999)} {s.rng.randint(10000, 99999)}.{s.rng.randint(100000, 999999)}"
    ),
    "cpf": lambda s: fake_cpf(s.rng, dotted=s.rng.random() < 0.7),
    "cpf_inicio": lambda s: str(s.rng.randint(100, 999)),
    "email": lambda s: s.email(),
    "telefone": lambda s: s.phone(),
    "pix": lambda s: s.pix_key(),
    "pix_empresa": lambda s: fake_cnpj(s.rng),
}
