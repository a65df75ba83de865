"""`python -m bench.soak.failover`: Cairn before a cluster whose leaders die, and what it promised.

Three PostgreSQL servers under Patroni, with quorum commit, behind HAProxy; the API and a worker
with `CAIRN_DURABILITY=standby` and HAProxy's address. FAULTS names what happens, in order, as in
`FAULTS="machine cut"`; without it everything in `PLAN`.
"""

import asyncio
import os
import secrets
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import httpx
import psycopg
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from app.core.settings import Settings
from app.db.migrate import migrate
from app.main import build_runtime
from bench.processes import free_port
from bench.soak import checks, cluster, load, report, town
from bench.soak.checks import Finding
from bench.soak.cluster import Cluster, Node, strike, takes_changes
from bench.soak.load import Ledger
from bench.soak.machines import Command
from bench.soak.post import Post
from bench.soak.report import as_json, quantile, table

NOT_RUN = 77
PLAN = "machine server cut planned manager read_only machine server"
PAUSE = 0.5
"""Seconds between two requests of one client, about."""
BREATH = 5.0
"""Seconds of work before each fault, and after the cluster is whole again."""
CUT_SECONDS = 30.0
"""Longer than Patroni's ttl, so that another one leads when the frozen machine wakes."""
READ_ONLY_SECONDS = 8.0
LATE = 5.0
"""Seconds that `/readyz` may go on saying 503 once changes are taken."""
ROLE = "cairn_cluster_app"
OURS = "select pid from pg_stat_activity where usename = 'cairn_cluster_app'"
OF_THE_POOLS = OURS + " and application_name = 'cairn'"
SLOWEST = """
select coalesce(max(extract(epoch from sent_at - greatest(created_at, rung_at))), 0)
from alert where mail = 'at_once'
"""


@dataclass
class Fault:
    """Something that befell the leader, and what followed until all was well again."""

    what: str
    leader: str
    began: float
    ended: float = 0.0
    next: str = ""
    left_behind: list[str] = field(default_factory=list)
    """Connections of ours that were still open where nothing can be written."""

    def outage(self, accepted: Sequence[float]) -> float:
        """The longest that no concern was taken meanwhile, in seconds."""
        meanwhile = [
            self.began,
            *(at for at in accepted if self.began < at < self.ended),
            self.ended,
        ]
        return max(later - earlier for earlier, later in pairwise(meanwhile))


@dataclass
class Probe:
    """`/readyz` held against the servers themselves, all the time."""

    asked: int = 0
    lies: list[str] = field(default_factory=list)
    """200 between two looks that found no server that takes changes."""
    late: float = 0.0
    """The longest that it said 503 while the door led to a server that takes changes."""
    codes: set[int] = field(default_factory=set)
    _late_since: float | None = None

    def saw(self, code: int, before: Sequence[bool], after: Sequence[bool]) -> None:
        """One answer; the looks are at each server and, last, by way of the door."""
        self.asked += 1
        self.codes.add(code)
        if code == 200 and not any((*before, *after)):
            self.lies.append(f"{time.time():.1f}")
        if code == 200 or not (before[-1] and after[-1]):
            self._late_since = None
            return
        self._late_since = self._late_since or time.monotonic()
        self.late = max(self.late, time.monotonic() - self._late_since)


