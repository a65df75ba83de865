"""Somebody who does a tutorial: its blocks for the shell, and the program that grows."""

import re
import stat
import sys
from pathlib import Path

from tests.clients.installed import MADE, ROOT, made, ran

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MAKE = 'for target; do grep -q "^$target:" {root}/Makefile || exit 1; done\n'
NPM_ = 'exec node {npm} --offline --no-audit --no-fund "$@"\n'
PYTHON = """
mkdir -p .venv/bin
cp {shims}/pip {shims}/python .venv/bin
"""
PIP = """
exec {uv} pip install --quiet --offline --no-deps --python {python} --target .venv/lib "$2"
"""
RUN = 'PYTHONPATH=.venv/lib exec {python} "$@"\n'


class Reader:
    """Somebody with a page, a checkout, and an empty folder beside it."""

    def __init__(self, page: str, folder: Path) -> None:
        self.blocks: list[tuple[str, str]] = BLOCK.findall((ROOT / "docs" / page).read_text())
        self._folder = folder
        self._shims = folder / "shims"
        self._shims.mkdir()
        checkout = folder / "cairn"
        (checkout / "var").mkdir(parents=True)
        (checkout / "var/clients").symlink_to(made())
        (checkout / ".venv").symlink_to(Path(sys.executable).parents[1])

    def have(self, name: str, script: str, **values: object) -> None:
        """Stand in for a program that would use the network, or serve for ever."""
        shim = self._shims / name
        shim.write_text("#!/bin/sh\n" + script.format(shims=self._shims, **values))
        shim.chmod(shim.stat().st_mode | stat.S_IXUSR)

    def set_up(self) -> Path:
        """Do the blocks for the shell; the folder where they end."""
        self.have("make", MAKE, root=ROOT)
        script = "\n".join(text for language, text in self.blocks if language == "sh")
        path = f"{self._shims}:{MADE / 'bin'}:/usr/bin:/bin"
        done = ran("sh", "-ec", script + "\npwd", folder=self._folder, PATH=path)
        return Path(done.splitlines()[-1])

    def steps(self, language: str, joint: str = "\n") -> list[str]:
        """The program as it is after each step."""
        found = [text for one, text in self.blocks if one == language]
        return [joint.join(found[:number]) for number in range(1, len(found) + 1)]

    def saw(self, printed: str) -> None:
        """Every line that the page shows was printed; the number of a school may be another."""
        lines = {_numbered(line) for line in printed.splitlines()}
        shown = [line for one, text in self.blocks if one == "text" for line in text.splitlines()]
        assert shown
        assert [line for line in shown if _numbered(line) not in lines] == []


def _numbered(line: str) -> str:
    return re.sub(r"^(Harbour Point Academy) \d+", r"\1 1", line)
