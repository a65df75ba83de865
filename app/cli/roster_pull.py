"""`cairn roster pull`: brings a school in from a OneRoster 1.2 REST service."""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from rich.console import Console

from app.cli.api import credentials_of
from app.cli.exits import Exit
from app.cli.failures import CommandFailed
from app.cli.import_results import Results
from app.cli.imports import PATIENCE, AsJson, Asked, Dry, Report, Wait, bring, end
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.commands import ReceiveRoster
from app.integrations.oneroster_rest import CHANGING, SCOPES, RosterPull, Since
from app.integrations.service_client import Patience, ServiceClient

app = typer.Typer(help="Fetch rosters where they are kept.", no_args_is_help=True)

NAME = "oneroster-rest.zip"
RETRY_FOR = 30 * 60.0
NOTHING = "Nobody has changed since the last pull."


class PullSettings(BaseSettings):
    """The key at the OneRoster service, `id:secret`; never an argument, which others can read."""

    model_config = SettingsConfigDict(env_prefix="CAIRN_ROSTER_", extra="ignore", frozen=True)

    key: SecretStr = SecretStr("")


@app.callback()
def rosters() -> None:
    """Fetch rosters where they are kept."""


@app.command("pull")
def pull(  # noqa: PLR0913, PLR0917 - one option each
    url: Annotated[
        str, typer.Argument(help="The service: https://.../ims/oneroster/rostering/v1p2")
    ],
    token_url: Annotated[str, typer.Option(help="Where the service gives tokens.")],
    scope: Annotated[str, typer.Option(help="The scopes to ask for.")] = SCOPES,
    cursor: Annotated[
        Path | None,
        typer.Option(help="Keeps how far the last pull came: the next brings what changed since."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Everything, whatever the cursor.")] = False,
    save: Annotated[
        Path | None, typer.Option(help="Keep the OneRoster package that was made here.")
    ] = None,
    school: Annotated[
        UUID | None, typer.Option(help="The id of the school; not needed with CAIRN_KEY.")
    ] = None,
    organisation: Annotated[
        str | None, typer.Option(help="The service's sourcedId of this school.")
    ] = None,
    source: Annotated[
        str, typer.Option(help="The system the roster comes from.")
    ] = rules.DEFAULT_SOURCE,
    dry_run: Dry = False,
    report: Report = None,
    as_json: AsJson = False,
    wait: Wait = PATIENCE,
    retry_for: Annotated[
        float, typer.Option(help="Seconds to go on asking a service that fails, from the first.")
    ] = RETRY_FOR,
) -> None:
    """Pull a roster from a OneRoster 1.2 REST service, and import it as its file would be.

    The key of the service is in CAIRN_ROSTER_KEY, `id:secret`. Ends as `cairn import roster` does;
    it ends with 4 if the service failed for as long as --retry-for says.
    """
    results = Results(dry_run)
    try:
        with tempfile.TemporaryDirectory(prefix="cairn-pull-") as folder:
            package = Path(folder) / NAME
            since = {} if full or cursor is None else read_cursor(cursor, url)
            pulled, there = _pulled(url, (token_url, scope), since, package, Patience(retry_for))
            if save is not None:
                _save(save, package)
            if there:
                command = ReceiveRoster(None, NAME, source, organisation, plan_only=dry_run)
                bring(Asked(package, command, school, patience=wait), results)
            elif not as_json:
                Console(soft_wrap=True).print(NOTHING)
            if cursor is not None and results.exit in (Exit.DONE, Exit.LEFT_OUT) and not dry_run:
                write_cursor(cursor, url, {**since, **pulled.cursor})
    except Exception as error:
        results.fail(error)
    end(results, report=report, as_json=as_json)


def _pulled(
    url: str, sign_in: tuple[str, str], since: Since, package: Path, patience: Patience
) -> tuple[RosterPull, bool]:
    token_url, scope = sign_in
    key = PullSettings().key
    credentials = credentials_of(key, "CAIRN_ROSTER_KEY", token_url, scope)
    client = ServiceClient(credentials, patience=patience)
    try:
        pulled = RosterPull(client, url, package.parent)
        return pulled, pulled.fetch(since, package)
    finally:
        client.close()


def _save(target: Path, package: Path) -> None:
    """Copy the package for its owner's eyes alone: it is full of personal data."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as copy, package.open("rb") as made:
        shutil.copyfileobj(made, copy)


def read_cursor(path: Path, url: str) -> dict[str, str]:
    """How far the last pull came; empty where there was none. Raises `CommandFailed`."""
    if not path.exists():
        return {}
    try:
        content: Any = json.loads(path.read_bytes())
        result = {str(name): str(moment) for name, moment in content["since"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CommandFailed(f"{path} is no cursor of ours: remove it, or name another.") from None
    if content.get("url") != url:
        raise CommandFailed(f"{path} is the cursor of another service: name one for each.")
    return {name: result[name] for name in CHANGING if name in result}


def write_cursor(path: Path, url: str, since: Since) -> None:
    """Keep how far this pull came, whole or not at all."""
    content = {"url": url, "since": {name: since[name] for name in CHANGING if name in since}}
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    beside.replace(path)
