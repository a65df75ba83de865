"""`cairn serve`: the API."""

import resource
from typing import Annotated

import typer
import uvicorn

from app.cli.connections import bounded
from app.cli.failures import needed
from app.core.settings import Settings
from app.db.app_role import check_app_role
from app.db.sandbox import check_mark
from app.integrations.signing_keys import KeyRing
from app.integrations.storage import storage_from_url

LONGEST_GOODBYE_SECONDS = 25
MOST_AT_ONCE = 512
OTHER_FILES = 256
"""Of the database, of logs and of attachments."""


def serve(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", min=0, max=65535)] = 8000,
) -> None:
    """Serve the API. Put a reverse proxy with TLS in front of it, and name it as trusted."""
    settings = Settings()
    check_before_serving(settings)
    allow_connections(MOST_AT_ONCE + settings.events_streams)
    uvicorn.run(
        "app.main:app_from_environment",
        factory=True,
        host=host,
        port=port,
        loop="uvloop",
        http=bounded(settings, at_once=MOST_AT_ONCE, streams=settings.events_streams),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=settings.idle_seconds,
        timeout_graceful_shutdown=LONGEST_GOODBYE_SECONDS,
    )


def allow_connections(number: int) -> None:
    """Have the system let this process hold so many sockets, as far as it may ask for that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed_files = number + OTHER_FILES
    if soft < needed_files:
        limit = needed_files if hard == resource.RLIM_INFINITY else min(needed_files, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def check_before_serving(settings: Settings) -> None:
    """Refuse to start on what would fail later: role, keys, storage."""
    url = needed(settings.database_url, "CAIRN_DATABASE_URL")
    check_app_role(url, settings.durability, accept_unsafe=settings.unsafe_database)
    check_mark(url, on=settings.sandbox)
    KeyRing(settings.keys_dir).ensure()
    storage_from_url(settings.storage_url)
