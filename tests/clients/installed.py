"""The packed clients, installed into folders of their own as a stranger would."""

import asyncio
import fcntl
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import app
from tests.programs import MOVED, check_presence

ROOT = Path(app.__file__).parents[1]
CLIENTS = ROOT / "clients"
MADE = ROOT / "var/clients"
NPM = Path("lib/node_modules/npm/bin/npm-cli.js")
PAGES = {"readme": "clients/{}/README.md", "page": "docs/clients.md"}
LONGEST_S = 120
"""So long a program may run. The tours say earlier what they wait for."""
BLOCKS = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def made() -> Path:
    """The folder with the archives, made where a source has changed."""
    MADE.mkdir(parents=True, exist_ok=True)
    with (MADE / "lock").open("w") as lock:  # workers of one run wait for each other
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            [sys.executable, CLIENTS / "make.py"], capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    return MADE


def ran(*command: object, folder: Path, **variables: str) -> str:
    """What a program printed. It has to end well."""
    done = started(*command, folder=folder, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def started(*command: object, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """How a program ended."""
    path = f"{MADE / 'bin'}{os.pathsep}{os.environ['PATH']}"
    known = {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8"}
    try:
        return subprocess.run(
            list(map(str, command)), cwd=folder, env={**known, **MOVED, **variables}, text=True,
            capture_output=True, check=False, timeout=LONGEST_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired as late:
        said = "\n".join(str(one) for one in (late.stdout, late.stderr) if one)
        raise AssertionError(f"{command[-1]} ran for {LONGEST_S} s; it said: {said}") from late


def blocks(page: str) -> dict[str, str]:
    """The fenced blocks of a page by their language."""
    return dict(BLOCKS.findall(page))


@dataclass(frozen=True)
class Home:
    """A folder in which a client is installed, and how programs are run there."""

    folder: Path
    interpreter: tuple[str, ...]
    variables: dict[str, str]

    async def run(self, program: str, *words: str, **variables: str) -> str:
        """Run a program that has to end well; what it printed."""
        said = {**self.variables, **variables}
        command = (*self.interpreter, program, *words)
        return await asyncio.to_thread(ran, *command, folder=self.folder, **said)

    async def end(self, program: str, *words: str, **variables: str) -> tuple[int, str]:
        """Run a program that may be killed: how it ended, and what it printed."""
        said = {**self.variables, **variables}
        command = (*self.interpreter, program, *words)
        done = await asyncio.to_thread(started, *command, folder=self.folder, **said)
        return done.returncode, done.stdout + done.stderr


def lay(folder: Path, language: str, fence: str) -> None:
    """Put every program of a language there: those of the tests, and those shown on pages."""
    for program in (CLIENTS / language / "tests").glob("*.*"):
        shutil.copy(program, folder)
    for name, page in PAGES.items():
        text = (ROOT / page.format(language)).read_text("utf-8")
        (folder / f"{name}.{fence[:2]}").write_text(blocks(text)[fence], "utf-8")


def typescript(folder: Path) -> Home:
    """The archive for TypeScript, installed without a registry."""
    (archive,) = made().glob("*.tgz")
    (folder / "package.json").write_text('{"type": "module", "private": true}', "utf-8")
    npm = (MADE / "bin/node").resolve().parents[1] / NPM
    ran("node", npm, "install", "--offline", "--no-audit", "--no-fund", archive, folder=folder)
    lay(folder, "typescript", "ts")
    return Home(folder, ("node", "--expose-gc"), {})


def python(folder: Path) -> Home:
    """The archive for Python, installed without a registry."""
    (archive,) = made().glob("*.whl")
    uv = shutil.which("uv") or shutil.which(str(ROOT / ".tools/bin/uv"))
    check_presence(uv, "uv", "CAIRN_REQUIRE_SCRIPTS")
    place = folder / "installed"
    ran(
        uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", sys.executable,
        "--target", place, archive, folder=folder,
    )  # fmt: skip
    lay(folder, "python", "python")
    return Home(folder, (sys.executable,), {"PYTHONPATH": str(place)})
