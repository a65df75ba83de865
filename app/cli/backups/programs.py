"""PostgreSQL's own programs for dumps: which of them fit a server, and how they are called."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy.engine import make_url

from app.db.embedded import EmbeddedPostgresError, find_binaries

VERSION = re.compile(r"(\d+)(?:\.\d+)?")
DEBIAN = Path("/usr/lib/postgresql")


class ProgramMissing(Exception):
    """No program that fits is here; the text says which one is needed."""


def find_program(name: str, server: int) -> Path:
    """A program of at least the server's major version. Raises `ProgramMissing`.

    Looked for in the folder that PGBIN names, on PATH, where Debian puts them, and in the wheel
    of the `embedded` extra.
    """
    for path in _candidates(name, server):
        if os.access(path, os.X_OK) and _major(path) >= server:
            return path
    raise ProgramMissing(
        f"no {name} of PostgreSQL {server} or later was found: install the client programs of that "
        "version, or set PGBIN to the folder they are in"
    )


def _candidates(name: str, server: int) -> Iterator[Path]:
    chosen = os.environ.get("PGBIN")
    if chosen:
        yield Path(chosen).absolute() / name
    yield DEBIAN / str(server) / "bin" / name
    which = shutil.which(name)
    if which:
        yield Path(which)
    try:
        yield find_binaries() / name
    except EmbeddedPostgresError:
        return


def _major(path: Path) -> int:
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    match = VERSION.search(version.stdout)
    return int(match[1]) if match else 0


def environment(url: str) -> Mapping[str, str]:
    """What libpq reads of a database, so that no password stands among a program's arguments."""
    parsed = make_url(url)
    host = parsed.query.get("host", parsed.host)
    known = {
        "PGHOST": host, "PGPORT": parsed.port, "PGUSER": parsed.username,
        "PGPASSWORD": parsed.password, "PGDATABASE": parsed.database,
        "PGSSLMODE": parsed.query.get("sslmode"),
        "PGSSLROOTCERT": parsed.query.get("sslrootcert"),
    }  # fmt: skip
    inherited = {
        name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")
    }
    return inherited | {name: str(value) for name, value in known.items() if value is not None}
