"""Interleaved rounds of load on two servers, with the CPU time each of them used."""

import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.processes import cpu_seconds

SCRIPT = Path(__file__).with_name("load.lua")
TARGETS = ("app", "twin")


@dataclass(frozen=True, slots=True)
class Target:
    """A server under load: its port, its process and that of its database."""

    port: int
    pid: int
    database_pid: int


@dataclass(frozen=True, slots=True)
class Round:
    """What one round showed; times in milliseconds, CPU in seconds per 1,000 requests."""

    rate: float
    p50: float
    p95: float
    p99: float
    server_cpu: float
    database_cpu: float

    def figure(self, name: str) -> float:
        """One of them by its name."""
        return float(getattr(self, name))

    @property
    def cpu(self) -> float:
        """Of server and database together."""
        return self.server_cpu + self.database_cpu


def tool() -> str:
    """The load generator that is used here."""
    return "wrk" if shutil.which("wrk") else "bench/client.py"


def load(target: Target, requests: Path, connections: int, seconds: float) -> Round:
    """One round. Stops the benchmark at the first answer that is not a success."""
    server, database = cpu_seconds(target.pid), cpu_seconds(target.database_pid)
    done = subprocess.run(
        _command(target.port, requests, connections, seconds),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    server = cpu_seconds(target.pid) - server
    database = cpu_seconds(target.database_pid) - database
    found = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if done.returncode or not found:
        raise SystemExit(f"the load generator failed: {done.stderr.strip()[-500:]}")
    said = json.loads(found[0].removeprefix("RESULT "))
    if said["failed"] or not said["requests"]:
        raise SystemExit(
            f"{said['failed']} of {said['requests']} requests of {requests.name} failed: "
            "figures of a server that refuses are worth nothing"
        )
    thousands = said["requests"] / 1000
    return Round(
        rate=said["requests"] / said["seconds"],
        p50=said["p50"], p95=said["p95"], p99=said["p99"],
        server_cpu=server / thousands, database_cpu=database / thousands,
    )  # fmt: skip


def _command(port: int, requests: Path, connections: int, seconds: float) -> list[str]:
    mark = secrets.token_hex(6)
    if wrk := shutil.which("wrk"):
        return [
            wrk, "-t", "1", "-c", str(connections), "-d", f"{max(1, round(seconds))}s",
            "-s", str(SCRIPT), f"http://127.0.0.1:{port}/", "--", str(requests), mark,
        ]  # fmt: skip
    ours = [str(port), str(requests), mark, str(connections), str(seconds)]
    return [sys.executable, "-m", "bench.client", *ours]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All rounds of one operation; a ratio is the median over pairs of neighbouring rounds."""

    rounds: dict[str, Sequence[Round]]

    def middle(self, target: str, figure: str) -> float:
        """The median of a figure over the rounds of one server."""
        return median(one.figure(figure) for one in self.rounds[target])

    def ratio(self, figure: str) -> float:
        """Ours over the twin's."""
        pairs = zip(self.rounds["app"], self.rounds["twin"], strict=True)
        return median(ours.figure(figure) / twins.figure(figure) for ours, twins in pairs)
