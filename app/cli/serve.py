"""`cairn serve`: the API."""

from typing import Annotated

import typer
import uvicorn

from app.cli.failures import needed
from app.core.settings import Settings
from app.db.migrate import check_app_role
from app.integrations.signing_keys import KeyRing
from app.integrations.storage import storage_from_url

LONGEST_GOODBYE_SECONDS = 25
MOST_AT_ONCE = 512


def serve(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", min=0, max=65535)] = 8000,
    forwarded_allow_ips: Annotated[
        str | None,
        typer.Option(help="Reverse proxies whose X-Forwarded-* is believed, with commas."),
    ] = None,
) -> None:
    """Serve the API. Put a reverse proxy with TLS in front of it."""
    check_before_serving(Settings())
    uvicorn.run(
        "app.main:app_from_environment",
        factory=True,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=forwarded_allow_ips is not None,
        forwarded_allow_ips=forwarded_allow_ips or "",
        timeout_graceful_shutdown=LONGEST_GOODBYE_SECONDS,
        limit_concurrency=MOST_AT_ONCE,
    )


def check_before_serving(settings: Settings) -> None:
    """Refuse to start on what would fail later: role, keys, storage."""
    url = needed(settings.database_url, "CAIRN_DATABASE_URL")
    check_app_role(url, accept_unsafe=settings.unsafe_database)
    KeyRing(settings.keys_dir).ensure()
    storage_from_url(settings.storage_url)
