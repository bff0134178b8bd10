"""Pages of lists that are plain arrays: where the next one is, says the Link header (RFC 8288).

A page begins after the last thing of the one before (keyset), so nothing is seen twice and nothing is passed over when
something is added meanwhile, and the hundredth page costs what the first does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request, Response

_Row = TypeVar("_Row")
_WHERE = "Where the page before ended: as its Link header (`rel=next`) has it"
PageById = Annotated[UUID | None, Query(description=_WHERE)]
PageByHash = Annotated[str | None, Query(description=_WHERE, max_length=80, pattern=r"^[\w:]+$")]
LINKED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "headers": {
            "Link": {
                "description": '`<…?page=…>; rel="next"` while there is more',
                "schema": {"type": "string"},
                "example": '</api/exports?limit=50&page=01997a5c-3c43-7d3a-b6f1-2f6c1f4f6a10>; rel="next"',
            }
        }
    }
}


def one_page(
    request: Request, response: Response, rows: Sequence[_Row], limit: int, place: Callable[[_Row], object]
) -> Sequence[_Row]:
    """The first `limit` of `rows`, of which one more was asked for; with a Link header when there is more.

    `place` names the row that the next page begins after.
    """
    if len(rows) <= limit:
        return rows
    shown = rows[:limit]
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "page"]
    query = urlencode([*asked, ("page", str(place(shown[-1])))])
    response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return shown
