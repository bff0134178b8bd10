"""What the letters say, in Portuguese."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evosense.mail.models import Letter

_FOOT = "\n\nEvoSense"


@dataclass(frozen=True, slots=True)
class AlertLinks:
    """Where the day can be looked at, and where a person chooses whether to get such letters."""

    overview: str
    choice: str


def invitation(to: str, company: str, link: str, days: int) -> Letter:
    """Somebody is invited to a company."""
    name = _one_line(company)
    return Letter(
        to,
        f"Convite para {name} no EvoSense",
        f"Você foi convidado(a) para acompanhar os atendimentos de {name} no EvoSense.\n\n"
        f"Para criar sua senha e entrar, abra:\n{link}\n\n"
        f"O link vale por {days} dias e funciona uma única vez. Se você não esperava este convite, ignore-o.{_FOOT}",
    )


def password_reset(to: str, link: str, minutes: int) -> Letter:
    """Somebody asked for a new password."""
    return Letter(
        to,
        "Redefinir sua senha do EvoSense",
        f"Recebemos um pedido para redefinir sua senha. Para escolher uma nova, abra:\n{link}\n\n"
        f"O link vale por {minutes} minutos e funciona uma única vez. Se não foi você, ignore este e-mail: "
        f"sua senha continua a mesma.{_FOOT}",
    )


def password_changed(to: str) -> Letter:
    """The password was changed."""
    return Letter(
        to,
        "Sua senha do EvoSense foi alterada",
        "Sua senha foi alterada e todas as sessões abertas foram encerradas.\n\n"
        f"Se não foi você, redefina a senha agora e avise o administrador da sua empresa.{_FOOT}",
    )


_NOTICES = {
    "payment_failed": ("Pagamento não aprovado", "Não conseguimos cobrar a fatura em aberto do EvoSense."),
    "action_required": ("Confirme o pagamento", "Seu banco pede uma confirmação para pagar a fatura do EvoSense."),
    "overdue": ("Fatura vencida", "Há uma fatura do EvoSense vencida."),
    "invoice_problem": ("Fatura com problema", "Uma fatura do EvoSense não pôde ser fechada."),
    "boleto_not_paid": ("Boleto não pago", "O boleto da sua assinatura EvoSense venceu sem pagamento."),
    "trial_ending": ("Seu período de teste está acabando", "Seu período de teste do EvoSense acaba em poucos dias."),
    "canceled": ("Assinatura encerrada", "Sua assinatura do EvoSense foi encerrada."),
    "paused": ("Assinatura pausada", "Sua assinatura do EvoSense está pausada."),
    "refunded": ("Pagamento devolvido", "Um pagamento do EvoSense foi devolvido."),
    "dispute": ("Pagamento contestado", "Um pagamento do EvoSense foi contestado no banco."),
    "access_stopped": (
        "Acesso suspenso",
        "O acesso da sua empresa ao EvoSense foi suspenso. Seus dados estão guardados e voltam com a regularização.",
    ),
    "over_limit": ("Limite do plano excedido", "Sua empresa usa mais do que o plano atual do EvoSense inclui."),
    "connections_switched_off": (
        "Conexões desligadas",
        "Com a mudança de plano, as conexões mais novas acima do limite foram desligadas.",
    ),
}


def billing_notice(to: str, company: str, kind: str, link: str) -> Letter:
    """Something that administrators have to be told about the subscription; `kind` as in `evosense.billing.notices`."""
    subject, text = _NOTICES.get(kind, ("Aviso sobre sua assinatura", "Há um aviso sobre sua assinatura do EvoSense."))
    return Letter(
        to,
        f"{subject} – {_one_line(company)}",
        f"{text}\n\nVeja os detalhes e o que fazer em:\n{link}{_FOOT}",
    )


def alerts(to: str, company: str, day: str, lines: Sequence[str], links: AlertLinks) -> Letter:
    """What was out of the ordinary on a day, or broke a rule; a line each."""
    return Letter(
        to,
        f"Alertas de {day} – {_one_line(company)}",
        f"O que chamou a atenção nos atendimentos de {_one_line(company)} em {day}:\n\n"
        + "".join(f"- {line}\n" for line in lines)
        + f"\nVeja as conversas por trás disso em:\n{links.overview}\n\n"
        f"Para não receber mais estes avisos, abra:\n{links.choice}{_FOOT}",
    )


def _one_line(name: str) -> str:
    """A company's name as it may stand in a subject."""
    return " ".join(name.split())
