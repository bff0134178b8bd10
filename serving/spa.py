"""The web pages: the built dashboard where there is one, else the plain page, which says how to build it.

The dashboard is one HTML page whose script reads the address, so every address that a person opens gets that page;
anything else that does not exist is a 404. Which of the two is served is decided per request: a build is picked up
without a restart.
"""

from __future__ import annotations

from os import PathLike, stat_result
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.status import HTTP_404_NOT_FOUND
from starlette.types import Scope

SERVING = Path(__file__).resolve().parent
DASHBOARD = SERVING / "dashboard" / "dist"
PLAIN_PAGE = SERVING / "static"
_PAGE = "index.html"
# Never answered with the page: programs ask here, and a page instead of an error would mislead them.
_NO_PAGES = ("api", "ws", "static", "assets")
# A changed file gets another name, so what was loaded once is good for ever.
_FOR_EVER = "public, max-age=31536000, immutable"


class Pages(StaticFiles):
    """Files of the dashboard, its page for people's addresses, the plain page when it was not built."""

    def __init__(self, built: Path = DASHBOARD, plain: Path = PLAIN_PAGE) -> None:
        super().__init__(directory=built, check_dir=False)
        self._built = built
        self._plain = plain

    @property
    def is_built(self) -> bool:
        """Whether the dashboard is there."""
        return (self._built / _PAGE).is_file()

    async def check_config(self) -> None:
        """Nothing to check: the folder comes and goes with builds."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at `path`, the page, or 404 as HTTPException."""
        first = path.split("/", 1)[0]
        if first in _NO_PAGES[:-1] or path.endswith(".map"):
            raise HTTPException(HTTP_404_NOT_FOUND)
        if path in (".", _PAGE):
            return self._page(scope)
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != HTTP_404_NOT_FOUND or not _is_for_people(first, scope):
                raise
            return self._page(scope)
        response.headers["Cache-Control"] = _FOR_EVER if first == "assets" else "no-cache"
        return response

    def file_response(
        self, full_path: PathLike[str] | str, stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file, or the packed copy beside it for those who take one."""
        packed = Path(f"{full_path}.gz")
        if not packed.is_file():
            return super().file_response(full_path, stat_result, scope, status_code)
        if "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            response = super().file_response(packed, packed.stat(), scope, status_code)
            response.headers["Content-Encoding"] = "gzip"
        else:
            response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Vary"] = "Accept-Encoding"
        return response

    def _page(self, scope: Scope) -> Response:
        if self.is_built:
            file = self._built / _PAGE
        elif scope["path"] == "/":
            file = self._plain / _PAGE
        else:
            raise HTTPException(HTTP_404_NOT_FOUND)
        # Two kilobytes: sent as a file, each of its steps would wait for another thread.
        return Response(file.read_bytes(), media_type="text/html", headers={"Cache-Control": "no-cache"})


def _is_for_people(first: str, scope: Scope) -> bool:
    return first not in _NO_PAGES and "text/html" in Headers(scope=scope).get("accept", "")
