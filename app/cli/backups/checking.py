"""Holds a backup against what it says, by restoring it where nobody can reach it."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from app.cli.backups.base import scratch_base
from app.cli.backups.facts import connect
from app.cli.backups.making import CHECKPOINTS, SEALS
from app.cli.backups.restoring import check_file, members, restore_database
from app.db.embedded import ephemeral
from app.db.session import Database
from app.domain.access.audit_seals.queries import check_database
from app.domain.access.audit_seals.rules import known_outside
from app.formats.trail_log.checking import Finding, Wrong
from app.formats.trail_log.notes import PublicKey
from app.integrations.checkpoint_file import CheckpointFile
from app.integrations.seal_keys import FOLDER, SealKeyFolder

SCRATCH = "cairn_scratch"


async def check_backup(path: Path, content: bytes) -> tuple[dict[str, Any], list[Finding]]:
    """Prove a backup: every byte, every table's count, and the trail.

    Answers its manifest, and what is wrong with the trail.

    It is restored into a server of its own that is deleted again. Raises `CommandFailed` and
    `BackupRefused`.
    """
    manifest = check_file(path, content)
    scratch = _scratch_base if "base" in manifest else _scratch_rows
    with (
        scratch(path, content, manifest) as plain,
        tempfile.TemporaryDirectory(prefix="cairn-check-") as folder,
    ):
        keys, outside = _kept_with(path, content, Path(folder))
        return manifest, await faults_of_trail(plain, keys, outside)


@contextmanager
def _scratch_rows(path: Path, content: bytes, manifest: dict[str, Any]) -> Iterator[str]:
    """Rows restored into a new server: its superuser's URL."""
    with ephemeral() as server:
        with connect(server.admin_url, autocommit=True) as connection:
            connection.execute(f"create database {SCRATCH}")
        url = make_url(server.admin_url).set(database=SCRATCH)
        plain = url.render_as_string(hide_password=False)
        restore_database(path, content, manifest, plain, "a check")
        yield plain


@contextmanager
def _scratch_base(path: Path, content: bytes, manifest: dict[str, Any]) -> Iterator[str]:
    """A base backup started: its superuser's URL."""
    with scratch_base(path, content, manifest) as server:
        yield server.url(manifest["superuser"], "none", manifest["database"])


def _kept_with(
    path: Path, content: bytes, folder: Path
) -> tuple[dict[str, PublicKey], dict[str, Any]]:
    """The public keys and the checkpoints that lie in a backup."""
    seals = folder / FOLDER
    seals.mkdir(mode=0o700)
    for name, pieces in members(path, content, SEALS):
        (seals / Path(name).name).write_bytes(b"".join(pieces))
    keys = public_keys(folder)
    file = folder / CHECKPOINTS
    for _, pieces in members(path, content, CHECKPOINTS):
        file.write_bytes(b"".join(pieces))
    return keys, outside_of(file, keys)


def public_keys(keys_dir: Path) -> dict[str, PublicKey]:
    """Every public sealing key of a folder, by name."""
    published = SealKeyFolder(keys_dir).published()
    return {key.name: PublicKey(key.name, key.public) for key in published}


def outside_of(file: Path, keys: Mapping[str, PublicKey]) -> dict[str, Any]:
    """What a file of checkpoints says, by log."""
    return known_outside(CheckpointFile(file).notes(), keys)[0] if file.exists() else {}


async def faults_of_trail(
    url: str, keys: Mapping[str, PublicKey], outside: Mapping[str, Any]
) -> list[Finding]:
    """What is wrong with trail and record of a restored copy.

    What had not been sealed yet when the backup was made is no fault of it. What was wrong at the
    source is wrong in the copy, too: it is saved all the same, and told.
    """
    database = Database(url, pool=2)
    try:
        return [
            finding
            async for checked in check_database(database, keys, outside)
            for finding in checked.check.findings
            if finding.wrong is not Wrong.UNSEALED
        ]
    finally:
        await database.close()
