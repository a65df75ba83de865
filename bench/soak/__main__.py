"""`make soak`: load real processes, kill each at random, and hold the ledger against the rows.

SOAK_S seconds of chaos (180), SOAK_SEED for the same order of kills once more, SOAK_TICK seconds
between two looks of the ladder (5), by which every wait is measured; `--write` keeps the figures in
RESULTS.md.
"""

import asyncio
import os
import random
import secrets
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from app.core import clock
from app.core.settings import Settings
from app.core.words import Role
from app.db.embedded import erase
from app.db.migrate import migrate
from app.main import build_runtime
from bench.processes import free_port
from bench.soak import checks, ladder, load, report, town
from bench.soak.checks import Finding
from bench.soak.ladder import Due
from bench.soak.listeners import Heard, Hooks, Stream
from bench.soak.load import Ledger
from bench.soak.machines import Command, Machine, Postgres, nobody_ringing
from bench.soak.post import Post
from bench.soak.report import as_json, quantile, table

FOLDER = Path("var/soak")
RESULTS = Path(__file__).parents[1] / "RESULTS.md"
SCHOOLS = 2
PAUSE = 0.5
"""Seconds between two requests of one client, about."""
TICK = 5.0
"""Seconds between two looks of the ladder, unless SOAK_TICK says otherwise."""
LONG_ENOUGH = 60.0
"""Seconds of chaos after which every kind of fault has happened, and times say something."""
SETTLE_SECONDS = 180
ROLE = "cairn_soak_app"


Task = asyncio.Task[None]


