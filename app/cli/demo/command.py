"""`cairn demo`: a synthetic trust to try everything on, with a PostgreSQL of its own."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.engine import make_url

from app.cli.demo import printed
from app.cli.demo.codes import next_code, secret_of
from app.cli.demo.databases import LOADED, LOADING, OwnServer, Record, UsersServer, chosen
from app.cli.demo.folder import Folder
from app.cli.demo.printed import say
from app.cli.demo.programs import Programs, check_port, signals_held, stoppable
from app.cli.failures import CommandFailed
from app.core.settings import Settings
from app.db import sandbox as sandboxes
from app.db.app_role import check_app_role
from app.db.embedded import EmbeddedPostgresError
from app.db.session import Database
from app.demo.letters import newest_first, text_of
from app.demo.people import PASSWORD, sign_ins
from app.integrations.vault import Vault

STOPPED_EARLY = 130
TRIED_OUT_BY_SCRIPTS = {
    "CAIRN_ADDRESS_REQUESTS_PER_MINUTE": "600000",
    "CAIRN_ACCOUNT_REQUESTS_PER_MINUTE": "60000",
    "CAIRN_KEY_REQUESTS_PER_MINUTE": "60000",
}
OF_A_SANDBOX = {
    "CAIRN_SANDBOX": "on",
    "CAIRN_LADDER_SECONDS": "1",
    "CAIRN_UNSAFE_ADDRESSES": "on",
}
NOT_FOR_CHILDREN = ("CAIRN_MIGRATION_DATABASE_URL", "DATABASE_URL", "PORT")


app = typer.Typer(help="A synthetic trust to try everything on.")


@app.callback(invoke_without_command=True)
def demo(
    context: typer.Context,
    reset: Annotated[
        bool, typer.Option("--reset", help="Delete the demo's data and start over.")
    ] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Serve a sandbox for developers instead.")
    ] = False,
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535)] = 8000,
) -> None:
    """Serve a synthetic trust at 127.0.0.1, with everything it needs, until Ctrl-C.

    Everything is kept in var/ of the working directory, a sandbox in var/sandbox/.
    DATABASE_URL names a PostgreSQL server to use, as the owner of an empty database, in place of
    the demo's own.
    """
    if context.invoked_subcommand is not None:
        return
    run = DemoRun(Folder.here("var/sandbox" if sandbox else "var"), port, sandbox=sandbox)
    with stoppable(), run.folder.taken():
        try:
            run.until_stopped(reset=reset)
        except KeyboardInterrupt:
            if not run.was_ready:
                raise typer.Exit(STOPPED_EARLY) from None
        except EmbeddedPostgresError as refused:
            raise CommandFailed(str(refused)) from None


@app.command("code")
def code(
    email: Annotated[str, typer.Argument(help="One of the demo's people.")],
    folder: Annotated[Path, typer.Option("--in", help="The demo's var/ folder.")] = Path("var"),
) -> None:
    """Print the next code of somebody whose role needs a second factor.

    Each code is printed once and works for about a minute; asked too often, it waits.
    """
    result = Folder(folder.absolute())
    typer.echo(next_code(result.root, email, secret_of(result.description, email)))


@app.command("mail")
def mail(
    address: Annotated[str, typer.Argument(help="Whose message.")],
    folder: Annotated[Path, typer.Option("--in", help="The demo's var/ folder.")] = Path("var"),
) -> None:
    """Print the newest message to somebody, as they read it."""
    result = next(newest_first(Folder(folder.absolute()).mail, address), None)
    if result is None:
        raise CommandFailed(f"No message to {address} yet: the worker sends them within seconds.")
    typer.echo(f"Subject: {result['Subject']}\n\n{text_of(result)}")


class DemoRun:
    """One run of the demo: what it has started, and what has to be stopped again."""

    def __init__(self, folder: Folder, port: int, *, sandbox: bool = False) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.port = port
        self.base_url = f"http://127.0.0.1:{port}"
        self.server = chosen(os.environ.get("DATABASE_URL"), folder)
        self.programs = Programs(folder.logs, {})
        self.was_ready = False

    def until_stopped(self, *, reset: bool) -> None:
        """Start everything and serve. Raises `CommandFailed`; whatever happens, stops it all."""
        check_port(self.port)
        try:
            if reset:
                self.server.erase(say)
                self.folder.clear()
            record = self.server.start(say)
            self._prepare(record)
            self._serve(record)
        finally:
            self._stop()

    def _prepare(self, record: Record) -> None:
        if record.mark() == LOADING:
            say("The last start was cut off while it loaded its data, so that begins again")
            record.empty(say)
        if self.sandbox:
            sandboxes.check_new(record.owner_url)
        with printed.waiting("Bringing the database to the present schema"):
            record.migrate()
            settings = Settings()
            check_app_role(
                record.app_url, settings.durability, accept_unsafe=settings.unsafe_database
            )
        if record.mark() == LOADED:
            say("Found the data of the last start")
            return
        record.set_mark(LOADING)
        if self.sandbox:
            sandboxes.mark(record.owner_url)
            record.set_mark(LOADED)
            return
        say("Loading a synthetic trust: two schools, their families and four months of concerns")
        asyncio.run(self._load(record))
        record.set_mark(LOADED)

    async def _load(self, record: Record) -> None:
        from app.demo.loader import load  # half a second that no other command has to wait

        database = Database(record.app_url, pool=2, application_name="cairn demo")
        try:
            with printed.progress() as tick:
                vault = Vault(self.folder.keys)
                secrets = await load(database, record.forget_jobs, tick, vault)
            self.folder.keep_secrets(secrets.as_json())
        finally:
            await database.close()

    def _serve(self, record: Record) -> None:
        self.programs.environment = self._environment(record)
        with printed.waiting("Starting the API and the worker"):
            self.programs.start("api", "serve", "--port", str(self.port))
            self.programs.start("worker", "worker")
            self.programs.wait_until_ready(f"{self.base_url}/readyz")
        self.folder.keep_settings(self._environment(record))
        if self.sandbox:
            say(printed.sandbox_welcome(self.base_url))
        else:
            self.folder.describe(description(self.base_url, self.folder.kept_secrets()))
            say(printed.welcome(self.base_url, self.folder, _where(self.server, record)))
        self.was_ready = True
        self.programs.watch()

    def _environment(self, record: Record) -> dict[str, str]:
        """Ours and the user's own settings, with the demo's in their place."""
        inherited = {
            name: text for name, text in os.environ.items() if name not in NOT_FOR_CHILDREN
        }
        return {
            **TRIED_OUT_BY_SCRIPTS,
            **(OF_A_SANDBOX if self.sandbox else {}),
            **inherited,
            "CAIRN_DATABASE_URL": record.app_url,
            "CAIRN_BASE_URL": self.base_url,
            "CAIRN_KEYS_DIR": str(self.folder.keys),
            "CAIRN_CHECKPOINT_FILE": str(self.folder.checkpoints / "checkpoints.txt"),
            "CAIRN_STORAGE_URL": self.folder.attachments.as_uri(),
            "CAIRN_MAIL_URL": self.folder.mail.as_uri(),
            "CAIRN_MAIL_FROM": "cairn@harbour.example",
        }

    def _stop(self) -> None:
        with signals_held():
            if self.was_ready:
                say("\nStopping; the data stays where it is")
            self.programs.stop()
            self.server.stop()


def description(base_url: str, secrets: Mapping[str, Any]) -> dict[str, Any]:
    """`demo.json`: where it is, who can sign in, and what each needs for it."""
    accounts = [
        {**sign_in, "totp_secret": secret}
        if (secret := secrets["totp"].get(sign_in["email"]))
        else sign_in
        for sign_in in sign_ins()
    ]
    return {
        "base_url": base_url,
        "password": PASSWORD,
        "accounts": accounts,
        "service_keys": secrets["service_keys"],
    }


def _where(server: OwnServer | UsersServer, record: Record) -> str:
    if isinstance(server, OwnServer):
        return f"in {server.directory}, by PostgreSQL at a socket there"
    url = make_url(record.owner_url)
    return f"in database {url.database} at {url.host or url.query.get('host', 'this machine')}"
