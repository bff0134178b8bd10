"""What a customer feels at each beat, as the writer of the scenes means it."""

from __future__ import annotations

from random import Random

from evosense.testing.scenes.models import Mood

#: beat → (lowest sentiment, highest, possible emotions). Satisfaction follows from the sentiment.
_BEATS: dict[str, tuple[float, float, tuple[str, ...]]] = {
    "ola": (0.0, 0.15, ("neutro",)),
    "escolhe_menu": (-0.05, 0.1, ("neutro",)),
    "abre_pergunta": (-0.05, 0.2, ("neutro", "neutro", "confusao")),
    "abre_problema": (-0.75, -0.35, ("frustracao", "ansiedade", "tristeza", "raiva")),
    "abre_elogio": (0.7, 1.0, ("alegria", "gratidao", "alegria")),
    "detalhe_pergunta": (-0.05, 0.15, ("neutro",)),
    "detalhe_problema": (-0.5, -0.15, ("frustracao", "ansiedade", "neutro")),
    "cobranca": (-0.55, -0.25, ("ansiedade", "frustracao")),
    "cobranca_forte": (-0.9, -0.6, ("raiva", "frustracao")),
    "fecha": (0.4, 0.85, ("alegria", "confianca", "gratidao")),
    "desiste": (-0.5, -0.25, ("tristeza", "frustracao")),
    "agradece": (0.5, 0.9, ("gratidao", "gratidao", "alegria")),
    "alivio": (0.6, 1.0, ("alegria", "gratidao", "surpresa")),
    "piora": (-1.0, -0.7, ("raiva", "frustracao", "raiva")),
    "ameaca": (-1.0, -0.8, ("raiva",)),
    "sem_jeito": (-0.45, -0.2, ("tristeza", "frustracao", "confusao")),
    "confirma": (0.05, 0.2, ("neutro", "confianca")),
    "nota_boa": (0.6, 1.0, ("alegria", "gratidao")),
    "nota_ruim": (-0.9, -0.5, ("frustracao", "raiva")),
    "da_cpf": (0.0, 0.05, ("neutro",)),
    "da_contato": (0.0, 0.05, ("neutro",)),
    "da_pix": (-0.05, 0.05, ("neutro",)),
    "comprovante": (0.0, 0.2, ("neutro", "confianca")),
    "legenda_problema": (-0.7, -0.35, ("frustracao", "raiva")),
    "legenda_boa": (0.6, 0.95, ("alegria",)),
}


def mood_of(beat: str, rng: Random) -> Mood:
    """Draw the mood of a customer's message."""
    low, high, emotions = _BEATS[beat]
    sentiment = round(rng.uniform(low, high), 2)
    satisfaction = max(0, min(100, round(50 + 50 * sentiment + rng.uniform(-6, 6))))
    return Mood(sentiment, satisfaction, rng.choice(emotions))
