"""`cairn doctor`: looks whether this installation is as it should be."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

import psycopg
import typer
from alembic.script import ScriptDirectory

from app.cli.failures import needed, plain_text, sentence_of
from app.cli.here import settings_here
from app.core import clock
from app.core.ids import NIL, new_id
from app.core.settings import Settings, is_local
from app.core.words import Role
from app.db.addresses import plain
from app.db.app_role import check_app_role
from app.db.migrate import alembic_config
from app.db.needs import OF_THE_SERVER, PLANNING
from app.db.repositories.duty.open_things import INCONSISTENT
from app.db.repositories.holds import STANDING
from app.domain.people.foundings.rules import CALLED, NEEDED
from app.domain.record.attachments.rules import WAITED_LONG
from app.integrations.antivirus import AntivirusUnavailable, antivirus_from_url
from app.integrations.checkpoint_file import CheckpointFile
from app.integrations.mail import FolderMail, MailUnavailable, SmtpMail, mail_from_url
from app.integrations.signing_keys import KeyRing, NoSigningKey
from app.integrations.storage import storage_from_url

Connection: TypeAlias = "psycopg.Connection[tuple[object, ...]]"
State = Literal["ok", "warn", "bad", "unknown"]
SCOPE = "select set_config('app.school_id', %s, true), set_config('app.account_id', %s, true)"
WAITING = """
select id from attachment where school_id = %s and state = 'quarantined' and recorded_at < %s
"""
OWN = "select kind, name from organisation where id = %s"
HOLDERS = """
select m.role, bool_or(s.accepted_at is not null) from membership m
join staff s on s.school_id = m.school_id and s.id = m.staff_id
where m.school_id = %s and m.valid_from <= %s and (m.valid_to is null or m.valid_to > %s)
  and s.suspended_at is null and s.removed_at is null group by m.role
"""
NAMED = 5
"""So many schools a finding names."""
FURTHEST_CLOCKS = timedelta(seconds=2)
"""Further apart, due times of the database and of workers are told apart wrongly."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found."""

    state: State
    sentence: str


def doctor() -> None:
    """Look at database, clock, migrations, its settings, open things, keys, files, links, mail."""
    settings = settings_here()
    bad = False
    for name, check in LOOKS.items():
        try:
            finding = check(settings)
        except Exception as error:
            finding = Finding("bad", sentence_of(error))
        bad = bad or finding.state == "bad"
        typer.echo(f"{finding.state:<8}{name:<12}{finding.sentence}")
    if bad:
        raise typer.Exit(1)


def _app_url(settings: Settings) -> str:
    return needed(settings.database_url, "CAIRN_DATABASE_URL")


def _owner_url(settings: Settings) -> str:
    return needed(settings.migration_database_url, "CAIRN_MIGRATION_DATABASE_URL")


def _connect(settings: Settings, *, as_owner: bool = False) -> Connection:
    url = _owner_url(settings) if as_owner else _app_url(settings)
    return psycopg.connect(plain(url), connect_timeout=5, autocommit=True)


def _database(settings: Settings) -> Finding:
    try:
        with _connect(settings) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.OperationalError:
        return Finding("bad", "the database does not answer, or refuses role or password")
    if version < 15:
        return Finding("bad", f"PostgreSQL {version} is too old; 15 or later is needed")
    return Finding("ok", f"PostgreSQL {version} answers")


def _clock(settings: Settings) -> Finding:
    with _connect(settings) as connection:
        before = clock.now()
        row = connection.execute("select clock_timestamp()").fetchone()
        after = clock.now()
    theirs = row[0] if row else None
    if not isinstance(theirs, datetime):
        return Finding("unknown", "the database does not say what time it is")
    return clocks_compared(before, theirs, after)


def clocks_compared(before: datetime, theirs: datetime, after: datetime) -> Finding:
    """How far the database's clock is from ours, which was read before and after it."""
    apart = max(before - theirs, theirs - after, timedelta())
    if apart <= FURTHEST_CLOCKS:
        return Finding("ok", "the database's clock and ours agree")
    seconds = round(apart.total_seconds(), 1)
    which = "behind" if theirs < before else "ahead of"
    return Finding(
        "warn", f"the database's clock is {seconds} seconds {which} ours: set both by NTP"
    )


def _role(settings: Settings) -> Finding:
    accepts = settings.unsafe_database
    check_app_role(_app_url(settings), settings.durability, accept_unsafe=accepts)
    return Finding("ok", "the application's role owns nothing and cannot step around policies")


def _unsafe(settings: Settings) -> Finding:
    if settings.unsafe:
        return Finding("bad", f"NOT FOR A SCHOOL: {' and '.join(settings.unsafe)} must be off")
    return Finding("ok", "no unsafe setting is on")


