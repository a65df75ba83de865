"""Base backups: the folder of a whole server in the encrypted file, and that folder again."""

import io
import os
import pwd
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from app.cli.backups.facts import connect
from app.cli.backups.making import BASE
from app.cli.backups.programs import find_program
from app.cli.backups.restoring import HELD, hold, members
from app.cli.failures import CommandFailed
from app.db.embedded import (
    RunningServer,
    find_binaries,
    reachable_binaries,
    run_bare,
    server_account,
    version_of,
)
from app.db.embedded_files import own_folder, write_file

START_SECONDS: Final = 600
ALONE: Final = (
    "listen_addresses=", "archive_mode=off", "ssl=off", "shared_preload_libraries=",
    "primary_conninfo=", "restore_command=", "port=5432",
)  # fmt: skip
"""Settings of the server that was saved which must not count while we look at its copy."""
Account = pwd.struct_passwd | None


def unpack_base(path: Path, content: bytes, manifest: dict[str, Any], data: Path) -> Account:
    """Unpack a base backup into an empty folder, and prove every file; whose folder it is.

    Root cannot run PostgreSQL: its folder has to belong to the account that will. Raises
    `CommandFailed`.
    """
    account = _owner_of(data)
    if any(data.iterdir()):
        raise CommandFailed(f"{data} is not empty: a base backup is restored into an empty folder")
    for _, pieces in members(path, content, BASE):
        with tarfile.open(fileobj=io.BufferedReader(_Stream(pieces)), mode="r|") as archive:
            archive.extractall(data, filter="data")
    _give(data, account)
    verify = find_program("pg_verifybackup", manifest["server"])
    programs = reachable_binaries(verify.parent, account, lambda _: None)
    proved = run_bare([str(programs / verify.name), "--quiet", str(data)], account)
    if proved.returncode:
        raise CommandFailed(f"the base backup is not whole: {proved.stderr.strip()[:300]}")
    return account


@contextmanager
def started_alone(
    data: Path, account: Account, manifest: dict[str, Any]
) -> Iterator[RunningServer]:
    """A restored server that only we can reach, until the block ends. Raises `CommandFailed`."""
    binaries = reachable_binaries(find_binaries(), account, lambda _: None)
    if int(version_of(binaries).partition(".")[0]) != manifest["server"]:
        raise CommandFailed(
            f"the backup is of PostgreSQL {manifest['server']}: set PGBIN to the folder with "
            "postgres and pg_ctl of that version"
        )
    with tempfile.TemporaryDirectory(prefix="cairn-base-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        own_folder(folder / "run", account)
        write_file(folder / "hba.conf", "local all all trust\n", 0o644, None)
        write_file(folder / "settings.conf", "", 0o644, None)
        chosen = (
            f"config_file={folder / 'settings.conf'}", f"hba_file={folder / 'hba.conf'}",
            f"unix_socket_directories={folder / 'run'}", *ALONE,
        )  # fmt: skip
        options = " ".join(f"-c {item}" for item in chosen)
        control = [str(binaries / "pg_ctl"), "-D", str(data), "-w", "-t", str(START_SECONDS), "-s"]
        log = folder / "run" / "log"
        if run_bare([*control, "-l", str(log), "-o", options, "start"], account).returncode:
            raise CommandFailed(f"the restored server does not start: {log.read_text()[-500:]}")
        try:
            yield RunningServer(data, folder / "run", "none")
        finally:
            run_bare([*control, "-m", "fast", "stop"], account)


def hold_base(server: RunningServer, manifest: dict[str, Any]) -> None:
    """Hold every session and all work of a restored server."""
    with connect(
        server.url(manifest["owner"], "none", manifest["database"]), autocommit=True
    ) as it:
        hold(it, f"{HELD} of {manifest['made_at']}")


@contextmanager
def scratch_base(path: Path, content: bytes, manifest: dict[str, Any]) -> Iterator[RunningServer]:
    """A base backup restored and started in a folder that is deleted again."""
    account = server_account()
    with tempfile.TemporaryDirectory(prefix="cairn-base-") as name:
        Path(name).chmod(0o711)
        data = Path(name) / "data"
        own_folder(data, account)
        unpack_base(path, content, manifest, data)
        with started_alone(data, account, manifest) as server:
            yield server


def _owner_of(data: Path) -> Account:
    if not data.is_dir():
        raise CommandFailed(f"{data} is not a folder: make it for the account of PostgreSQL first")
    owner = data.stat().st_uid
    if owner == os.geteuid() != 0:
        return None
    if owner == 0 or os.geteuid() != 0:
        raise CommandFailed(f"{data} has to belong to the account that PostgreSQL runs as")
    return pwd.getpwuid(owner)


def _give(data: Path, account: Account) -> None:
    """Close the folder to others, and give all in it to the account."""
    data.chmod(0o700)
    if account is not None:
        for path in data.rglob("*"):
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


class _Stream(io.RawIOBase):
    """Pieces of bytes as a file to read once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, target: Any) -> int:
        """Some bytes; none at the end."""
        self._rest = self._rest or next(self._pieces, b"")
        taken = self._rest[: len(target)]
        target[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)
