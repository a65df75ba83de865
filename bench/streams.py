"""`python -m bench streams`: a thousand event streams on one process while concerns are raised."""

import argparse
import asyncio
import os
import random
import resource
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import httpx
import orjson
import psycopg
from psycopg import sql
from pydantic import SecretStr

from app.core import clock
from app.core.ids import new_id
from app.core.settings import Settings
from app.db.embedded import RunningServer
from app.db.migrate import migrate
from app.integrations.signing_keys import KeyRing
from app.integrations.tokens import AccessTokens
from bench import build
from bench.processes import cpu_seconds, free_port, memory_mib, serving

FOLDER = Path("var/bench")
RESULTS = Path(__file__).with_name("RESULTS.md")
HEADING = "# What event streams cost"
NEXT_HEADING = "# What the trail costs"
DATABASE = "cairn_bench_streams"
CAIRN = "from app.cli import main; main()"
CROWDS = {"20 schools of 50": (20, 50), "one school of 1,000": (1, 1_000)}
WHOLE, PASTORAL, LEADS = 10, 5, 5
"""One reader in so many reads every concern, and one in so many is of the pastoral team. So many
in a school are leads, whom each concern alerts; the others who read every concern are heads."""
MOST_KIB = 100
"""What a stream may cost, idle and after the load, before the run counts as failed."""
STALLED_BYTES = 4_096
"""What the system keeps for a reader that has stopped reading; the rest is the server's."""
FILES = 8_192
SETTLE_SECONDS = 3.0
PEOPLE = """
with person as (
  select gen_random_uuid() as id, n,
         case when n %% %(whole)s = 0 and n < %(whole)s * %(leads)s then 'dsl'
              when n %% %(whole)s = 0 then 'headteacher'
              when n %% %(pastoral)s = 1 then 'pastoral' else 'staff' end as role
  from generate_series(0, %(number)s - 1) n),
account as (
  insert into account (id, email, created_at)
  select id, id || '@example.org', now() from person returning id),
staff as (
  insert into staff (school_id, id, name, email, created_at, changed_at, accepted_at)
  select %(school)s, p.id, 'Reader ' || p.n, p.id || '@example.org', now(), now(), now()
  from person p join account a on a.id = p.id returning id),
membership as (
  insert into membership (school_id, id, staff_id, role, valid_from, created_at, cohort)
  select %(school)s, gen_random_uuid(), p.id, p.role, current_date - 1, now(),
         case when p.role = 'pastoral' then '{"year_groups": ["7"]}'::jsonb else '{}' end
  from person p join staff s on s.id = p.id returning id)
insert into auth_session (id, account_id, organisation_id, role, amr, auth_time, seen_at,
                          expires_at, created_at)
select gen_random_uuid(), p.id, %(school)s, p.role, '{pwd,otp}', now(), now(),
       now() + interval '12 hours', now()
from person p join staff s on s.id = p.id
returning id, account_id, role
"""


def main(arguments: list[str]) -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m bench streams", description=__doc__)
    parser.add_argument("--clients", type=int, default=1_000, help="streams at a time (1,000)")
    parser.add_argument("--rate", type=float, default=20.0, help="concerns a second (20)")
    parser.add_argument("--seconds", type=int, default=30, help="how long they are raised (30)")
    parser.add_argument("--stalled", type=float, default=5.0, help="percent who stop reading (5)")
    parser.add_argument("--print-only", action="store_true", help="do not write RESULTS.md")
    asked = parser.parse_args(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))
    server = build.start_server(say)
    try:
        rows = [StreamBench(asked, server, name).run() for name in CROWDS]
    finally:
        server.stop()
    text = report(asked, rows)
    print(text)
    if not asked.print_only:
        _write(text)
    if found := [fault for row in rows for fault in faults_of(row)]:
        raise SystemExit("\n".join(found))


def say(line: str) -> None:
    """Show progress."""
    print(f"  {line}", flush=True)


@dataclass(frozen=True, slots=True)
class Reader:
    """One account with its token, and the school it is in."""

    school_id: UUID
    role: str
    token: str


