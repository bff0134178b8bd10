"""`python -m orchestration.webserver`: the Dagster UI as it is, and the docs of the warehouse at /dbt-docs."""

from __future__ import annotations

from typing import Any

from dagster_webserver import app, cli
from dagster_webserver.webserver import DagsterWebserver
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from evosense.settings import DatabaseSettings, load
from orchestration.warehouse.docs import docs_page

DOCS = "/dbt-docs"


async def dbt_docs(_request: Request) -> Response:
    """The page that the asset warehouse_docs made last; 404 with what to do before there is one."""
    page = docs_page(load(DatabaseSettings).data_dir)
    if not page.is_file():
        return PlainTextResponse("No docs yet: materialise the asset warehouse_docs.\n", status_code=404)
    return FileResponse(page, media_type="text/html")


class Webserver(DagsterWebserver[Any, Any]):
    """Dagster's own, with one more page."""

    def build_routes(self) -> Any:
        """Ours first: Dagster's last route takes every path."""
        return [Route(DOCS, dbt_docs), *super().build_routes()]


def main() -> None:
    """Serve; takes the command line of dagster-webserver."""
    # The command line makes its application out of this name; there is no other way in.
    app.__dict__.update(DagsterWebserver=Webserver)
    cli.main()


if __name__ == "__main__":
    main()