class Failover:
    """One run."""

    def __init__(self, servers: Cluster, plan: Sequence[str]) -> None:
        self.servers, self.plan = servers, plan
        self.folder = servers.folder
        self.port, mail_port = free_port(), free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.mail_url = f"smtp://127.0.0.1:{mail_port}"
        self.post, self.ledger, self.probe = Post(mail_port), Ledger(), Probe()
        self.faults: list[Fault] = []
        self.ended: list[str] = []

    async def run(self) -> bool:
        """Whether every promise held."""
        self.post.start()
        try:
            await self._prepare()
            began = time.monotonic()
            await self._under_load()
            lasted = time.monotonic() - began
            await self._settle()
            findings = await self._findings()
        finally:
            await self._end()
        figures = self._figures(lasted)
        print(table(findings, figures))
        print(as_json(findings, figures))
        print(report.closing(findings, (
            f"{len(self.ledger.concerns):,} concerns acknowledged, {len(self.faults)} faults, "
            f"none taken for {self._outages()[-1]} s at most"
        )))  # fmt: skip
        return not any(one.missed for one in findings)

    async def _prepare(self) -> None:
        with psycopg.connect(self.servers.address, autocommit=True) as admin:
            admin.execute("create database cairn")
        owner = make_url(self.servers.address).set(database="cairn")
        self.owner_url = owner.render_as_string(hide_password=False)
        app = owner.set(username=ROLE, password=secrets.token_hex(8))
        self.app_url = app.render_as_string(hide_password=False)
        await asyncio.to_thread(migrate, self.owner_url, self.app_url)
        settings = Settings(
            database_url=SecretStr(self.app_url), keys_dir=self.folder / "keys",
            base_url=self.base_url, storage_url=(self.folder / "attachments").as_uri(),
        )  # fmt: skip
        self.runtime = build_runtime(settings)
        self.schools = await town.build(self.runtime, 2)
        self.server = self._command("server", "serve", "--port", str(self.port))
        self.server.ready_url = f"{self.base_url}/readyz"
        self.worker = self._command("worker", "worker")
        for program in (self.server, self.worker):
            await program.start()

    def _command(self, name: str, *words: str) -> Command:
        return Command(name, self.folder, words=words, environment=self._environment())

    def _environment(self) -> Mapping[str, str]:
        return {
            "CAIRN_DATABASE_URL": self.app_url,
            "CAIRN_DURABILITY": "standby",
            "CAIRN_KEYS_DIR": str(self.folder / "keys"),
            "CAIRN_CHECKPOINT_FILE": str(self.folder / "checkpoints.txt"),
            "CAIRN_STORAGE_URL": (self.folder / "attachments").as_uri(),
            "CAIRN_MAIL_URL": self.mail_url,
            "CAIRN_MAIL_FROM": "Cairn <cairn@cairn.example>",
            "CAIRN_BASE_URL": self.base_url,
            "CAIRN_ADDRESS_REQUESTS_PER_MINUTE": "0",
            "CAIRN_ACCOUNT_REQUESTS_PER_MINUTE": "0",
        }

    async def _under_load(self) -> None:
        stop = asyncio.Event()
        people = load.clients(self.runtime, self.schools, self.base_url, self.ledger)
        working = [asyncio.create_task(worker.work(stop, PAUSE)) for _, worker in people]
        watching = asyncio.create_task(self._watch(stop))
        try:
            for what in self.plan:
                await asyncio.sleep(BREATH)
                await self._suffer(what)
            await asyncio.sleep(BREATH)
        finally:
            stop.set()
            await asyncio.wait_for(asyncio.gather(*working, watching), load.PATIENCE_SECONDS + 60)
            for client, _ in people:
                await client.close()

    async def _suffer(self, what: str) -> None:
        """Have it happen to the leader, and wait until the cluster is whole again."""
        doings: dict[str, Callable[[Node], Awaitable[None]]] = {
            "machine": self._machine, "server": self._server, "cut": self._cut,
            "planned": self._planned, "manager": self._manager, "read_only": self._read_only,
        }  # fmt: skip
        leader = await asyncio.to_thread(self.servers.leader)
        fault = Fault(what, leader.name, time.monotonic())
        self.faults.append(fault)
        print(f"  {what}: {leader.name} leads", flush=True)
        await doings[what](leader)
        await asyncio.to_thread(self.servers.wait_until_whole)
        await asyncio.sleep(BREATH)
        fault.ended = time.monotonic()
        fault.next = (await asyncio.to_thread(self.servers.leader)).name
        fault.left_behind += await asyncio.to_thread(self._where_nothing_is_taken)
        self.ended += [
            f"{program.name} after {what}"
            for program in (self.server, self.worker) if program.ended_by_itself()
        ]  # fmt: skip
        print(f"    then {fault.next}, {fault.outage(self.ledger.accepted):.1f} s", flush=True)

    async def _machine(self, leader: Node) -> None:
        """The machine is lost, server and manager at once, and comes back later."""
        strike(leader.pids(), signal.SIGKILL)
        await self._until_another_leads(leader)
        leader.start()

    async def _server(self, leader: Node) -> None:
        """The server alone dies."""
        strike(leader.postmaster(), signal.SIGKILL)
        await asyncio.sleep(BREATH)

    async def _cut(self, leader: Node) -> None:
        """The machine neither answers nor hangs up, and wakes as somebody who believes to lead."""
        frozen = leader.pids()
        strike(frozen, signal.SIGSTOP)
        try:
            await asyncio.sleep(CUT_SECONDS)
            await self._until_another_leads(leader)
        finally:
            strike(frozen, signal.SIGCONT)

    async def _planned(self, leader: Node) -> None:
        """Somebody hands over."""
        answer = await asyncio.to_thread(
            httpx.post, f"http://127.0.0.1:{leader.rest_port}/switchover",
            json={"leader": leader.name}, timeout=60, trust_env=False,
        )  # fmt: skip
        assert answer.status_code in (200, 202), answer.text

    async def _manager(self, leader: Node) -> None:
        """Patroni dies, and its server goes on taking changes that nobody may send it."""
        assert leader.process is not None
        leader.process.kill()
        await asyncio.to_thread(leader.process.wait)
        await self._until_another_leads(leader)
        await asyncio.sleep(BREATH)
        leader.start()

    async def _read_only(self, leader: Node) -> None:
        """It takes no changes, and its connections stay: nobody may go on using them."""
        before = set(await asyncio.to_thread(leader.ask, OF_THE_POOLS))
        await asyncio.to_thread(self._set_read_only, leader, "on")
        try:
            await asyncio.sleep(READ_ONLY_SECONDS)
        finally:
            await asyncio.to_thread(self._set_read_only, leader, "off")
        kept = before & set(await asyncio.to_thread(leader.ask, OF_THE_POOLS))
        self.faults[-1].left_behind += [f"{leader.name} process {pid}" for (pid,) in kept]

    def _set_read_only(self, leader: Node, value: str) -> None:
        leader.ask(f"alter system set default_transaction_read_only = {value}")
        leader.ask("select pg_reload_conf()")

    async def _until_another_leads(self, former: Node) -> None:
        def leads() -> bool:
            with suppress(ValueError):
                return self.servers.leader() is not former and takes_changes(self.servers.address)
            return False

        async with asyncio.timeout(cluster.SECONDS_TO_GET_WHOLE):
            while not await asyncio.to_thread(leads):  # noqa: ASYNC110
                await asyncio.sleep(0.5)

    def _where_nothing_is_taken(self) -> list[str]:
        """Connections of ours at servers that take no changes."""
        found = []
        for node in self.servers.nodes:
            if not takes_changes(node.address):
                found += [f"{node.name} process {pid}" for (pid,) in node.ask(OURS)]
        return found

    async def _watch(self, stop: asyncio.Event) -> None:
        addresses = [*(node.address for node in self.servers.nodes), self.servers.address]

        async def look() -> list[bool]:
            return await asyncio.gather(
                *(asyncio.to_thread(takes_changes, address) for address in addresses)
            )

        async with httpx.AsyncClient(base_url=self.base_url, trust_env=False) as client:
            while not stop.is_set():
                before = await look()
                answer = await client.get("/readyz", timeout=20)
                self.probe.saw(answer.status_code, before, await look())
                await asyncio.sleep(0.3)

    async def _settle(self) -> None:
        """Until every alert is mailed and the last entries are sealed."""
        until = time.monotonic() + 180
        while time.monotonic() < until and checks.waiting(self.owner_url):  # noqa: ASYNC110
            await asyncio.sleep(1)
        await asyncio.sleep(12)

    async def _findings(self) -> list[Finding]:
        ledger, raising = self.ledger, self.ledger.raising
        others = sorted(set(raising) - {201, 503})
        left = [one for fault in self.faults for one in fault.left_behind]
        worked = await self._verified()
        return [
            *checks.findings(self.owner_url, ledger, self.post, self.schools),
            Finding("raising is answered 201 or 503", raising.total(),
                    sum(raising[code] for code in others), str(others)),
            Finding("nothing is answered 500", ledger.answers, ledger.server_errors),
            Finding("no request is cut off", ledger.answers, ledger.cut),
            Finding("no answer nobody expected", ledger.answers, len(ledger.untold),
                    "".join(ledger.untold[:1])),
            Finding("readyz never says yes where nothing is kept", self.probe.asked,
                    len(self.probe.lies), "".join(self.probe.lies[:1])),
            Finding(f"readyz says yes within {LATE:.0f} s", self.probe.asked,
                    int(self.probe.late > LATE), str(self.probe.late)),
            Finding("no connection left where nothing is taken", len(self.faults), len(left),
                    "".join(left[:1])),
            Finding("API and worker go on by themselves", 2 * len(self.faults), len(self.ended),
                    "".join(self.ended[:1])),
            Finding("another one led", self._handed_over(), self._stayed()),
            Finding("trail and record verify", 1, int(not worked)),
        ]  # fmt: skip

    def _handed_over(self) -> int:
        return sum(fault.what != "read_only" for fault in self.faults)

    def _stayed(self) -> int:
        """Faults after which the same one led, so that they proved little."""
        return sum(
            fault.what not in ("read_only", "server") and fault.next == fault.leader
            for fault in self.faults
        )

    async def _verified(self) -> bool:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from app.cli import main; main()", "audit", "verify",
            env={**os.environ, **self._environment()},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        print(said.decode())
        return process.returncode == 0

    async def _end(self) -> None:
        for name in ("worker", "server"):
            program = getattr(self, name, None)
            if program is not None and program.process is not None:
                program.process.kill()
        self.post.stop()
        if hasattr(self, "runtime"):
            await self.runtime.database.close()

    def _outages(self) -> list[float]:
        return sorted(round(fault.outage(self.ledger.accepted), 1) for fault in self.faults)

    def _slowest(self) -> float:
        with psycopg.connect(self.owner_url) as connection:
            row = connection.execute(SLOWEST).fetchone()
        return round(float(row[0]), 1) if row else 0.0

    def _figures(self, lasted: float) -> dict[str, Any]:
        outages = self._outages()
        return {
            "seconds": round(lasted),
            "faults": " ".join(fault.what for fault in self.faults),
            "concerns acknowledged": len(self.ledger.concerns),
            **{f"raising answered {code}": n for code, n in sorted(self.ledger.raising.items())},
            "answers replayed": self.ledger.replayed,
            "messages mailed": len(self.post.delivered),
            "no concern taken for (s)": " / ".join(
                f"{fault.what} {fault.outage(self.ledger.accepted):.1f}" for fault in self.faults
            ),
            "outage p50 / max (s)": f"{quantile(outages, 0.5)} / {outages[-1]}",
            "readyz asked": self.probe.asked,
            "readyz late by at most (s)": round(self.probe.late, 1),
            "slowest mail of an alert (s)": self._slowest(),
        }


def main() -> None:
    """Run, and say by the exit code whether every promise held, or that it could not run."""
    if missing := cluster.missing_programs():
        print(f"{', '.join(missing)}: not installed here")
        sys.exit(NOT_RUN)
    # A step that is told to stop ends its servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with cluster.running() as servers:
        (servers.folder / "keys").mkdir(mode=0o700)
        held = asyncio.run(Failover(servers, os.environ.get("FAULTS", PLAN).split()).run())
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
