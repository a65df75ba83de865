"""The figures of a soak: one table for people, one JSON line for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from bench.soak.checks import Finding

HEADING = "# What is left after a soak"


def table(findings: Sequence[Finding], figures: Mapping[str, object]) -> str:
    """Promises first, then figures."""
    lines = ["", f"{'promise':<44}{'tried':>8}{'missed':>8}  "]
    for one in findings:
        mark = "ok" if not one.missed else f"MISSED  {one.example}"
        lines.append(f"{one.promise:<44}{one.tried:>8}{one.missed:>8}  {mark}")
    lines.append("")
    lines += [f"{name:<44}{value!s:>16}" for name, value in figures.items()]
    return "\n".join(lines)


def as_json(findings: Sequence[Finding], figures: Mapping[str, object]) -> str:
    """The same in one line."""
    return json.dumps({"promises": [asdict(one) for one in findings], "figures": dict(figures)})


def closing(findings: Sequence[Finding], summary: str) -> str:
    """The last line: which promises were missed, or that none was."""
    wrong = [one.promise for one in findings if one.missed]
    return f"not kept: {', '.join(wrong)}" if wrong else f"all promises kept: {summary}"


def section(findings: Sequence[Finding], figures: Mapping[str, object], when: str) -> str:
    """The section of RESULTS.md."""
    lines = [
        HEADING, "",
        "Made by `python -m bench.soak --write`, which is `make soak`: PostgreSQL, the API and two",
        "workers as processes, each killed with SIGKILL at random under load, and a ledger of",
        "what clients were told held against the rows.",
        "", f"- When: {when}", "", "| promise | tried | missed |", "|---|---|---|",
        *(f"| {one.promise} | {one.tried} | {one.missed} |" for one in findings), "",
        "| figure | |", "|---|---|",
        *(f"| {name} | {value} |" for name, value in figures.items()),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def write(results: Path, text: str) -> None:
    """Put the section in the place of an older one, or at the end."""
    before, _, old = results.read_text().partition(HEADING)
    after = old.partition("\n# ")[2]
    kept = f"\n# {after}" if after else ""
    results.write_text(f"{before.rstrip()}\n\n{text}{kept}")


def quantile(values: Sequence[float], part: float) -> float:
    """A quantile of some seconds, rounded; 0 where there are none."""
    listed = sorted(values)
    return round(listed[min(len(listed) - 1, int(len(listed) * part))], 2) if listed else 0.0
