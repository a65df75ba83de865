"""Says what was measured: ratios to the twin first, beside the goals; absolute figures after."""

import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version

from app.core import clock
from bench.build import Size
from bench.measure import Comparison, tool

VERSIONS = ("fastapi", "starlette", "uvicorn", "sqlalchemy", "asyncpg", "pydantic", "orjson")


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal for one operation; `more` says whether a larger ratio is better."""

    operation: str
    figure: str
    title: str
    floor: float
    stretch: float
    more: bool

    def judged(self, ratio: float) -> str:
        """How the ratio stands beside the goal."""
        sign = 1 if self.more else -1
        if sign * ratio >= sign * self.stretch:
            return "stretch met"
        return "floor met" if sign * ratio >= sign * self.floor else "**not met**"


GOALS = (
    Goal("list", "rate", "list: share of the twin's rate", 0.55, 0.62, True),
    Goal("list", "cpu", "list: CPU of server and database, multiple", 2.3, 1.5, False),
    Goal("list", "p99", "list: p99, multiple", 4, 2, False),
    Goal("chronology", "rate", "chronology: share of the twin's rate", 0.50, 0.58, True),
    Goal("raise", "rate", "raise: share of the twin's rate", 0.45, 0.52, True),
    Goal("raise", "p99", "raise: p99, multiple", 4, 2, False),
)
MOST_MIB = 160
"""What the server may hold after the load."""


def report(
    compared: Mapping[str, Comparison],
    circumstances: Mapping[str, str],
    profile: str,
    memory: float,
) -> str:
    """The whole of `RESULTS.md`."""
    lines = [
        "# What Cairn costs beside the bare work",
        "",
        "Made by `make bench`; the twin (`bench/twin.py`) reads and writes the same rows without",
        "sign-in, checks, log or description. Ratios are to be trusted, absolute figures are not.",
        "",
        *(f"- {name}: {value}" for name, value in circumstances.items()),
        "",
        "## Beside the goals",
        "",
        "| | measured | floor | stretch | |",
        "|---|---|---|---|---|",
        *_goals(compared),
        of_memory(memory),
        "",
        "## All ratios to the twin",
        "",
        "Median over pairs of neighbouring rounds.",
        "",
        "| | rate | p50 | p95 | p99 | server CPU | database CPU | CPU together |",
        "|---|---|---|---|---|---|---|---|",
        *_ratios(compared),
        "",
        "## Absolute",
        "",
        "Medians over rounds (lowest to highest for the rate); times in ms, CPU in seconds per",
        "1,000 requests.",
        "",
        "| | | req/s | p50 | p95 | p99 | server CPU | database CPU |",
        "|---|---|---|---|---|---|---|---|",
        *_absolute(compared),
        "",
        "## Where the time goes",
        "",
        profile,
        "",
    ]
    return "\n".join(lines)


def _goals(compared: Mapping[str, Comparison]) -> Iterator[str]:
    for goal in GOALS:
        if goal.operation in compared:
            ratio = compared[goal.operation].ratio(goal.figure)
            yield (
                f"| {goal.title} | {ratio:.2f} | {goal.floor:g} | {goal.stretch:g} "
                f"| {goal.judged(ratio)} |"
            )


def of_memory(mib: float) -> str:
    """The server's memory beside its goal: of a shortfall, how large it is."""
    over = round(mib) - MOST_MIB
    judged = f"**not met**: {over} too many" if over > 0 else "floor met"
    return f"| server: memory after the load, MiB | {mib:.0f} | {MOST_MIB} | | {judged} |"


def _ratios(compared: Mapping[str, Comparison]) -> Iterator[str]:
    figures = ("rate", "p50", "p95", "p99", "server_cpu", "database_cpu", "cpu")
    for operation, found in compared.items():
        cells = " | ".join(f"{found.ratio(figure):.2f}" for figure in figures)
        yield f"| {operation} | {cells} |"


def _absolute(compared: Mapping[str, Comparison]) -> Iterator[str]:
    for operation, found in compared.items():
        for target in ("app", "twin"):
            rates = sorted(one.rate for one in found.rounds[target])
            times = " | ".join(
                f"{found.middle(target, name):.1f}" for name in ("p50", "p95", "p99")
            )
            cpu = " | ".join(
                f"{found.middle(target, name):.2f}" for name in ("server_cpu", "database_cpu")
            )
            rate = f"{found.middle(target, 'rate'):.0f} ({rates[0]:.0f} to {rates[-1]:.0f})"
            who = "Cairn" if target == "app" else "twin"
            yield f"| {operation} | {who} | {rate} | {times} | {cpu} |"


def circumstances(server_version: str, size: Size, rounds: str, memory: float) -> dict[str, str]:
    """When, on what and with which versions this was measured."""
    return {
        "When": f"{clock.now():%Y-%m-%d %H:%M} UTC, commit {_commit()}",
        "Machine": f"{os.cpu_count()} cores shared by servers, database and load, "
        f"{platform.system()} {platform.machine()}",
        "Versions": f"Python {platform.python_version()}, PostgreSQL {server_version}, "
        + ", ".join(f"{name} {version(name)}" for name in VERSIONS),
        "Rows": f"{size.schools} schools, one with a fifth of everything, {size.pupils:,} pupils, "
        f"{size.concerns:,} concerns; fully durable",
        "Load": f"{tool()}, {rounds}; one server process each, pool of 8",
        "Memory of the server afterwards": f"{memory:.0f} MiB",
    }


def _commit() -> str:
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "unknown"
