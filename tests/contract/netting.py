"""Compares what the system does with a checked-in file: a net under a rebuilding.

`make nets` rewrites every file; the diff then shows what changed. See `docs/nets.md`.
"""

import difflib
import os
from pathlib import Path

FOLDER = Path(__file__).with_name("nets")
REWRITES = os.environ.get("CAIRN_REWRITE_NETS") == "1"
SHOWN_LINES = 60
WRITTEN_BY = 18
"""The PostgreSQL that wrote the files: another version plans and prints in its own way."""


def rewritten(file: str, content: str) -> bool:
    """Whether this run rewrites the nets; then the file holds the content."""
    if REWRITES:
        target = FOLDER / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    return REWRITES


def saved(file: str) -> str:
    """The content of a checked-in file; empty where there is none."""
    target = FOLDER / file
    return target.read_text() if target.exists() else ""


def hold(file: str, content: str) -> None:
    """Fail with the diff where content is not that of the checked-in file."""
    if rewritten(file, content):
        return
    diff = [
        *difflib.unified_diff(
            saved(file).splitlines(), content.splitlines(), "checked in", "now", lineterm="", n=2
        )
    ]
    shown = "\n".join(diff[:SHOWN_LINES])
    assert not diff, f"{file} differs in {len(diff)} lines (`make nets` rewrites it):\n{shown}"
