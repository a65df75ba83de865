"""`python -m bench.rosters`: a OneRoster import against COPY of the same rows.

Each import is a process of its own, as an operator runs it, so that time and memory are whole. What
the start of a process takes is measured beside them. Of runs that change nothing, and of COPY, the
median of three counts.
Beside the first one, events of two schools are written and read, to see how late they come.
"""

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import sql

import app.domain.nouns  # noqa: F401 - registers every kind
from app.core import clock
from app.core.ids import new_id
from app.core.words import Actor, AuditEvent
from app.db.embedded import RunningServer
from app.db.migrate import migrate
from app.db.reading import open_reading
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.exchange.events.queries import read_leaf, start_now
from app.domain.people.schools.commands import CreateSchool, create_school
from app.formats.identifiers import upn_check_letter
from bench import build

RESULTS = Path(__file__).with_name("RESULTS.md")
FOLDER = Path("var/bench/rosters")
STORED, KEYS = (FOLDER.absolute() / "stored").as_uri(), str(FOLDER.absolute() / "keys")
HEADING = "# Rosters"
THRICE = range(3)
SIZES = (1_000, 10_000, 100_000)
IMPORTED, COPIED = "cairn_bench_roster", "cairn_bench_copied"
TABLES = (
    "organisation", "account", "staff", "membership", "child", "child_identifier", "name_token",
    "child_name_token", "enrolment", "contact", "roster_import", "roster_link",
)  # fmt: skip
"""What an import fills, in the order of their keys; the trail is not among them."""
CAIRN = "from app.cli import main; main()"
NAMES = tuple(f"{first}{last}" for first in ("Am", "Ro", "Cla", "Dan", "Mi", "Mar", "Wil", "Bil")
              for last in ("y", "ry", "ra", "ny", "key", "tha", "f", "lie"))  # fmt: skip
HEADS = {
    "orgs": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "classes": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,"
    "location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods",
    "users": "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,"
    "givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password",
    "enrollments": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,"
    "userSourcedId,role,primary,beginDate,endDate",
    "demographics": "sourcedId,status,dateLastModified,birthDate,sex,americanIndianOrAlaskaNative,"
    "asian,blackOrAfricanAmerican,nativeHawaiianOrOtherPacificIslander,white,"
    "demographicRaceTwoOrMoreRaces,hispanicOrLatinoEthnicity,countryOfBirthCode,"
    "stateOfBirthAbbreviation,cityOfBirth,publicSchoolResidenceStatus",
}


def upn(number: int) -> str:
    """A UPN that passes its check."""
    body = f"201{1000 + number // 100_000}{number // 1_000 % 100:02d}{number % 1_000:03d}"
    return upn_check_letter(body) + body


