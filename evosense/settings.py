"""Settings: one frozen group per concern, read from the environment (and `.env`) once, then passed in.

No other module reads the environment. Names without a prefix (DATABASE_URL, N8N_AI_WEBHOOK, EVO_BASE_URL,
STRIPE_SECRET_KEY, SECRET_KEY) are those of the user's documents. A test compares this file with `.env.example`
and the README's table.
"""

from __future__ import annotations

from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from evosense.errors import ConfigurationError

Networks = tuple[IPv4Network | IPv6Network, ...]
_NEIGHBOURS: Networks = (ip_network("169.254.0.0/16"), ip_network("fe80::/10"))
_CONFIG = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)


class DatabaseSettings(BaseSettings):
    """Where Postgres is."""

    model_config = _CONFIG

    database_url: str | None = Field(
        None, description="Postgres ≥ 16 with pgvector ≥ 0.8; may be pooled. Empty: embedded"
    )
    database_direct_url: str | None = Field(
        None, description="Not pooled: for LISTEN, migrations and Dagster. Empty: DATABASE_URL"
    )
    dagster_database_url: str | None = Field(
        None, description="Dagster's own database. Empty: the database `dagster` beside DATABASE_DIRECT_URL's"
    )
    data_dir: Path = Field(Path(".evosense"), description="Embedded database, logs and demo.json live here")

    def require_url(self) -> str:
        """DATABASE_URL, or ConfigurationError that says how to get one."""
        if not self.database_url:
            message = "DATABASE_URL is not set; set it, or start with `evosense up`, which brings a database along"
            raise ConfigurationError(message)
        return self.database_url

    def require_direct_url(self) -> str:
        """DATABASE_DIRECT_URL, else DATABASE_URL."""
        return self.database_direct_url or self.require_url()


class SecuritySettings(BaseSettings):
    """The master secret that everything else is derived from."""

    model_config = _CONFIG

    secret_key: SecretStr = Field(description="Master secret, 32 characters or more: wraps tenant keys, signs tokens")
    secret_key_previous: SecretStr | None = Field(None, description="The former SECRET_KEY while keys are rotated")

    def secrets(self) -> tuple[str, str | None]:
        """SECRET_KEY and, while keys are rotated, the one before it."""
        previous = self.secret_key_previous
        return self.secret_key.get_secret_value(), previous.get_secret_value() if previous else None


def _listed(given: object) -> object:
    """`a, b` as a list."""
    return [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given


def _without_neighbours(networks: Networks) -> Networks:
    """A cloud tells a machine its credentials at a link-local address, which no customer may make us ask."""
    for network in networks:
        if any(network.version == each.version and network.overlaps(each) for each in _NEIGHBOURS):
            message = f"{network} holds link-local addresses, which are never allowed: name the networks you mean"
            raise ValueError(message)
    return networks


class EvolutionSettings(BaseSettings):
    """The Evolution API and the listener."""

    model_config = _CONFIG

    evo_base_url: str = Field("http://127.0.0.1:8080", description="Default Evolution server for new connections")
    evo_allowed_networks: Annotated[
        Networks, NoDecode, BeforeValidator(_listed), AfterValidator(_without_neighbours)
    ] = Field((), description="Private networks that connections may point to, as `127.0.0.0/8,10.1.0.0/16`")
    listener_port: int = Field(
        0, description="Loopback port of the listener's /health and /metrics; 0 picks a free one"
    )


class AiSettings(BaseSettings):
    """Which model scores and embeds."""

    model_config = _CONFIG

    n8n_ai_webhook: str | None = Field(None, description="n8n webhook that scores; empty: the embedded scorer")
    n8n_ai_auth_header: str = Field("Authorization", description="Header that the n8n webhook wants its secret in")
    n8n_ai_auth_value: SecretStr | None = Field(None, description="That secret (n8n: Header Auth); empty: none is sent")
    ai_provider: Literal["embedded", "n8n", "ollama", "openai", "mcp"] | None = Field(
        None, description="Who scores; empty: n8n if N8N_AI_WEBHOOK is set, else the embedded scorer"
    )
    ai_base_url: str | None = Field(
        None, description="Address of Ollama, of an OpenAI-compatible server or of an MCP endpoint"
    )
    ai_model: str | None = Field(None, description="The model's name there")
    ai_api_key: SecretStr | None = Field(None, description="Sent as a bearer token; empty: none is sent")
    ai_num_ctx: Annotated[int, Field(ge=512)] = Field(4096, description="Ollama: context length, always sent")
    ai_usd_per_mtok_in: Annotated[float, Field(ge=0)] = Field(0.0, description="US dollars per million prompt tokens")
    ai_usd_per_mtok_out: Annotated[float, Field(ge=0)] = Field(
        0.0, description="US dollars per million generated tokens"
    )
    ai_fallback: Literal["embedded"] | None = Field(
        None, description="Who scores while the first backend is away; empty: messages wait for it"
    )
    ai_secrets: SecretStr | None = Field(
        None, description="JSON of names and secrets that `evosense ai add --secret NAME` refers to"
    )
    ai_embed_provider: Literal["embedded", "ollama", "openai"] = Field("embedded", description="Who embeds")
    ai_embed_url: str | None = Field(None, description="Address of the embedding server; empty: AI_BASE_URL")
    ai_embed_previous_url: str | None = Field(
        None, description="Where the former embedding model runs while messages are embedded anew; empty: the same"
    )
    ai_embed_model: str | None = Field(None, description="The embedding model's name there; 768 dimensions")
    ai_embed_prefix: str | None = Field(None, description="Put before each text, as the model's card asks")
    ai_embed_dimensions: int | None = Field(None, description="Sent as `dimensions` to models that can shorten: 768")
    ai_slots: Annotated[int, Field(ge=1, le=256)] = Field(16, description="AI calls in flight at most, per drain")
    ai_timeout_seconds: Annotated[float, Field(gt=0)] = Field(3.0, description="Deadline of one AI call")


class DrainSettings(BaseSettings):
    """How Dagster keeps scoring and embedding going."""

    model_config = _CONFIG

    drain_groups: Annotated[int, Field(ge=1, le=64)] = Field(1, description="Drains side by side, each on its chats")
    drain_run_seconds: Annotated[int, Field(ge=30)] = Field(1800, description="A drain run hands over after so long")
    drain_overlap_seconds: Annotated[int, Field(ge=12)] = Field(
        60, description="Its successor starts so long before; a cold run needs 7 to 12 s"
    )
    drain_lease_seconds: Annotated[float, Field(ge=1)] = Field(
        15.0, description="A drain that is silent for so long loses its tasks to another"
    )
    partitions_start: date = Field(date(2025, 1, 1), description="First day of the day partitions")


class WarehouseSettings(BaseSettings):
    """How often dbt catches up; serving never waits for it."""

    model_config = _CONFIG

    warehouse_refresh_seconds: Annotated[int, Field(ge=60)] = Field(
        1800, description="Days that are over and have changed are rebuilt after so long; they are right at once anyway"
    )


class ServingSettings(BaseSettings):
    """The API and the page it serves."""

    model_config = _CONFIG

    api_host: str = Field("127.0.0.1", description="Address the API listens on")
    api_port: int = Field(8000, description="Port of the API (PORT, as Railway sets it, goes first)")
    port: int | None = Field(None, description="Set by hosting platforms; goes before API_PORT")
    dagster_port: int = Field(3000, description="Loopback port of the Dagster UI")
    api_workers: Annotated[int, Field(ge=1, le=64)] = Field(1, description="API processes on the one port")
    api_rate_per_minute: Annotated[int, Field(ge=0)] = Field(
        600, description="Requests a minute of one person to one route; a fifth of it for those that change something"
    )
    live_max_per_tenant: Annotated[int, Field(ge=1)] = Field(
        1000, description="WebSockets that one company may have open, per API process"
    )
    public_url: str | None = Field(None, description="The API's address as browsers see it, for Origin checks")
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Proxies (addresses or networks, by comma) whose X-Forwarded-For and -Proto are believed",
    )
    cors_origins: str = Field(
        "", description="Other web pages that may call the API, by comma, each exactly: https://painel.example"
    )
    prometheus_multiproc_dir: Path | None = Field(
        None, description="Set by the API for its own workers: where they keep their numbers"
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        None,
        description="OpenTelemetry collector (OTLP over HTTP) for traces; needs the extra `telemetry`",
    )
    metrics_token: SecretStr | None = Field(
        None, description="Bearer token for /metrics; empty: only callers on this machine may read it"
    )


