"""What to do about a backend that does not answer, and whether an embedder's vectors are of use."""

from __future__ import annotations

import numpy as np

from evosense.ai.backend_spec import BackendSpec
from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.factory import build_embedder
from evosense.ai.protocols import CallFailure, PromptMessage, ScoringRequest
from evosense.errors import ConfigurationError, EvoSenseError

_WHAT_TO_DO = {
    "unreachable": "nothing answers at its address: start it or correct the address",
    "tls": "no encrypted connection: its certificate is not trusted here (SSL_CERT_FILE names your own authority's), is"
    " out of date or another host's, or the port speaks plain http",
    "timeout": "it did not answer in time: is the model still loading? Raise its timeout or look at its load",
    "model_missing": "the model is not pulled there: `ollama pull` it or correct its name",
    "not_ollama": "what answers there is no Ollama: correct the provider or the address",
    "not_openai": "what answers there does not speak OpenAI's API: correct the provider or the address",
    "tool_missing": "the MCP server has no tool of that name: correct `tool` in its params",
    "no_answer": "it answers 200 without an answer: the workflow must respond with what its last node gives, and no"
    " proxy may stand before it with a page of its own",
    "backend_error": "it reports an error of its own: look at its log",
    "http_413": "it refuses requests of this size: raise the limit of the server or of the proxy before it",
    "http_429": "it limits how often it is asked: lower AI_SLOTS (or the backend's slots) or raise the limit there",
    "http_401": "it refuses the key: set AI_API_KEY (or the secret that the list names) again",
    "http_403": "it refuses the key or this machine: set the key again, look at its allowed addresses",
    "http_404": "there is nothing at the address (an n8n workflow must be active; a model must be there)",
}


async def probe_embedder(spec: BackendSpec) -> str:
    """What an embedder makes of two texts. Raises ConfigurationError that says what to do."""
    embedder = build_embedder(spec)
    if isinstance(embedder, EmbeddedEmbedder):
        return f"{embedder.config.model}, built in"
    try:
        failure = await embedder.identify()
        if failure is not None:
            raise ConfigurationError(f"{spec.name}: {explain(failure)}")
        vectors = await embedder.embed(["bom dia", "o pedido atrasou"])
    except EvoSenseError as error:
        raise ConfigurationError(error.detail) from None
    finally:
        await embedder.close()
    if np.allclose(vectors[0], vectors[1]):
        raise ConfigurationError(f"{spec.name} gives different texts the same vector: choose another model")
    return f"{spec.name}: {embedder.config.model} answers with {vectors.shape[1]} dimensions"


def explain(failure: CallFailure) -> str:
    """What to do about a failed call."""
    told = _WHAT_TO_DO.get(failure.error_class)
    if told is None and failure.http_status is not None and 300 <= failure.http_status < 400:
        told = "it redirects, which is not followed: enter the address that it redirects to"
    return told or f"the call failed with {failure.error_class}"


def sample_request(prompt: tuple[PromptMessage, ...], schema: dict[str, object]) -> ScoringRequest:
    """A request that means nothing to anybody."""
    return ScoringRequest("Adorei o atendimento!", prompt=prompt, output_schema=schema, tenant_id="doctor")
