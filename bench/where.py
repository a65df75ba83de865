"""Says where the server's time goes, by sampling it under load with py-spy where that is there."""

import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

SECONDS = 6
SHOWN = 9
MISSING = "Not sampled: put py-spy on the PATH (or name it in PY_SPY) and run `make bench` again."
PLACE = re.compile(r"\(([^()]*?)(?::\d+)?\)$")


def sampler() -> str | None:
    """The path of py-spy, if there is one."""
    return os.environ.get("PY_SPY") or shutil.which("py-spy")


def shares(pid: int, under_load: Callable[[], object]) -> str:
    """One line: the packages whose own code the samples were in, with their share."""
    with tempfile.NamedTemporaryFile(suffix=".txt") as raw:
        command = [str(sampler()), "record", "--pid", str(pid), "--duration", str(SECONDS),
                   "--rate", "250", "--format", "raw", "--output", raw.name]  # fmt: skip
        watching = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        under_load()
        _, said = watching.communicate(timeout=60)
        if watching.returncode:
            return f"py-spy failed: {said.decode(errors='replace').strip()[-200:]}"
        return _told(Path(raw.name).read_text())


def _told(raw: str) -> str:
    owners: Counter[str] = Counter()
    for line in raw.splitlines():
        stack, _, number = line.rpartition(" ")
        owners[_owner(stack.rsplit(";", 1)[-1])] += int(number)
    total = owners.total() or 1
    return ", ".join(f"{name} {part / total:.0%}" for name, part in owners.most_common(SHOWN))


def _owner(frame: str) -> str:
    """The package of a frame such as `execute (sqlalchemy/engine/base.py:1415)`."""
    found = PLACE.search(frame)
    path = found[1] if found else frame
    if "site-packages/" in path:
        path = path.rpartition("site-packages/")[2]
    first, *rest = path.split("/")
    if first == "app" and rest:
        return "/".join(["app", *rest[:1]])
    return first if rest else f"Python ({first.removesuffix('.py')})"
