"""The page that people open: static files, no build step."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).resolve().parents[1] / "static"
router = APIRouter(include_in_schema=False)
static_files = StaticFiles(directory=STATIC)


@router.get("/", operation_id="get_page")
async def get_page() -> FileResponse:
    """The page; it fetches everything it shows through the API."""
    return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})
