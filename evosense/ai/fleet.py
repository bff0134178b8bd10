"""Every backend in use, and who is asked for which tenant: the first of its list that is not away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.ai.backend_list import read_lists
from evosense.ai.backend_spec import BackendSpec
from evosense.ai.lane import Lane
from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import Scorer
from evosense.ai.remote import RemoteScorer
from evosense.db.ids import EVERYONE
from evosense.errors import ConfigurationError
from evosense.log import get_logger

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Resting:
    """Whose work is not worth claiming now.

    Attributes:
        tenants: those whose own backends are all away.
        only: when everybody else's are away, too: the tenants whose own are there; None when they are there.
    """

    tenants: tuple[UUID, ...] = ()
    only: tuple[UUID, ...] | None = None


class Fleet:
    """Lanes in order: everybody's, and those of tenants with a list of their own."""

    def __init__(
        self,
        everybody: Sequence[Lane],
        build: Callable[[BackendSpec], Scorer] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> None:
        """`build` makes a scorer of a spec, where tenants may have lists of their own; `secrets` by name."""
        self._from_settings = tuple(everybody)
        self._everybody = self._from_settings
        self._own: dict[UUID, tuple[Lane, ...]] = {}
        self._build = build
        self._secrets = secrets or {}
        self._built: dict[str, Lane] = {}

    @classmethod
    def of(cls, scorer: Scorer) -> Fleet:
        """One scorer for everybody."""
        return cls([Lane(scorer)])

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Each lane once, everybody's first."""
        every = [*self._everybody, *(lane for lanes in self._own.values() for lane in lanes)]
        return tuple({id(lane): lane for lane in every}.values())

    @property
    def slots(self) -> int:
        """Calls that all backends together take at once."""
        return sum(lane.scorer.slots for lane in self.lanes)

    @property
    def configs(self) -> list[ModelConfig]:
        """Models that can answer now or later."""
        return [lane.config for lane in self.lanes]

    def chain(self, tenant_id: UUID) -> tuple[Lane, ...]:
        """A tenant's backends in order."""
        return self._own.get(tenant_id, self._everybody)

    def choose(self, tenant_id: UUID) -> Lane | None:
        """The first of a tenant's backends that takes calls now."""
        return next((lane for lane in self.chain(tenant_id) if lane.wait_seconds() == 0), None)

    def by_config(self, tenant_id: UUID, config_hash: str) -> Lane | None:
        """The backend that runs a model: one of the tenant's own if there is one, never another tenant's."""
        candidates = (*self.chain(tenant_id), *self._everybody)
        return next((lane for lane in candidates if lane.config.config_hash == config_hash), None)

    def wait_seconds(self, tenant_id: UUID) -> float:
        """How long until one of a tenant's backends is worth looking at again."""
        return min((lane.wait_seconds() for lane in self.chain(tenant_id)), default=0.0)

    def resting(self) -> Resting:
        """Whose work can't be done now."""
        away = tuple(tenant for tenant in self._own if self.choose(tenant) is None)
        if any(lane.wait_seconds() == 0 for lane in self._everybody):
            return Resting(away)
        return Resting((), tuple(tenant for tenant in self._own if tenant not in away))

    async def load(self, connection: AsyncConnection[Any]) -> None:
        """Take the lists that are in the database now."""
        if self._build is not None:
            self.use(await read_lists(connection, self._secrets))

    def use(self, lists: Mapping[UUID, Sequence[BackendSpec]]) -> None:
        """Take the lists of tenants, and everybody's (EVERYONE) if given; lanes that stay keep what they know."""
        if self._build is None:
            return
        self._own = {tenant: self.lanes_of(specs) for tenant, specs in lists.items() if tenant != EVERYONE}
        self._own = {tenant: lanes for tenant, lanes in self._own.items() if lanes}
        self._everybody = self.lanes_of(lists.get(EVERYONE, ())) or self._from_settings

    async def read_chain(self, connection: AsyncConnection[Any], tenant_id: UUID) -> tuple[Lane, ...]:
        """A tenant's backends by the lists in the database now, on a connection that may only see this tenant's."""
        lists = await read_lists(connection, self._secrets)
        return self.lanes_of(lists.get(tenant_id) or lists.get(EVERYONE) or ()) or self._from_settings

    def lanes_of(self, specs: Iterable[BackendSpec]) -> tuple[Lane, ...]:
        """The lanes of specs, in order; one that can't be used is left out, with a warning."""
        found: list[Lane] = []
        for spec in specs:
            try:
                found.append(self._lane(spec))
            except ConfigurationError as error:
                _log.warning("ai_backend_unusable", backend=spec.name, detail=error.detail)
        return tuple(found)

    def _lane(self, spec: BackendSpec) -> Lane:
        """The lane of a spec; tenants with the same backend share it, and so its limit."""
        key = repr((spec, spec.secret))
        if key not in self._built and self._build is not None:
            self._built[key] = Lane(self._build(spec), spec.name)
        return self._built[key]

    async def identify(self) -> None:
        """Learn which weights answer, where that is due."""
        failures = await asyncio.gather(*(lane.identify() for lane in self.lanes))
        for lane, failure in zip(self.lanes, failures, strict=True):
            if failure is not None:
                _log.warning("ai_backend_unidentified", backend=lane.name, error_class=failure.error_class)

    @property
    def has_unidentified(self) -> bool:
        """Whether some backend could not say yet which weights it runs."""
        return any(not lane.is_identified for lane in self.lanes)

    async def close(self) -> None:
        """Close every scorer that was opened."""
        every = {id(lane): lane for lane in (*self._from_settings, *self._built.values())}
        for lane in every.values():
            if isinstance(lane.scorer, RemoteScorer):
                await lane.scorer.close()
