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
    """Shares of samples by the package whose own code ran, and by our files that led there."""
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
    own: Counter[str] = Counter()
    under: Counter[str] = Counter()
    for line in raw.splitlines():
        stack, _, number = line.rpartition(" ")
        frames = stack.split(";")
        own[_owner(frames[-1])] += int(number)
        under.update(dict.fromkeys(_our_files(frames), int(number)))
    total = own.total() or 1
    return f"own code: {_ranked(own, total)}; under our files: {_ranked(under, total)}"


def _ranked(shares_of: Counter[str], total: int) -> str:
    return ", ".join(f"{name} {part / total:.0%}" for name, part in shares_of.most_common(SHOWN))


def _path(frame: str) -> str:
    """`sqlalchemy/engine/base.py` of `execute (sqlalchemy/engine/base.py:1415)`."""
    found = PLACE.search(frame)
    path = found[1] if found else frame
    return path.rpartition("site-packages/")[2]


def _our_files(frames: list[str]) -> set[str]:
    paths = (_path(frame) for frame in frames)
    return {path for path in paths if path.startswith("app/") and "/cli/" not in path}


def _owner(frame: str) -> str:
    """The package, and for ours the floor."""
    first, *rest = _path(frame).split("/")
    if first == "app" and rest:
        return f"app/{rest[0]}"
    return first if rest else f"Python ({first.removesuffix('.py')})"