def package(target: Path, pupils: int, *, changed: float = 0, backwards: bool = False) -> Path:
    """A bulk package: 1.8 contacts and one enrolment for each pupil, a class for each 25."""
    dice = random.Random(pupils)
    rows: dict[str, list[str]] = {name: [] for name in HEADS}
    rows["orgs"].append("s1,,,Oak School,school,,")
    for n in range(max(1, pupils // 25)):
        rows["classes"].append(f"c{n},,,{n % 13}A{n},,k1,,homeroom,,s1,t1,,,")
    contacts = pupils * 9 // 5
    for n in range(pupils):
        given, family = dice.choice(NAMES), f"{dice.choice(NAMES)}{n % 997}"
        moved = "X" if dice.random() < changed else ""
        agents = ",".join(f"g{m}" for m in {n * 9 // 5, min(n * 9 // 5 + 1, contacts - 1)})
        rows["users"].append(
            f'p{n},,,true,s1,student,u{n},,{given}{moved},{family},,{upn(n)},,,,"{agents}",'
            f"{n % 13 + 1},"
        )
        rows["enrollments"].append(f"e{n},,,c{n // 25},s1,p{n},student,true,2026-09-01,")
        rows["demographics"].append(f"p{n},,,{2010 + n % 10}-0{n % 9 + 1}-11,female" + "," * 11)
    for n in range(contacts):
        rows["users"].append(
            f"g{n},,,true,s1,parent,g{n},,{dice.choice(NAMES)},Parent{n % 997},,,g{n}@home.example,"
            f",07700{n:06d},p{n * 5 // 9},,"
        )
    manifest = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\n"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.csv", manifest + "".join(f"file.{n},bulk\n" for n in rows))
        for name, lines in rows.items():
            body = reversed(lines) if backwards else lines
            archive.writestr(f"{name}.csv", "\n".join((HEADS[name], *body, "")))
    return target


@dataclass(slots=True)
class Took:
    """What one import took."""

    seconds: float
    cpu: float
    mebibytes: float


@dataclass(slots=True)
class Measured:
    """What was measured of one size."""

    pupils: int
    copy: float = 0
    start: float = 0
    runs: dict[str, Took] = field(default_factory=dict)
    waits: dict[str, list[float]] = field(default_factory=dict)


class RosterBench:
    """One size: a database that is filled by imports, and one that is filled by COPY."""

    def __init__(self, server: RunningServer, pupils: int) -> None:
        self.server, self.pupils = server, pupils
        self.app_url = server.url(build.APP_ROLE, build.APP_PASSWORD, IMPORTED)
        self.schools = {"own school": new_id(), "another school": new_id()}

    def run(self) -> Measured:
        """Import, import again, and copy."""
        found = Measured(self.pupils)
        self._fresh(IMPORTED)
        asyncio.run(self._found())
        first = package(FOLDER / "first.zip", self.pupils)
        found.runs["first"], found.waits = asyncio.run(self._watched(first))
        found.start = statistics.median(
            asyncio.run(self._process("--help")).seconds for _ in THRICE
        )
        found.runs["the same file"] = self._middle(first, first, first)
        again = package(FOLDER / "again.zip", self.pupils, backwards=True)
        found.runs["rebuilt, equal"] = self._middle(again, first, again)
        changed = package(FOLDER / "changed.zip", self.pupils, changed=0.01)
        found.runs["1 % changed"] = asyncio.run(self._import(changed))
        found.copy = statistics.median(self._copy() for _ in THRICE)
        return found

    def _middle(self, *files: Path) -> Took:
        """The import of the median time."""
        took = sorted(
            (asyncio.run(self._import(one)) for one in files), key=lambda one: one.seconds
        )
        return took[len(took) // 2]

    def _fresh(self, name: str) -> None:
        with psycopg.connect(self.server.admin_url, autocommit=True) as admin:
            admin.execute(f"drop database if exists {name} with (force)")
            admin.execute(f"create database {name}")
        migrate(build.owner_url(self.server, name), self.server.url(
            build.APP_ROLE, build.APP_PASSWORD, name))  # fmt: skip

    async def _found(self) -> None:
        database = Database(self.app_url, pool=2)
        for name, id_ in self.schools.items():
            async with open_work(database, Actor.system(id_)) as work:
                await create_school(work, CreateSchool(name=name, people=()))
        await database.close()

    async def _import(self, file: Path) -> Took:
        return await self._process(str(file), "--school", str(self.schools["own school"]))

    async def _process(self, *words: str) -> Took:
        environment = os.environ | {
            "CAIRN_DATABASE_URL": self.app_url,
            "CAIRN_STORAGE_URL": STORED,
            "CAIRN_KEYS_DIR": KEYS,
        }
        begun = time.monotonic()
        child = subprocess.Popen(  # noqa: ASYNC220 - our own words; it is waited for aside
            [sys.executable, "-c", CAIRN, "import", "roster", *words],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        peak = asyncio.create_task(_peak(child.pid))
        _, status, used = await asyncio.to_thread(os.wait4, child.pid, 0)
        seconds = time.monotonic() - begun
        if status:
            raise RuntimeError(child.stderr.read() if child.stderr else status)
        return Took(seconds, used.ru_utime + used.ru_stime, await peak)

    async def _watched(self, file: Path) -> tuple[Took, dict[str, list[float]]]:
        """Import, and meanwhile write and read an event of each school every 100 milliseconds."""
        database = Database(self.app_url, pool=6)
        waits: dict[str, list[float]] = {name: [] for name in self.schools}
        watchers = [
            asyncio.create_task(_watch(database, id_, waits[name]))
            for name, id_ in self.schools.items()
        ]
        took = await self._import(file)
        for one in watchers:
            one.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        await database.close()
        return took, waits

    def _copy(self) -> float:
        """Seconds that COPY takes for the rows of the imported school, with their keys."""
        self._fresh(COPIED)
        school = self.schools["own school"]
        with (
            psycopg.connect(build.owner_url(self.server, IMPORTED)) as source,
            psycopg.connect(build.owner_url(self.server, COPIED)) as target,
        ):
            files = {name: b"".join(_rows(source, name, school)) for name in TABLES}
            begun = time.monotonic()
            for name, rows in files.items():
                columns = _columns(target, name)
                with target.cursor().copy(
                    sql.SQL("copy {} ({}) from stdin (format binary)").format(
                        sql.Identifier(name), columns)) as copy:  # fmt: skip
                    copy.write(rows)
            target.commit()
            return time.monotonic() - begun


def _status(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text()


async def _peak(pid: int) -> float:
    """The most memory a process held, in MiB: as long as the kernel tells."""
    peak = 0.0
    while True:
        try:
            told = _status(pid)
            peak = int(told.partition("VmHWM:")[2].split()[0]) / 1024
        except (OSError, IndexError, ValueError):
            return peak
        await asyncio.sleep(0.1)


def _columns(connection: psycopg.Connection, table: str) -> sql.Composed:
    rows = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 "
        "and not attisdropped and attgenerated = '' order by attnum", [table],
    )  # fmt: skip
    return sql.SQL(", ").join(sql.Identifier(name) for (name,) in rows.fetchall())


def _rows(connection: psycopg.Connection, table: str, school: UUID) -> Iterator[bytes]:
    where = {
        "organisation": "id = {school}",
        "account": "id in (select id from staff where school_id = {school})",
    }.get(table, "school_id = {school}")
    with connection.cursor().copy(
        sql.SQL("copy (select {} from {} where {}) to stdout (format binary)").format(
            _columns(connection, table),
            sql.Identifier(table),
            sql.SQL(where).format(school=sql.Literal(str(school))),
        )
    ) as copy:
        yield from map(bytes, copy)


async def _watch(database: Database, school_id: UUID, waits: list[float]) -> None:
    """Write an event, read until it comes, and note how long that took."""
    actor = Actor.system(school_id)
    async with open_reading(database, actor) as reading:
        place = await start_now(reading.driver)
    while True:
        id_ = new_id()
        async with open_work(database, actor) as work:
            work.record(AuditEvent.SCHOOL_CHANGED, "school", id_)
        written = time.monotonic()
        while True:
            async with open_reading(database, actor) as reading:
                leaf = await read_leaf(reading.driver, school_id, place, 2_000)
            place = leaf.place
            if any(entry.resource_id == id_ for entry in leaf.entries):
                break
            await asyncio.sleep(0.02)
        waits.append(time.monotonic() - written)
        await asyncio.sleep(0.1)


def report(found: Sequence[Measured]) -> str:
    """What was measured, as the section of the results."""
    found = sorted(found, key=lambda size: size.pupils)
    lines = [
        HEADING, "", f"{clock.now():%Y-%m-%d}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f} at the end.", "",
        "A OneRoster zip with 1.8 contacts and one enrolment for each pupil, by `cairn import`, "
        "against COPY of the same rows into the same tables in the same run. Goals: 6 times for a "
        "first import, 0.1 for the same file, 1.5 for a rebuilt one, 300 MiB. The start of the "
        "process is within the seconds; `without start` leaves it out, as for a worker that runs. "
        "Of COPY, the start, the same and the rebuilt file the median of three counts.", "",
        "| pupils | COPY | start | import | seconds | times COPY | without start | ms a pupil "
        "| CPU of the process | memory |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for size in found:
        lines += [
            f"| {size.pupils:,} | {size.copy:.1f} s | {size.start:.1f} s | {name} | "
            f"{took.seconds:.1f} | {took.seconds / size.copy:.2f} | "
            f"{(took.seconds - size.start) / size.copy:.2f} | "
            f"{(took.seconds - size.start) * 1000 / size.pupils:.2f} | "
            f"{took.cpu:.1f} s | {took.mebibytes:.0f} MiB |"
            for name, took in size.runs.items()
        ]
    lines += ["", "From commit to its reader, while the first import ran:", "",
              "| pupils | events of | number | median | p99 | longest |",
              "|---|---|---|---|---|---|"]  # fmt: skip
    for size in found:
        for name, waits in size.waits.items():
            cuts = statistics.quantiles(waits, n=100) if len(waits) > 1 else [0.0] * 99
            lines.append(
                f"| {size.pupils:,} | {name} | {len(waits)} | {cuts[49] * 1000:.0f} ms | "
                f"{cuts[98] * 1000:.0f} ms | {max(waits, default=0) * 1000:.0f} ms |"
            )
    return "\n".join((*lines, ""))


def say(line: str) -> None:
    """Show progress."""
    print(f"  {line}", flush=True)


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m bench.rosters", description=__doc__)
    parser.add_argument("--pupils", type=int, action="append", help="sizes (1000, 10000, 100000)")
    parser.add_argument("--print-only", action="store_true", help="do not write RESULTS.md")
    asked = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    server = build.start_server(say)
    try:
        found = []
        for pupils in asked.pupils or SIZES:
            found.append(RosterBench(server, pupils).run())
            print(report(found[-1:]), flush=True)
            if not asked.print_only:
                _write(report(found))
    finally:
        server.stop()


def _write(text: str) -> None:
    """Put the section in its place among the results."""
    before, _, old = RESULTS.read_text().partition(f"\n{HEADING}\n")
    _, mark, after = old.partition("\n# ")
    RESULTS.write_text(f"{before.rstrip()}\n\n{text}{mark and f'{mark}{after}'}")


if __name__ == "__main__":
    main()
