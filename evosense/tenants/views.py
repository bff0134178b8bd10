"""Views that a person saves: filters of a page of lists under a name. They hold no data, only an address' query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.named_queries import load

_QUERIES = load("evosense.tenants", "views.sql")
ViewPage = Literal["messages", "conversations"]
MOST_VIEWS: Final = 12  # a page


@dataclass(frozen=True, slots=True)
class SavedView:
    """`address` is the query of the page's address, as browsers write it, without the question mark."""

    page: ViewPage
    name: str
    address: str


async def list_views(connection: AsyncConnection[Any], tenant_id: UUID, user_id: UUID) -> list[SavedView]:
    """The person's views, those of a page in their order."""
    async with connection.cursor(row_factory=class_row(SavedView)) as cursor:
        await cursor.execute(_QUERIES["list"], {"tenant_id": tenant_id, "user_id": user_id})
        return await cursor.fetchall()


async def keep_views(
    connection: AsyncConnection[Any], tenant_id: UUID, user_id: UUID, page: ViewPage, views: Sequence[SavedView]
) -> None:
    """These views, and no others, are the person's for the page. Their names must differ."""
    values = {
        "tenant_id": tenant_id,
        "user_id": user_id,
        "page": page,
        "names": [view.name for view in views],
        "addresses": [view.address for view in views],
    }
    await connection.execute(_QUERIES["forget_others"], values)
    await connection.execute(_QUERIES["keep"], values)