def _migrations(settings: Settings) -> Finding:
    """Only the owner may read the revision, so without the owner's URL it stays unknown."""
    if not settings.migration_database_url.get_secret_value():
        return Finding(
            "unknown", "only the owner sees it: give CAIRN_MIGRATION_DATABASE_URL as well"
        )
    head = ScriptDirectory.from_config(alembic_config("")).get_current_head()
    try:
        with _connect(settings, as_owner=True) as connection:
            row = connection.execute("select version_num from alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        return Finding("bad", "the database is empty; run `cairn migrate`")
    if row is None or row[0] != head:
        return Finding("bad", f"the schema is not at revision {head}; run `cairn migrate`")
    return Finding("ok", f"the schema is at revision {head}")


def _planner(settings: Settings) -> Finding:
    """What `cairn migrate` set for the role, unless a setting made elsewhere goes before it."""
    if otherwise := _otherwise(settings, PLANNING):
        return Finding("bad", f"{otherwise}: run `cairn migrate`, or change the role's settings")
    return Finding("ok", "the role has the planner settings that Cairn needs")


def _server_log(settings: Settings) -> Finding:
    """What only a superuser may set, so that what people wrote stays out of the server's log."""
    if otherwise := _otherwise(settings, OF_THE_SERVER):
        return Finding(
            "warn",
            f"the server's log may quote what people wrote; only a superuser can set {otherwise}",
        )
    return Finding("ok", "the server's log quotes nothing of what people wrote")


def _otherwise(settings: Settings, wanted: Mapping[str, str]) -> str:
    """The settings that differ for the application's role, each with what it should be."""
    with _connect(settings) as connection:
        ask = "select name, current_setting(name) from unnest(%s::text[]) name"
        result = {str(name): str(value) for name, value in connection.execute(ask, [[*wanted]])}
    return ", ".join(
        f"{name} = {value} (it is {result[name]})"
        for name, value in wanted.items()
        if result[name] != value
    )


def _hold(settings: Settings) -> Finding:
    with _connect(settings) as connection:
        row = connection.execute(STANDING).fetchone()
    if row is not None and row[0] == "held":
        return Finding(
            "bad",
            f"HELD: {row[2]}. No mail, webhook or job goes out and nobody can work here until "
            "`cairn restore release`",
        )
    return Finding("ok", "this is no restored copy that is held")


def _open_things(settings: Settings) -> Finding:
    with _connect(settings) as connection:
        items = [*inconsistent_in(connection)]
    if not items:
        return Finding("ok", "everything open has an owner and one clock")
    resource_type, id_, fault = items[0][1:]
    return Finding(
        "bad",
        f"{len(items)} open things have no owner or no clock, "
        f"such as {resource_type} {id_} ({fault})",
    )


def inconsistent_in(connection: Connection) -> Iterator[tuple[object, ...]]:
    """Yield school, kind, id and fault of each open record that nobody is reminded of, and of each
    alert that rings about nothing.
    """
    for (school_id,) in connection.execute("select schools_in_trail()").fetchall():
        with connection.transaction():
            connection.execute(SCOPE, (str(school_id), str(NIL)))
            rows = connection.execute(
                INCONSISTENT.replace("$1", "%(school)s"), {"school": school_id}
            )
            result = rows.fetchall()
        yield from ((school_id, *row) for row in result)


def _people(settings: Settings) -> Finding:
    """Whether every school has somebody to run it, to read its concerns and to sign."""
    with _connect(settings) as connection:
        items = [*unled_in(connection)]
    nobody = [f"{name} has no {called}" for name, called, asked in items if not asked]
    if nobody:
        listed = "; ".join(nobody[:NAMED])
        more = f" and {len(nobody) - NAMED} more" if len(nobody) > NAMED else ""
        return Finding("bad", f"{listed}{more}: `cairn school appoint` gives roles")
    if items:
        listed = "; ".join(f"{name}, {called}" for name, called, _ in items[:NAMED])
        return Finding("warn", f"{len(items)} invitations have no answer yet: {listed}")
    return Finding("ok", "every school has an administrator, a lead and a head who joined")


def unled_in(connection: Connection) -> Iterator[tuple[str, str, bool]]:
    """School, role that nobody who joined holds, and whether somebody is asked."""
    today = clock.day_of(clock.now())
    for (organisation_id,) in connection.execute("select schools_in_trail()").fetchall():
        with connection.transaction():
            connection.execute(SCOPE, (str(organisation_id), str(NIL)))
            own = connection.execute(OWN, (organisation_id,)).fetchone()
            held = connection.execute(HOLDERS, (organisation_id, today, today)).fetchall()
        if own is None:
            continue
        states = {str(role): bool(joined) for role, joined in held}
        for role in NEEDED if own[0] == "school" else (Role.SCHOOL_ADMIN,):
            if not states.get(role.value, False):
                yield plain_text(str(own[1])), CALLED[role], role.value in states


def _keys(settings: Settings) -> Finding:
    try:
        KeyRing(settings.keys_dir).current()
    except NoSigningKey:
        return Finding("unknown", "there is no signing key yet; the first `cairn serve` makes one")
    return Finding("ok", "the folder of signing keys is ours alone")


def _checkpoints(settings: Settings) -> Finding:
    CheckpointFile(settings.checkpoint_file).append([])
    return Finding("ok", "checkpoints of the trail can be kept outside the database")


def _storage(settings: Settings) -> Finding:
    asyncio.run(_store_and_delete(settings))
    return Finding("ok", "attachments can be stored and deleted")


async def _store_and_delete(settings: Settings) -> None:
    storage = storage_from_url(settings.storage_url)
    key = f"doctor/{new_id()}"
    await storage.put(key, _one_piece(), limit=10)
    await storage.delete(key)


async def _one_piece() -> AsyncIterator[bytes]:
    yield b"doctor"


def _antivirus(settings: Settings) -> Finding:
    """Whether files are looked at before anybody opens them, and whether any wait too long."""
    scanner = antivirus_from_url(settings.antivirus_url)
    with _connect(settings) as connection:
        waiting = sum(1 for _ in waiting_in(connection))
    left = f"{waiting} files have waited for the scanner for more than an hour"
    if scanner is None and waiting:
        return Finding("bad", f"no scanner is configured, and {left}")
    if scanner is None:
        return Finding("warn", "no scanner is configured: files are not looked at for malware")
    try:
        version = asyncio.run(scanner.version())
    except AntivirusUnavailable as error:
        return Finding("bad", f"{error}; files stay in quarantine until it is back")
    if waiting:
        return Finding("bad", f"{left}, although it answers: does a worker run?")
    return Finding("ok", f"{version} looks at files; none has waited long")


def waiting_in(connection: Connection) -> Iterator[tuple[object, ...]]:
    """School and id of every file that has been in quarantine for long."""
    before = clock.now() - WAITED_LONG
    for (school_id,) in connection.execute("select schools_in_attachment()").fetchall():
        with connection.transaction():
            connection.execute(SCOPE, (str(school_id), str(NIL)))
            rows = connection.execute(WAITING, (school_id, before)).fetchall()
        yield from ((school_id, *row) for row in rows)


def _address(settings: Settings) -> Finding:
    """Whether a link in a message can be followed from elsewhere."""
    url = settings.base_url
    if is_local(url):
        return Finding(
            "warn",
            f"links in messages begin with {url}, which only this machine reaches: set "
            "CAIRN_BASE_URL to the public address, as https://cairn.example.org",
        )
    if not url.startswith("https:"):
        return Finding("warn", f"{url} can be read on its way: set CAIRN_BASE_URL to an https: one")
    return Finding("ok", f"links in messages begin with {settings.links_url}")


def _front(settings: Settings) -> Finding:
    if not settings.front_url:
        return Finding(
            "warn",
            "no page says where to sign in; mailed links lead to the pages of this server: set "
            "CAIRN_FRONT_URL to the front end's address",
        )
    if is_local(settings.front_url):
        return Finding("warn", f"only this machine reaches CAIRN_FRONT_URL, {settings.front_url}")
    return Finding("ok", f"people sign in at {settings.front_url}")


def _sender(settings: Settings) -> Finding:
    host = parseaddr(settings.mail_from)[1].rpartition("@")[2]
    if not host or is_local(f"//{host}"):
        return Finding(
            "warn",
            f"messages come from {settings.mail_from}, which is no address of yours: set "
            "CAIRN_MAIL_FROM, as cairn@example.org",
        )
    return Finding("ok", f"messages come from {settings.mail_from}")


def _mail(settings: Settings) -> Finding:
    mail = mail_from_url(settings.mail_url, settings.mail_from)
    if isinstance(mail, FolderMail):
        try:
            mail.check()
        except MailUnavailable as error:
            return Finding("bad", str(error))
        return Finding(
            "warn",
            f"messages are files in {urlsplit(settings.mail_url).path} and reach nobody: set "
            "CAIRN_MAIL_URL, as smtps://user:password@mail.example.org",
        )
    if isinstance(mail, SmtpMail):
        try:
            asyncio.run(mail.check())
        except MailUnavailable as error:
            return Finding("bad", f"{error}: no mail goes out; look at CAIRN_MAIL_URL")
        return Finding(
            "ok",
            f"the mail server answers {mail.how}; nothing was sent: try `cairn mail test ADDRESS`",
        )
    return Finding("unknown", "this mail route cannot be tried")


LOOKS: dict[str, Callable[[Settings], Finding]] = {
    "unsafe": _unsafe,
    "database": _database,
    "clock": _clock,
    "role": _role,
    "migrations": _migrations,
    "planner": _planner,
    "hold": _hold,
    "log": _server_log,
    "open": _open_things,
    "people": _people,
    "keys": _keys,
    "checkpoints": _checkpoints,
    "storage": _storage,
    "antivirus": _antivirus,
    "address": _address,
    "front": _front,
    "sender": _sender,
    "mail": _mail,
}
