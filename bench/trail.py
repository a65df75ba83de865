"""`python -m bench trail`: raising concerns with the trail off, on, and on beside a busy sealer."""

import argparse
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psycopg
from pydantic import SecretStr

from app.core import clock
from app.core.settings import Settings
from bench import build
from bench.measure import Round, Target, load
from bench.processes import cpu_seconds, free_port, serving
from bench.requests import Call, Rows, Writer

FOLDER = Path("var/bench")
HEADING = "# What the trail costs"
MODES = ("off", "on", "sealed")
SEAL_SECONDS = 5.0
WARM_SECONDS = 3
START_SECONDS = 20
CAIRN = "from app.cli import main; main()"
SEALING = """
import asyncio
from app.core.settings import Settings
from app.db.session import Database
from app.jobs.sealing import keep_sealing
from app.jobs.sealing import sealing_of

settings = Settings()
database = Database(settings.database_url.get_secret_value(), pool=2)
sealing = sealing_of(settings, database)
asyncio.run(keep_sealing(asyncio.Event(), sealing, settings.seal_seconds))
"""
# The insert is planned and its rows are made, but none is written: the nearest to no trail.
OFF = (
    "create or replace function no_trail() returns trigger language plpgsql as "
    "$$ begin return null; end $$",
    "create trigger no_trail before insert on trail for each row execute function no_trail()",
)
ON = ("drop trigger if exists no_trail on trail",)


