"""Serves the descriptions at `/openapi.json` and `/openapi-scim.json`, and their page at `/docs`.

Every byte comes from here.
"""

import asyncio
import gzip
import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template
from threading import Lock
from typing import Any, Final

import orjson
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute

from app.api.replies import has_tag
from app.api.styles import sheet

_STATIC: Final = Path(__file__).with_name("static")

_FILES: Final = (
    ("reference.css", _STATIC / "reference.css", "text/css"),
    ("reference.js", _STATIC / "reference.js", "text/javascript"),
)

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src data:",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)

_PAGE_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the page; its content makes its `etag`."""

    content: bytes
    media_type: str
    etag: str
    compressed: bytes | None = None
    """The gzipped content, for clients that take it."""


def _asset(content: bytes, media_type: str) -> Asset:
    return Asset(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def _read(path: Path, media_type: str) -> Asset:
    return _asset(sheet(path) if path.suffix == ".css" else path.read_bytes(), media_type)


def _address(name: str) -> str:
    """An asset's address, with a mark that changes with its content."""
    return f"/docs/assets/{name}?v={ASSETS[name].etag[1:13]}"


ASSETS: Final = {name: _read(path, media_type) for name, path, media_type in _FILES}

# The empty icon of the page keeps browsers from asking for /favicon.ico.
_HTML: Final = Template((_STATIC / "reference.html").read_text("utf-8")).substitute(
    css=_address("reference.css"), script=_address("reference.js")
)

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def show_docs() -> Response:
    """The page itself."""
    return Response(_HTML, media_type="text/html", headers=_PAGE_HEADERS)


OF_API: Final = "/openapi.json"
OF_SCIM: Final = "/openapi-scim.json"
_PACKED: Final = {OF_API: _STATIC / "openapi.json", OF_SCIM: _STATIC / "openapi-scim.json"}
"""The descriptions in a built image, made from exactly its code."""
_FOLDER: Final = Path(__file__).parents[2] / "openapi"
_KEPT: Final = {OF_API: _FOLDER / "cairn.json", OF_SCIM: _FOLDER / "scim.json"}
"""The descriptions in a checkout, as `cairn openapi` wrote them."""
_MADE_FROM: Final = frozenset({".py", ".json", ".toml"})
_MAKING: Final = Lock()
_GZIP: Final = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")
"""Matches an Accept-Encoding of a client that takes gzip."""


def _built_file(at: str) -> Path | None:
    """The file of a description; None if it is missing or older than the code."""
    if _PACKED[at].exists():
        return _PACKED[at]
    asset = _KEPT[at]
    files = (file for file in _STATIC.parents[1].rglob("*") if file.suffix in _MADE_FROM)
    if not asset.exists() or max(file.stat().st_mtime for file in files) > asset.stat().st_mtime:
        return None
    return asset


def _ready(app: FastAPI, at: str) -> Any:
    """A description from its file; None if its paths differ from this application's."""
    if (file := _built_file(at)) is None:
        return None
    described = orjson.loads(file.read_bytes())
    routes = (route for route in app.routes if isinstance(route, APIRoute))
    paths = {route.path_format for route in routes if route.include_in_schema}
    here = {path for path in paths if path.startswith("/scim/") == (at == OF_SCIM)}
    return described if set(described["paths"]) == here else None


def _made(app: FastAPI) -> dict[str, Asset]:
    """The descriptions of an application made so far, by address."""
    if not hasattr(app.state, "described"):
        app.state.described = {}
    described: dict[str, Asset] = app.state.described
    return described


def _described(app: FastAPI, at: str) -> Asset:
    """A description as bytes, made once per application because it takes seconds."""
    with _MAKING:
        made = _made(app)
        if at not in made:
            make = app.openapi if at == OF_API else app.state.describe_scim
            plain = _asset(orjson.dumps(_ready(app, at) or make()), "application/json")
            made[at] = replace(plain, compressed=gzip.compress(plain.content, mtime=0))
        return made[at]


@router.get(OF_API)
@router.get(OF_SCIM)
async def send_description(request: Request) -> Response:
    """Send a description, made in a thread so that the loop can answer others meanwhile."""
    at = request.url.path
    asset = _made(request.app).get(at)
    if asset is None:
        asset = await asyncio.to_thread(_described, request.app, at)
    return _sent(request, asset, "no-cache")


async def send_asset(request: Request) -> Response:
    """Send one file of the page, or 304 if the browser already has it."""
    asset = ASSETS[request.url.path.rpartition("/")[2]]
    return _sent(request, asset, "public, max-age=86400")


def _sent(request: Request, asset: Asset, text: str) -> Response:
    """Send an asset, gzipped if possible; its ETag says which form."""
    headers = {
        "Cache-Control": text,
        "ETag": asset.etag,
        "X-Content-Type-Options": "nosniff",
    }
    content = asset.content
    if asset.compressed is not None:
        headers["Vary"] = "Accept-Encoding"
        if _GZIP.search(request.headers.get("Accept-Encoding", "")):
            content = asset.compressed
            headers |= {"Content-Encoding": "gzip", "ETag": f'{asset.etag[:-1]}-gzip"'}
    if has_tag(request.headers.get("If-None-Match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=asset.media_type, headers=headers)


# One route per file: an unknown name is unknown to the router, which answers as it always does.
for _name in ASSETS:
    router.add_api_route(f"/docs/assets/{_name}", send_asset, methods=["GET"])
