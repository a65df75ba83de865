"""`python -m bench`: build once, serve both, load both in turn, write `bench/RESULTS.md`."""

import argparse
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psycopg
from pydantic import SecretStr

from app.core.settings import Settings
from app.db.embedded import RunningServer
from bench import build, streams, trail, where
from bench.measure import TARGETS, Comparison, Round, Target, load
from bench.plans import measuring as plans
from bench.processes import free_port, memory_mib, serving
from bench.report import circumstances, report
from bench.requests import Call, Rows, Writer

RESULTS = Path(__file__).with_name("RESULTS.md")
FOLDER = Path("var/bench")
OPERATIONS = ("list", "chronology", "raise")
CAIRN = "from app.cli import main; main()"
WARM_SECONDS = 3


def arguments() -> argparse.Namespace:
    """What can be chosen."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--scale", type=int, default=1, help="times as many pupils and concerns")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each server (3)")
    parser.add_argument("--seconds", type=float, default=10, help="length of a round (10)")
    parser.add_argument("--connections", type=int, default=16, help="requests at a time (16)")
    parser.add_argument("--only", choices=OPERATIONS, action="append", help="leave out the others")
    parser.add_argument("--tiny", action="store_true", help="a few rows, to see that it runs")
    parser.add_argument("--print-only", action="store_true", help="do not write RESULTS.md")
    return parser.parse_args()


def size_of(asked: argparse.Namespace) -> build.Size:
    """How many rows there are to be."""
    return (build.TINY if asked.tiny else build.FULL).times(asked.scale)


def say(line: str) -> None:
    """Show progress."""
    print(f"  {line}", flush=True)


def main() -> None:
    """Measure and report."""
    asked = arguments()
    FOLDER.mkdir(parents=True, exist_ok=True)
    server = build.start_server(say)
    try:
        build.fresh_copy(server, size_of(asked), say)
        text = Bench(asked, server).run()
    finally:
        server.stop()
    print(text)
    if not asked.print_only:
        RESULTS.write_text(text + streams.section_of(RESULTS) + trail.section_of(RESULTS))


class Bench:
    """One run."""

    def __init__(self, asked: argparse.Namespace, server: RunningServer) -> None:
        self.asked = asked
        self.server = server
        self.owner_url = build.owner_url(server)
        self.ports = {target: free_port() for target in TARGETS}
        self.settings = Settings(
            database_url=SecretStr(build.app_url(server)),
            base_url=f"http://127.0.0.1:{self.ports['app']}",
            keys_dir=FOLDER.absolute() / "keys",
        )
        self.writer = Writer(self.settings, self.ports["app"], self.ports["twin"])
        rows = Rows(self.owner_url)
        prepare = {"list": rows.lists, "chronology": rows.chronologies, "raise": rows.raises}
        self.calls = {name: prepare[name]() for name in OPERATIONS if name in self.chosen}

    @property
    def chosen(self) -> tuple[str, ...]:
        """The operations to measure."""
        return tuple(self.asked.only or OPERATIONS)

    def run(self) -> str:
        """Serve both, measure every operation, and tell."""
        postmaster = int((self.server.directory / "data/postmaster.pid").read_text().split()[0])
        with ExitStack() as stack:
            targets = {
                target: Target(
                    port, stack.enter_context(serving(target, command, port, environment)),
                    postmaster,
                )
                for target, (port, command, environment) in self._commands().items()
            }  # fmt: skip
            compared = {name: self._compare(name, targets) for name in self.calls}
            profile = self._profile(targets["app"])
            memory = memory_mib(targets["app"].pid)
        with psycopg.connect(self.owner_url) as connection:
            version = connection.execute("show server_version").fetchone()
        asked = self.asked
        rounds = (
            f"{asked.connections} connections, {asked.rounds} rounds of {asked.seconds:g} s each, "
            "interleaved"
        )
        about = circumstances(str(version and version[0]), size_of(asked), rounds, memory)
        return report(compared, about, profile, memory)

    def _commands(self) -> dict[str, tuple[int, list[str], Mapping[str, str]]]:
        settings = self.settings
        ours = {
            "CAIRN_DATABASE_URL": settings.database_url.get_secret_value(),
            "CAIRN_BASE_URL": settings.base_url,
            "CAIRN_KEYS_DIR": str(settings.keys_dir),
            "CAIRN_STORAGE_URL": (FOLDER.absolute() / "attachments").as_uri(),
            # on, but out of reach: their cost is measured with the rest
            "CAIRN_ADDRESS_REQUESTS_PER_MINUTE": "6000000",
            "CAIRN_ACCOUNT_REQUESTS_PER_MINUTE": "6000000",
        }
        app, twin = self.ports["app"], self.ports["twin"]
        uvicorn = ["-m", "uvicorn", "bench.twin:app", "--port", str(twin), "--no-access-log",
                   "--loop", "uvloop", "--http", "httptools", "--no-server-header",
                   "--log-level", "warning"]  # fmt: skip
        return {
            "app": (app, ["-c", CAIRN, "serve", "--port", str(app)], ours),
            "twin": (twin, uvicorn, {"TWIN_DATABASE_URL": build.app_url(self.server)}),
        }

    def _compare(self, name: str, targets: Mapping[str, Target]) -> Comparison:
        calls = self.calls[name]
        for number, call in enumerate(calls[:5]):
            self.writer.check_same(name, call, f"same-{os.getpid()}-{number}")
        files = self._write(name, calls)
        for target in TARGETS:
            warm = min(WARM_SECONDS, self.asked.seconds)
            load(targets[target], files[target], self.asked.connections, warm)
        rounds: dict[str, list[Round]] = {target: [] for target in TARGETS}
        for number in range(self.asked.rounds):
            for target in TARGETS if number % 2 == 0 else reversed(TARGETS):
                self._settle()
                one = load(
                    targets[target], files[target], self.asked.connections, self.asked.seconds
                )
                rounds[target].append(one)
                say(f"{name} {target}: {one.rate:.0f} req/s, p99 {one.p99:.1f} ms, "
                    f"CPU {one.server_cpu:.2f} + {one.database_cpu:.2f}")  # fmt: skip
        return Comparison({target: tuple(found) for target, found in rounds.items()})

    def _write(self, name: str, calls: list[Call]) -> dict[str, Path]:
        files = {target: FOLDER / f"{name}-{target}.requests" for target in TARGETS}
        for target, path in files.items():
            self.writer.write(target, calls, path)
        return files

    def _settle(self) -> None:
        """Each round begins with nothing left to write, and with what autovacuum knows in a school.

        Rows come here a thousand times faster than there. A table that was small at its last look
        is read by any of its keys, and a plan made then is kept for the whole round.
        """
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            connection.execute("checkpoint")
            connection.execute("analyze")

    def _profile(self, target: Target) -> str:
        if where.sampler() is None:
            return where.MISSING
        lines = ["Share of samples of the server process under load:", ""]
        for name, calls in self.calls.items():
            file = self._write(name, calls)["app"]
            under_load = partial(load, target, file, self.asked.connections, where.SECONDS + 2)
            shown = where.shares(target.pid, under_load)
            lines.append(f"- {name}: {shown}.")
        return "\n".join(lines)


if __name__ == "__main__":
    parts = {"trail": trail.main, "streams": streams.main, "plans": plans.main}
    if sys.argv[1:2] and sys.argv[1] in parts:
        parts[sys.argv[1]](sys.argv[2:])
    else:
        main()
