"""Commands for the keys that sign access tokens, and those that seal secrets in the database."""

from datetime import timedelta
from typing import Annotated, NoReturn

import typer

from app.core import clock
from app.core.credentials import VaultError
from app.core.settings import Settings
from app.integrations.signing_keys import KeyRing, SigningKey, SigningKeyError
from app.integrations.vault import Vault

app = typer.Typer(
    help="Keys that sign access tokens, and that seal secrets in the database.",
    no_args_is_help=True,
)


@app.command()
def rotate(
    publish_ahead: Annotated[
        int, typer.Option(min=0, help="Minutes between publishing the key and signing with it.")
    ] = 10,
) -> None:
    """Make a new key, publish it at once and sign with it a little later."""
    try:
        key = KeyRing(Settings().keys_dir).rotate(timedelta(minutes=publish_ahead))
    except SigningKeyError as problem:
        _give_up(problem)
    typer.echo(f"{key.kid} signs from {key.activates_at:%Y-%m-%d %H:%M:%S} UTC")


@app.command("rotate-secrets")
def rotate_secrets() -> None:
    """Seal secrets of the database with a new key; those kept are sealed again tonight."""
    try:
        Vault(Settings().keys_dir).rotate()
    except VaultError as problem:
        _give_up(problem)
    typer.echo("A new key seals from now on; the job `secrets.reseal` seals again what is kept.")


@app.command("list")
def list_keys() -> None:
    """Show every key on file, oldest first, and what it is used for now."""
    ring = KeyRing(Settings().keys_dir)
    try:
        current = ring.current()
    except SigningKeyError as problem:
        _give_up(problem)
    for key in ring.all():
        use = _use(key, current)
        typer.echo(f"{key.kid}  {use:<9}  signs from {key.activates_at:%Y-%m-%d %H:%M:%S} UTC")


def _use(key: SigningKey, current: SigningKey) -> str:
    now = clock.now()
    if key.kid == current.kid:
        return "signing"
    if key.activates_at > now:
        return "published"
    return "retired" if key.is_needed(now) else "unused"


def _give_up(problem: SigningKeyError | VaultError) -> NoReturn:
    typer.echo(f"Error: {problem}", err=True)
    raise typer.Exit(1)