def main(arguments: list[str]) -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m bench trail", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each mode (3)")
    parser.add_argument("--seconds", type=int, default=6, help="length of a round (6)")
    parser.add_argument("--connections", type=int, default=16, help="requests at a time (16)")
    parser.add_argument("--print-only", action="store_true", help="do not write RESULTS.md")
    asked = parser.parse_args(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    server = build.start_server(say)
    try:
        build.fresh_copy(server, build.FULL, say)
        postmaster = int((server.directory / "data/postmaster.pid").read_text().split()[0])
        text = TrailBench(asked, build.owner_url(server), build.app_url(server), postmaster).run()
    finally:
        server.stop()
    print(text)
    if not asked.print_only:
        results = Path(__file__).with_name("RESULTS.md")
        before, _, old = results.read_text().partition(HEADING)
        after = old.partition("\n# ")[2]
        kept = f"\n# {after}" if after else ""
        results.write_text(f"{before.rstrip()}\n\n{text.rstrip()}\n{kept}")


def say(line: str) -> None:
    """Show progress."""
    print(f"  {line}", flush=True)


def section_of(results: Path) -> str:
    """What a former run has said, to be kept when the rest is written again."""
    _, found, rest = results.read_text().partition(HEADING) if results.exists() else ("", "", "")
    return f"\n{found}{rest}" if found else ""


class TrailBench:
    """One run."""

    def __init__(
        self, asked: argparse.Namespace, owner_url: str, app_url: str, postmaster: int
    ) -> None:
        self.asked = asked
        self.owner_url = owner_url
        self.postmaster = postmaster
        self.port = free_port()
        self.settings = Settings(
            database_url=SecretStr(app_url),
            base_url=f"http://127.0.0.1:{self.port}",
            keys_dir=FOLDER.absolute() / "keys",
        )
        self.environment = {
            "CAIRN_DATABASE_URL": app_url,
            "CAIRN_BASE_URL": self.settings.base_url,
            "CAIRN_KEYS_DIR": str(self.settings.keys_dir),
            "CAIRN_CHECKPOINT_FILE": str(FOLDER.absolute() / "checkpoints.txt"),
            "CAIRN_SEAL_SECONDS": str(SEAL_SECONDS),
            "CAIRN_STORAGE_URL": (FOLDER.absolute() / "attachments").as_uri(),
            "CAIRN_ADDRESS_REQUESTS_PER_MINUTE": "6000000",
            "CAIRN_ACCOUNT_REQUESTS_PER_MINUTE": "6000000",
        }
        (FOLDER / "checkpoints.txt").unlink(missing_ok=True)
        self.sealer_cpu = 0.0

    def run(self) -> str:
        """Serve, load each mode in turn, and tell."""
        rows = Rows(self.owner_url)
        calls = rows.raises()
        crowds = {
            "200 schools": calls,
            "one school": [one for one in calls if one.person.school_id == rows.large],
        }
        command = ["-c", CAIRN, "serve", "--port", str(self.port)]
        self._seal_what_there_is()
        served = serving("trail", command, self.port, self.environment)
        with self._sealer() as sealer, served as pid:
            target = Target(self.port, pid, self.postmaster)
            found = {
                name: self._compare(name, target, crowd, sealer) for name, crowd in crowds.items()
            }
        return self._report(found)

    def _seal_what_there_is(self) -> None:
        """The seed's own entries, so that a round begins with nothing to catch up on."""
        command = [sys.executable, "-c", CAIRN, "audit", "seal"]
        subprocess.run(command, env={**os.environ, **self.environment}, check=True)

    def _compare(
        self, name: str, target: Target, calls: list[Call], sealer: "subprocess.Popen[bytes]"
    ) -> dict[str, list[Round]]:
        file = FOLDER / "trail.requests"
        Writer(self.settings, self.port, self.port).write("app", calls, file)
        load(target, file, self.asked.connections, WARM_SECONDS)
        rounds: dict[str, list[Round]] = {mode: [] for mode in MODES}
        for number in range(self.asked.rounds):
            for mode in itertools.islice(itertools.cycle(MODES), number, number + len(MODES)):
                with self._mode(mode, sealer):
                    one = load(target, file, self.asked.connections, self.asked.seconds)
                rounds[mode].append(one)
                say(f"{name}, {mode}: {one.rate:.0f} req/s, p50 {one.p50:.1f}, p99 {one.p99:.1f}")
        return rounds

    @contextmanager
    def _mode(self, mode: str, sealer: "subprocess.Popen[bytes]") -> Iterator[None]:
        self._sql(*(OFF if mode == "off" else ()), "checkpoint")
        try:
            if mode == "sealed":
                with self._let_go(sealer):
                    yield
            else:
                yield
        finally:
            self._sql(*ON)

    @contextmanager
    def _sealer(self) -> Iterator["subprocess.Popen[bytes]"]:
        """A sealer that has looked at every school once, and stands still until it is let go."""
        command = [sys.executable, "-c", SEALING]
        with subprocess.Popen(command, env={**os.environ, **self.environment}) as process:
            try:
                time.sleep(START_SECONDS)
                process.send_signal(signal.SIGSTOP)
                yield process
            finally:
                process.kill()

    @contextmanager
    def _let_go(self, sealer: "subprocess.Popen[bytes]") -> Iterator[None]:
        begun = cpu_seconds(sealer.pid)
        sealer.send_signal(signal.SIGCONT)
        try:
            yield
        finally:
            sealer.send_signal(signal.SIGSTOP)
            self.sealer_cpu += cpu_seconds(sealer.pid) - begun

    def _sql(self, *statements: str) -> None:
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def _counts(self) -> tuple[int, int, int]:
        """Entries, leaves and checkpoints at the end."""
        with psycopg.connect(self.owner_url) as connection:
            row = connection.execute(
                "select (select count(*) from trail), (select count(*) from trail_leaf), "
                "(select count(*) from trail_checkpoint)"
            ).fetchone()
        assert row is not None
        return row[0], row[1], row[2]

    def _report(self, found: dict[str, dict[str, list[Round]]]) -> str:
        entries, leaves, checkpoints = self._counts()
        asked = self.asked
        lines = [
            HEADING, "",
            "Made by `python -m bench trail`. Raising a concern with no entry written, with the "
            "trail, and with", "the trail while a sealer beside it looks every five seconds.", "",
            f"- When: {clock.now():%Y-%m-%d %H:%M} UTC",
            f"- Load: {asked.connections} connections, {asked.rounds} rounds of {asked.seconds} s "
            "each, interleaved; server, database, sealer and load share two cores",
            f"- At the end {entries:,} entries, of which {leaves:,} were sealed in {checkpoints:,} "
            f"checkpoints; the sealer used {self.sealer_cpu:.1f} s of CPU itself", "",
            "| | trail | req/s | beside on | p50 ms | p99 ms | database CPU s per 1,000 |",
            "|---|---|---|---|---|---|---|",
        ]  # fmt: skip
        for name, rounds in found.items():
            for mode in MODES:
                rates = [one.rate for one in rounds[mode]]
                pairs = zip(rounds[mode], rounds["on"], strict=True)
                ratio = median(one.rate / other.rate for one, other in pairs)
                lines.append(
                    f"| {name} | {mode} | {median(rates):.0f} ({min(rates):.0f} to "
                    f"{max(rates):.0f}) | {ratio:.2f} | {_middle(rounds[mode], 'p50'):.1f} | "
                    f"{_middle(rounds[mode], 'p99'):.1f} | "
                    f"{_middle(rounds[mode], 'database_cpu'):.2f} |"
                )
        return "\n".join(lines) + "\n"


def _middle(rounds: list[Round], figure: str) -> float:
    return median(one.figure(figure) for one in rounds)