@dataclass(slots=True)
class Seen:
    """What all clients together saw."""

    committed: dict[str, float] = field(default_factory=dict)
    """When a concern's writer was answered."""
    came: list[tuple[str, float]] = field(default_factory=list)
    """Which concern was told to somebody, and when."""
    events: int = 0
    ready: int = 0
    ended: int = 0
    sent_away: int = 0
    refused: int = 0
    """Concerns that were told to come again."""

    def delays(self) -> list[float]:
        """Milliseconds from the writer's answer to each reader, sorted."""
        known = (at - self.committed[id_] for id_, at in self.came if id_ in self.committed)
        return sorted(1_000 * max(0.0, one) for one in known)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one crowd showed; memory in MiB, CPU in percent of one core, times in ms."""

    crowd: str
    clients: int
    bare: float
    idle: float
    after: float
    idle_cpu: float
    idle_database_cpu: float
    load_cpu: float
    load_database_cpu: float
    raised: float
    told: int
    p50: float
    p99: float
    slowest: float
    load: float
    ended: int
    sent_away: int
    refused: int
    asked_for: int
    stalled: int

    def kib(self, memory: float) -> float:
        """What each stream takes of some memory of the server."""
        return 1_024 * (memory - self.bare) / max(1, self.clients)


def faults_of(row: Figures) -> list[str]:
    """Why a run is no proof of what it was made for."""
    found = []
    if row.clients < row.asked_for:
        found.append(f"{row.crowd}: {row.clients} of {row.asked_for} streams were ready")
    for when, memory in (("idle", row.idle), ("after the load", row.after)):
        if row.kib(memory) > MOST_KIB:
            found.append(f"{row.crowd}: {row.kib(memory):.0f} KiB for each stream, {when}")
    return found


class StreamBench:
    """One run with one crowd."""

    def __init__(self, asked: argparse.Namespace, server: RunningServer, crowd: str) -> None:
        self.asked = asked
        self.server = server
        self.crowd = crowd
        self.schools, _ = CROWDS[crowd]
        self.port = free_port()
        self.seen = Seen()
        self.children: dict[UUID, UUID] = {}
        self.owner_url = build.owner_url(server, DATABASE)
        self.app_url = server.url(build.APP_ROLE, build.APP_PASSWORD, DATABASE)
        self.settings = Settings(
            database_url=SecretStr(self.app_url),
            base_url=f"http://127.0.0.1:{self.port}",
            keys_dir=FOLDER.absolute() / "keys",
        )

    def run(self) -> Figures:
        """Fill a database, serve it, open the streams and raise concerns."""
        self._make_database()
        readers = self._make_readers()
        environment = {
            "CAIRN_DATABASE_URL": self.app_url,
            "CAIRN_BASE_URL": self.settings.base_url,
            "CAIRN_KEYS_DIR": str(self.settings.keys_dir),
            "CAIRN_STORAGE_URL": (FOLDER.absolute() / "attachments").as_uri(),
            "CAIRN_ADDRESS_REQUESTS_PER_MINUTE": "6000000",
            "CAIRN_EVENTS_STREAMS": str(2 * self.asked.clients),
            "CAIRN_EVENTS_STREAMS_PER_SCHOOL": str(2 * self.asked.clients),
        }
        command = ["-c", CAIRN, "serve", "--port", str(self.port)]
        with serving("streams", command, self.port, environment) as pid:
            return asyncio.run(self._measure(pid, readers))

    def _make_database(self) -> None:
        with psycopg.connect(self.server.admin_url, autocommit=True) as admin:
            name = sql.Identifier(DATABASE)
            admin.execute(sql.SQL("drop database if exists {} with (force)").format(name))
            admin.execute(sql.SQL("create database {}").format(name))
        migrate(self.owner_url, self.app_url)

    def _make_readers(self) -> list[Reader]:
        keys = KeyRing(self.settings.keys_dir)
        keys.ensure()
        tokens = AccessTokens(keys, self.settings.base_url, self.settings.audience)
        found: list[Reader] = []
        with psycopg.connect(self.owner_url, autocommit=True) as owner:
            for _ in range(self.schools):
                school = new_id()
                self._make_school(owner, school)
                each = {"school": school, "number": self.asked.clients // self.schools,
                        "whole": WHOLE, "leads": LEADS, "pastoral": PASTORAL}  # fmt: skip
                for session, account, role in owner.execute(PEOPLE, each):
                    token = tokens.issue(
                        sub=account, sid=session, org=school, role=role, scope=("cairn",),
                        amr=("pwd", "otp"), auth_time=clock.now(),
                    )  # fmt: skip
                    found.append(Reader(school, role, token))
            owner.execute("analyze")
        return found

    def _make_school(self, owner: "psycopg.Connection[Any]", school: UUID) -> None:
        owner.execute(
            "insert into organisation (id, kind, name, created_at, changed_at) "
            "values (%s, 'school', 'A school', now(), now())",
            (school,),
        )
        self.children[school] = child = new_id()
        owner.execute(
            "insert into child (school_id, id, legal_given_name, legal_family_name, sort_name, "
            "year_group, created_at, changed_at) "
            "values (%s, %s, 'A', 'Child', 'child a', '7', now(), now())",
            (school, child),
        )

    async def _measure(self, pid: int, readers: list[Reader]) -> Figures:
        database = int((self.server.directory / "data/postmaster.pid").read_text().split()[0])
        await self._raise_for(readers, 3.0)
        bare = memory_mib(pid)
        every = round(100 / self.asked.stalled) if self.asked.stalled else len(readers) + 1
        stalls = [number % every == every - 1 for number in range(len(readers))]
        clients = [
            asyncio.create_task(self._read(reader, stalls=stalled))
            for reader, stalled in zip(readers, stalls, strict=True)
        ]
        for _ in range(1_200):
            if self.seen.ready == len(readers):
                break
            await asyncio.sleep(0.1)
        say(f"{self.crowd}: {self.seen.ready} of {len(readers)} streams are open")
        await asyncio.sleep(SETTLE_SECONDS)
        idle = memory_mib(pid)
        idle_cpu = await self._cpu_over(pid, database, asyncio.sleep(20))
        self.seen.came.clear()
        self.seen.events = 0
        started = len(self.seen.committed)
        load_cpu = await self._cpu_over(
            pid, database, self._raise_for(readers, float(self.asked.seconds))
        )
        await asyncio.sleep(SETTLE_SECONDS)
        delays = self.seen.delays()
        figures = Figures(
            self.crowd, self.seen.ready, bare, idle, memory_mib(pid), *idle_cpu, *load_cpu,
            (len(self.seen.committed) - started) / self.asked.seconds, self.seen.events,
            median(delays), delays[int(0.99 * len(delays))], delays[-1], os.getloadavg()[0],
            self.seen.ended, self.seen.sent_away, self.seen.refused, len(readers), sum(stalls),
        )  # fmt: skip
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
        say(f"{self.crowd}: p50 {figures.p50:.0f} ms, p99 {figures.p99:.0f} ms")
        return figures

    async def _cpu_over(self, pid: int, database: int, work: Any) -> tuple[float, float]:
        """CPU of server and database while something goes on, in percent of one core."""
        before, since = (cpu_seconds(pid), cpu_seconds(database)), time.monotonic()
        await work
        after, passed = (cpu_seconds(pid), cpu_seconds(database)), time.monotonic() - since
        return (
            100 * (after[0] - before[0]) / passed,
            100 * (after[1] - before[1]) / passed,
        )

    async def _raise_for(self, readers: list[Reader], seconds: float) -> None:
        """Raise concerns at the rate, each by another member of staff."""
        staff = [reader for reader in readers if reader.role == "staff"]
        limits = httpx.Limits(max_connections=32)
        async with httpx.AsyncClient(
            base_url=self.settings.base_url, limits=limits, timeout=30
        ) as client:
            begun, tasks = time.monotonic(), []
            for number in range(int(seconds * self.asked.rate)):
                await asyncio.sleep(max(0.0, begun + number / self.asked.rate - time.monotonic()))
                reader = staff[(number * 37) % len(staff)]
                tasks.append(asyncio.create_task(self._raise(client, reader)))
            await asyncio.gather(*tasks)

    async def _raise(self, client: httpx.AsyncClient, reader: Reader) -> None:
        id_ = str(new_id())
        body = {
            "id": id_,
            "children": [{"child_id": str(self.children[reader.school_id])}],
            "account": [{"kind": "observed", "text": "Seen."}],
            "occurred_at": clock.now().isoformat(),
            "source": "staff_observation",
            "immediacy": "routine",
            "categories": ["not_sure"],
        }
        headers = {"Authorization": f"Bearer {reader.token}", "Idempotency-Key": id_}
        for _ in range(10):
            answer = await client.post("/v1/concerns", json=body, headers=headers)
            if answer.status_code != 503:
                break
            self.seen.refused += 1
            await asyncio.sleep(1)
        if answer.status_code != 201:
            raise SystemExit(f"a concern was not taken: {answer.text[:300]}")
        self.seen.committed[id_] = time.monotonic()

    async def _read(self, reader: Reader, *, stalls: bool) -> None:
        """One client: its own connection, every event noted. Told to come again, it does.

        One that stalls takes nothing more once it was told that its stream is ready.
        """
        while True:
            incoming, outgoing = await self._connect(small=stalls)
            outgoing.write(
                f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {reader.token}"
                "\r\n\r\n".encode()
            )
            try:
                status = await incoming.readline()
                while line := await incoming.readline():
                    if line.startswith(b"data: "):
                        self._note(orjson.loads(line[6:]))
                        if stalls:
                            outgoing.transport.pause_reading()  # type: ignore[attr-defined]
                            await asyncio.Event().wait()
            finally:
                outgoing.close()
            if b" 503 " in status:
                self.seen.sent_away += 1
                await asyncio.sleep(random.uniform(2.0, 4.0))
            else:
                self.seen.ended += 1

    async def _connect(self, *, small: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        connection = socket.socket()
        connection.setblocking(False)
        if small:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STALLED_BYTES)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))
        return await asyncio.open_connection(sock=connection)

    def _note(self, data: dict[str, Any]) -> None:
        if data["kind"] == "ready":
            self.seen.ready += 1
            return
        self.seen.events += 1
        if (data.get("about") or {}).get("kind") == "concern":
            self.seen.came.append((data["about"]["id"], time.monotonic()))


def report(asked: argparse.Namespace, rows: list[Figures]) -> str:
    """The section of RESULTS.md."""
    lines = [
        HEADING, "",
        "Made by `python -m bench streams`: one process of `cairn serve`, real sockets, every",
        "stream another account (in each school one in ten reads every concern, five of them as",
        "leads; one in five is pastoral, the others are staff).",
        "A reader's delay is counted from the answer to whoever raised the concern; looks for",
        "news are a second apart, so that half a second is the least a median can be.", "",
        f"- When: {clock.now():%Y-%m-%d %H:%M} UTC; {os.cpu_count()} cores shared by server,",
        "  database, writers and all readers",
        f"- Load: {asked.rate:g} concerns a second for {asked.seconds} s; the load average of the",
        f"  machine then was {' and '.join(f'{row.load:.1f}' for row in rows)}: other work ran"
        " beside this where it is above 3", "",
        "| | " + " | ".join(row.crowd for row in rows) + " |",
        "|---|" + "---|" * len(rows),
    ]  # fmt: skip
    table = {
        "streams open": [f"{row.clients:,}" for row in rows],
        "of these, readers that stop reading": [f"{row.stalled:,}" for row in rows],
        "memory before any stream, MiB": [f"{row.bare:.0f}" for row in rows],
        "memory with all of them idle, MiB": [f"{row.idle:.0f}" for row in rows],
        "that is for each stream, KiB": [f"{row.kib(row.idle):.0f}" for row in rows],
        "memory after the load, MiB": [f"{row.after:.0f}" for row in rows],
        "that is for each stream, those that stalled too, KiB": [
            f"{row.kib(row.after):.0f}" for row in rows
        ],
        "CPU of the server, idle": [f"{row.idle_cpu:.0f}%" for row in rows],
        "CPU of the database, idle": [f"{row.idle_database_cpu:.0f}%" for row in rows],
        "CPU of the server, under load": [f"{row.load_cpu:.0f}%" for row in rows],
        "CPU of the database, under load": [f"{row.load_database_cpu:.0f}%" for row in rows],
        "concerns raised a second": [f"{row.raised:.1f}" for row in rows],
        "events delivered": [f"{row.told:,}" for row in rows],
        "delay p50, ms": [f"{row.p50:.0f}" for row in rows],
        "delay p99, ms": [f"{row.p99:.0f}" for row in rows],
        "longest delay, ms": [f"{row.slowest:.0f}" for row in rows],
        "streams that ended by themselves": [f"{row.ended}" for row in rows],
        "concerns told to come again (503)": [f"{row.refused}" for row in rows],
        "streams told to come again, all connecting at once": [f"{row.sent_away}" for row in rows],
    }
    lines += [f"| {name} | " + " | ".join(cells) + " |" for name, cells in table.items()]
    return "\n".join(lines) + "\n"


def section_of(results: Path) -> str:
    """What a former run has said, to be kept when the rest is written again."""
    _, found, rest = results.read_text().partition(HEADING) if results.exists() else ("", "", "")
    own = rest.partition(NEXT_HEADING)[0].rstrip()
    return f"\n{found}{own}\n" if found else ""


def _write(text: str) -> None:
    whole = RESULTS.read_text() if RESULTS.exists() else ""
    before, _, after = whole.partition(NEXT_HEADING)
    kept = before.partition(HEADING)[0].rstrip()
    following = f"\n{NEXT_HEADING}{after}" if after else ""
    RESULTS.write_text(f"{kept}\n\n{text}{following}")