@dataclass
class Soak:
    """One run."""

    seconds: float
    seed: int
    writes: bool = False
    tick: float = TICK
    ledger: Ledger = field(default_factory=Ledger)
    dues: list[Due] = field(default_factory=list)
    overlooked: list[str] = field(default_factory=list)
    looks: int = 0
    double_kills: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.folder = FOLDER.absolute()
        self.port, self.mail_port = free_port(), free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.post, self.hooks = Post(self.mail_port), Hooks(free_port())
        self.streams: list[Stream] = []
        self.postgres = Postgres("postgres", self.folder)

    async def run(self) -> bool:
        """Whether every promise held."""
        self._clear()
        self.post.start()
        self.hooks.start()
        try:
            await self._prepare()
            begun = time.monotonic()
            await self._under_load()
            chaos = time.monotonic() - begun
            await self._settle()
            findings = await self._findings()
        finally:
            await self._end()
        figures = self._figures(chaos)
        print(table(findings, figures))
        print(as_json(findings, figures))
        if self.writes:
            report.write(
                RESULTS, report.section(findings, figures, f"{clock.now():%Y-%m-%d %H:%M} UTC")
            )
        print(report.closing(findings, self._summary()))
        return not any(one.missed for one in findings)

    def _summary(self) -> str:
        ledger, kills = self.ledger, sum(machine.kills for machine in self.machines)
        writes = sum(len(getattr(ledger, name)) for name in checks.KEPT)
        latest = quantile(self.rings.late, 1)
        return f"{writes:,} writes acknowledged, {kills} kills, none later than {latest} s"

    def _clear(self) -> None:
        erase(self.folder / "postgres")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    async def _prepare(self) -> None:
        await self.postgres.start()
        assert self.postgres.server is not None
        server, password = self.postgres.server, secrets.token_hex(8)
        with psycopg.connect(server.admin_url, autocommit=True) as admin:
            admin.execute("create database cairn_soak")
        owner = make_url(server.admin_url).set(database="cairn_soak")
        self.owner_url = owner.render_as_string(hide_password=False)
        self.app_url = server.url(ROLE, password, "cairn_soak")
        await asyncio.to_thread(migrate, self.owner_url, self.app_url)
        settings = Settings(
            database_url=SecretStr(self.app_url), keys_dir=self.folder / "keys",
            base_url=self.base_url, storage_url=(self.folder / "attachments").as_uri(),
        )  # fmt: skip
        self.runtime = build_runtime(settings)
        long = self.seconds >= LONG_ENOUGH
        self.schools = await town.build(self.runtime, SCHOOLS if long else 1)
        self.server = self._command("server", "serve", "--port", str(self.port))
        self.server.ready_url = f"{self.base_url}/readyz"
        numbers = (1, 2) if long else (1,)
        self.workers = [self._command(f"worker-{number}", "worker") for number in numbers]
        for machine in (self.server, *self.workers):
            await machine.start()
        await self._subscribe()

    async def _subscribe(self) -> None:
        """One receiver of webhooks and one reader of events for each school, both of a lead."""
        for school in self.schools:
            (lead,) = school.those(Role.DSL)
            client = load.Client(self.runtime, lead, self.base_url, self.ledger)
            await self.hooks.subscribe(client, school)
            await client.close()
            self.streams.append(Stream(self.runtime, lead, self.base_url))

    def _command(self, name: str, *words: str) -> Command:
        environment = {
            "CAIRN_DATABASE_URL": self.app_url,
            "CAIRN_KEYS_DIR": str(self.folder / "keys"),
            "CAIRN_CHECKPOINT_FILE": str(self.folder / "checkpoints.txt"),
            "CAIRN_STORAGE_URL": (self.folder / "attachments").as_uri(),
            "CAIRN_MAIL_URL": f"smtp://127.0.0.1:{self.mail_port}",
            "CAIRN_MAIL_FROM": "Cairn <cairn@cairn.example>",
            "CAIRN_BASE_URL": self.base_url,
            "CAIRN_LADDER_SECONDS": str(self.tick),
            "CAIRN_SEAL_SECONDS": str(self.tick),
            "CAIRN_LOG_LEVEL": "info",
            "CAIRN_UNSAFE_ADDRESSES": "true",  # so that webhooks may go to this machine
            "CAIRN_WEBHOOK_ALLOWED_NETWORKS": '["127.0.0.0/8"]',
            "CAIRN_WEBHOOK_PORTS": f"[{self.hooks.port}]",
            "CAIRN_ADDRESS_REQUESTS_PER_MINUTE": "0",
            "CAIRN_ACCOUNT_REQUESTS_PER_MINUTE": "0",
        }
        return Command(name, self.folder, words=words, environment=environment)

    @property
    def latest(self) -> float:
        """The first tick after a due time is in time, the second is one tick late."""
        return 2 * self.tick

    @property
    def machines(self) -> list[Machine]:
        """Everything that can be killed."""
        return [self.server, *self.workers, self.postgres]

    async def _under_load(self) -> None:
        stop = asyncio.Event()
        people = load.clients(self.runtime, self.schools, self.base_url, self.ledger)
        working = [asyncio.create_task(worker.work(stop, PAUSE)) for _, worker in people]
        working.append(asyncio.create_task(ladder.bring_near(stop, self.owner_url, self.dues)))
        watching = asyncio.create_task(self._watch(stop))
        self.listening = [asyncio.create_task(stream.listen()) for stream in self.streams]
        try:
            await self._kill_at_random()
        finally:
            stop.set()
            await asyncio.wait_for(asyncio.gather(*working, watching), load.PATIENCE_SECONDS + 60)
            for client, _ in people:
                await client.close()

    async def _kill_at_random(self) -> None:
        """Kill one or two of those that are up, in an order the seed decides; each comes back."""
        until, bag, coming = time.monotonic() + self.seconds, list[Machine](), list[Task]()
        while time.monotonic() < until:
            await self._breath(coming, self._pause(), self.chance.choice((0, 0, 1)))
            bag = bag or self.chance.sample(self.machines, len(self.machines))
            struck = [machine for machine in bag[: self.chance.choice((1, 1, 2))] if machine.is_up]
            self.double_kills += len(struck) > 1
            for machine in struck:
                bag.remove(machine)
                print(f"  {until - time.monotonic():5.0f} s left: kill {machine.name}")
                await machine.kill()
                pause = self.chance.uniform(0.2, 2)
                coming.append(asyncio.create_task(machine.come_back(pause)))
        await asyncio.gather(*coming)

    def _pause(self) -> float:
        """Seconds of work between two kills."""
        return self.chance.uniform(2, 8) * self.tick / TICK

    async def _breath(self, coming: Sequence[Task], seconds: float, away: int) -> None:
        """Let it work for a while once no more than so many are on their way back."""
        while sum(not machine.is_up for machine in self.machines) > away:
            for task in coming:
                if task.done():
                    task.result()  # who could not come back ends the run
            await asyncio.sleep(0.1)
        await asyncio.sleep(seconds)

    async def _watch(self, stop: asyncio.Event) -> None:
        """Look all the time whether anything is overlooked; the database may be away."""
        while not stop.is_set():
            with suppress(psycopg.Error):
                found = await asyncio.to_thread(checks.overlooked, self.owner_url)
                self.looks += 1
                self.overlooked += [str(row) for row in found]
            await asyncio.sleep(3)

    async def _settle(self) -> None:
        """Until every alert is mailed and every due time had its tick."""
        for machine in (self.server, *self.workers):
            if machine.ended_by_itself():
                await machine.start()
        until = time.monotonic() + SETTLE_SECONDS
        await asyncio.sleep(0.8 * self.tick + self.latest)
        ladder.quieten(self.owner_url)
        while time.monotonic() < until and checks.waiting(self.owner_url):  # noqa: ASYNC110
            await asyncio.sleep(1)
        await asyncio.sleep(self.tick)  # so that the last entries are sealed
        while time.monotonic() < until and self._unheard():  # noqa: ASYNC110
            await asyncio.sleep(1)
        for task in self.listening:
            task.cancel()

    def _told(self) -> list[tuple[str, str, set[str]]]:
        """How each acknowledged concern was told: by which way, of which, under which ids."""
        return [
            (way, id_, heard[id_])
            for number, school in enumerate(self.schools)
            for way, heard in (
                ("webhook", self.hooks.heard[str(school.id)]),
                ("stream", self.streams[number].heard),
            )
            for id_, whose in self.ledger.concerns.items()
            if whose is school
        ]

    def _inboxes(self) -> list[tuple[set[str], Heard]]:
        """The alerts of each listener, kept and heard."""
        return [
            (checks.alerts_of(self.owner_url, school.id, stream.person.id), stream.alerted)
            for school, stream in zip(self.schools, self.streams, strict=True)
        ]

    def _unheard(self) -> list[str]:
        alerts = [id_ for kept, heard in self._inboxes() for id_ in kept if not heard.get(id_)]
        return [f"alert {id_}" for id_ in alerts] + self._untold()

    def _untold(self) -> list[str]:
        return [f"{way} {id_}" for way, id_, ids in self._told() if not ids]

    async def _findings(self) -> list[Finding]:
        codes = [await worker.stop() for worker in self.workers]
        self.looks += 1
        self.overlooked += map(str, checks.overlooked(self.owner_url))
        down = nobody_ringing(self.postgres, self.workers)
        self.rings = ladder.measure(self.owner_url, self.dues, down, self.tick)
        late = [seconds for seconds in self.rings.late if seconds > self.latest]
        unverified = await self._verify()
        return [
            *checks.findings(self.owner_url, self.ledger, self.post, self.schools),
            Finding("nothing open is overlooked", self.looks, len(self.overlooked),
                    self.overlooked[0] if self.overlooked else ""),
            Finding("every due time rang", len(self.dues), len(self.rings.never),
                    self.rings.never[0] if self.rings.never else ""),
            self._heard("every concern told by webhook and stream", self._untold()),
            self._heard("none told under two event ids", [
                f"{way} {id_}" for way, id_, ids in self._told() if len(ids) > 1
            ]),
            *checks.streamed(self._inboxes()),
            Finding("the trail verifies offline", len(self.schools), unverified),
            Finding("workers end well when told to", len(codes), sum(map(bool, codes))),
            Finding("no answer nobody expected", self.ledger.answers, len(self.ledger.untold),
                    self.ledger.untold[0] if self.ledger.untold else ""),
            *(self._of_a_long_run(late) if self.seconds >= LONG_ENOUGH else ()),
        ]  # fmt: skip

    def _of_a_long_run(self, late: Sequence[float]) -> tuple[Finding, ...]:
        worst = str(max(late, default=""))
        in_time = Finding(
            "none later than a tick after recovery", self.rings.rang, len(late), worst
        )
        return in_time, self._sometimes()

    def _heard(self, promise: str, missed: list[str]) -> Finding:
        return Finding(promise, len(self._told()), len(missed), missed[0] if missed else "")

    def _sometimes(self) -> Finding:
        """The interesting things did happen, or the run proved nothing."""
        happened = {
            **{f"{machine.name} killed": machine.kills for machine in self.machines},
            "requests cut off": self.ledger.cut,
            "answers replayed": self.ledger.replayed,
            "rungs climbed": self.rings.rang,
            "alerts acknowledged": len(self.ledger.alerts),
            "streams resumed": sum(stream.opened for stream in self.streams) - len(self.streams),
        }
        never = [name for name, times in happened.items() if not times]
        return Finding("sometimes: it did happen", len(happened), len(never), ", ".join(never))

    async def _verify(self) -> int:
        """Schools whose exported trail does not verify.

        Due times were brought near behind the application's back, so the rows would not.
        """
        bad = 0
        for number, school in enumerate(self.schools):
            bundle = str(self.folder / f"trail-{number}")
            exported = await self._run("audit", "export", bundle, "--school", str(school.id))
            bad += exported != 0 or await self._run("audit", "verify", bundle) != 0
        return bad

    async def _run(self, *words: str) -> int:
        command = self._command("verify", *words)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from app.cli import main; main()", *command.words,
            env={**os.environ, **command.environment},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        with (self.folder / "verify.log").open("ab") as log:
            log.write(said)
        return process.returncode or 0

    async def _end(self) -> None:
        for machine in [*getattr(self, "workers", []), getattr(self, "server", None)]:
            if machine is not None and machine.process is not None:
                machine.process.kill()
        self.post.stop()
        self.hooks.stop()
        if hasattr(self, "runtime"):
            await self.runtime.database.close()
        erase(self.folder / "postgres")

    def _figures(self, chaos: float) -> dict[str, object]:
        ledger, late = self.ledger, self.rings.late
        sent = self.post.delivered
        return {
            "seed": self.seed,
            "seconds of chaos": round(chaos),
            **{f"kills of {machine.name}": machine.kills for machine in self.machines},
            "two at once": self.double_kills,
            "concerns acknowledged to clients": len(ledger.concerns),
            "other writes acknowledged": sum(
                map(len, (ledger.acknowledged, ledger.triaged, ledger.actions, ledger.alerts))
            ),
            "requests cut off": ledger.cut,
            "answers replayed": ledger.replayed,
            "answers 500": ledger.server_errors,
            "concerns never answered": len(ledger.unanswered),
            "messages mailed": len(sent),
            "mailed again under the same id": sum(sent.values()) - len(sent),
            "webhooks received": self.hooks.received,
            "streams opened": sum(stream.opened for stream in self.streams),
            "due times brought near": len(self.dues),
            "rang / acknowledged before": f"{self.rings.rang} / {self.rings.excused}",
            "late p50 / p99 / max (s)": " / ".join(
                str(quantile(late, part)) for part in (0.5, 0.99, 1)
            ),
        }


def main(words: Sequence[str]) -> None:
    """Run, and say by the exit code whether every promise held."""
    seconds = float(os.environ.get("SOAK_S", "180"))
    seed = int(os.environ.get("SOAK_SEED") or secrets.randbelow(10**6))
    tick = float(os.environ.get("SOAK_TICK") or TICK)
    print(f"Soak: {seconds:.0f} s of chaos, seed {seed} (SOAK_SEED={seed} repeats the kills)")
    sys.exit(0 if asyncio.run(Soak(seconds, seed, "--write" in words, tick).run()) else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