class BillingSettings(BaseSettings):
    """Stripe."""

    model_config = _CONFIG

    stripe_secret_key: SecretStr | None = Field(None, description="Stripe's secret key; empty: billing is off")
    stripe_webhook_secret: SecretStr | None = Field(None, description="Signing secret of the Stripe webhook")
    stripe_webhook_secret_previous: SecretStr | None = Field(
        None, description="The former webhook secret while it is rotated; both are accepted"
    )
    stripe_api_base: str | None = Field(
        None, description="Another server that speaks Stripe's API (tests, demo); empty: Stripe itself"
    )


class MailSettings(BaseSettings):
    """How mail goes out: invitations, forgotten passwords, what has to be told about the subscription."""

    model_config = _CONFIG

    smtp_host: str | None = Field(None, description="Mail server; empty: mails are printed where the API runs")
    smtp_port: int = Field(587, description="Its port")
    smtp_user: str | None = Field(None, description="Name to log in to it with; empty: no log-in")
    smtp_password: SecretStr | None = Field(None, description="Password for that name")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls (587), tls (465), or none for a server on this machine"
    )
    mail_from: str = Field("EvoSense <no-reply@localhost>", description="Sender of the mails")


class TestSettings(BaseSettings):
    """For tests and quality figures only."""

    model_config = _CONFIG

    evosense_data: Path | None = Field(
        None, description="Folder with the public evaluation data; tests skip without it"
    )


GROUPS: tuple[type[BaseSettings], ...] = (
    DatabaseSettings,
    SecuritySettings,
    EvolutionSettings,
    AiSettings,
    DrainSettings,
    WarehouseSettings,
    ServingSettings,
    BillingSettings,
    MailSettings,
    TestSettings,
)


_Group = TypeVar("_Group", bound=BaseSettings)


def load(group: type[_Group], **overrides: Any) -> _Group:
    """Read one group from the environment; `overrides` go before it.

    Raises:
        ConfigurationError: a setting is missing or wrong; names the variable and what it is for, never its value.
    """
    try:
        return group(**overrides)
    except ValidationError as error:
        message = "; ".join(_explain(group, problem["loc"], problem["msg"]) for problem in error.errors())
        # The cause is dropped on purpose: pydantic's error carries the input, which may be a secret.
        raise ConfigurationError(message) from None


def _explain(group: type[BaseSettings], location: tuple[int | str, ...], problem: str) -> str:
    name = str(location[0]) if location else group.__name__
    field = group.model_fields.get(name)
    purpose = f" ({field.description})" if field and field.description else ""
    return f"{name.upper()}{purpose}: {problem}"
