"""`cairn migrate`: brings the database to the present schema."""

from typing import Annotated

import typer

from app.cli.failures import CommandFailed, needed
from app.core.settings import Settings
from app.db import migrate as migrations
from app.db import sandbox as sandboxes
from app.db.addresses import parts_of


def migrate(
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Make an empty database a sandbox, for ever.")
    ] = False,
) -> None:
    """Apply missing migrations as the owner, and make the application's own role.

    The owner's URL is CAIRN_MIGRATION_DATABASE_URL. The application's role and its password are
    those in CAIRN_DATABASE_URL.
    """
    settings = Settings()
    owner = needed(settings.migration_database_url, "CAIRN_MIGRATION_DATABASE_URL")
    app = needed(settings.database_url, "CAIRN_DATABASE_URL")
    taken = [parts_of(url).get("user") for url in (owner, app)]
    if taken[0] == taken[1]:
        raise CommandFailed("CAIRN_DATABASE_URL has to name another role than the owner's")
    backup = settings.backup_database_url.get_secret_value()
    if backup and parts_of(backup).get("user") in taken:
        raise CommandFailed("CAIRN_BACKUP_DATABASE_URL has to name a role of its own")
    if sandbox:
        sandboxes.check_new(owner)
    migrations.migrate(owner, app, backup or None)
    if sandbox:
        sandboxes.mark(owner)
    typer.echo("The database has the present schema, and the application its role.")
