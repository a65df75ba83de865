"""Writes everything of one school: its rows, its files, its trail with seals and public keys."""

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from joserfc.jwk import ECKey

from app.cli.failures import CommandFailed
from app.core import clock
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import Actor, AuditEvent
from app.db.models import Organisation
from app.db.school_rows import one_moment
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.access.child_searches.commands import end_searches
from app.formats.backups import CHUNK, CONTENT_KEY_BYTES, SCHOOL, BackupWriter
from app.formats.school_files import FolderTarget, SchoolWriter, Target
from app.integrations.storage import storage_from_url
from app.jobs.school_writing import Writing
from app.jobs.sealing import sealing_of


@dataclass(frozen=True, slots=True)
class ExportCommand:
    """What is to be written where, and why. Without `key` it is a folder that anybody can read."""

    school_id: UUID | None
    """None where a service key is for one school."""
    target: Path
    key: ECKey | None
    reason: str
    adults: ECKey | None = None
    """Who gets the register of concerns about adults, in a file of its own; None leaves it here."""
    without_adults: bool = False

    @property
    def adults_target(self) -> Path:
        """Where that register goes."""
        return self.target.with_name(f"{self.target.name}.adults")


def check_free(command: ExportCommand) -> None:
    """Raise `CommandFailed` where something is there already."""
    for path in (command.target, command.adults_target):
        if path.exists():
            raise CommandFailed(f"{path} exists; an export never overwrites anything")


async def export_school(settings: Settings, command: ExportCommand) -> dict[str, Any]:
    """Write the school into a new folder, or encrypted into a new file; its manifest.

    The trail says so first. Nothing is left where it fails. Raises `CommandFailed`.
    """
    school_id = command.school_id
    if school_id is None:
        raise CommandFailed("there is no school with this id")
    await _tell_trail(settings, command, school_id)
    made: list[tuple[Path, Path]] = []
    try:
        with one_moment(settings.database_url.get_secret_value(), school_id) as connection:
            storage = storage_from_url(settings.storage_url)
            writing = Writing(settings, storage, school_id, connection)
            with _target(command.target, command.key, made) as target:
                await _whole(writing.record(SchoolWriter(target)))
            if command.adults is not None:
                with _target(command.adults_target, command.adults, made) as target:
                    await _whole(writing.adults(SchoolWriter(target)))
        for unfinished, path in made:
            unfinished.rename(path)
    except BaseException:
        for unfinished, _ in made:
            _remove(unfinished)
        raise
    return writing.manifest


async def _whole(steps: AsyncIterator[None]) -> None:
    async for _ in steps:
        pass


async def _tell_trail(settings: Settings, command: ExportCommand, school_id: UUID) -> None:
    """Say it in the trail, and seal what there is, so that what leaves can be proved."""
    database = Database(settings.database_url.get_secret_value(), pool=2)
    try:
        async with open_work(database, Actor.system(school_id)) as work:
            organisation = await work.session.get(Organisation, school_id)
            if organisation is None or organisation.kind != "school":
                raise CommandFailed("there is no school with this id")
            await end_searches(work, every=True)
            work.record(
                AuditEvent.SCHOOL_EXPORTED, "school", school_id, reason=command.reason,
                details={"encrypted": command.key is not None,
                "adults": command.adults is not None},
            )  # fmt: skip
        await sealing_of(settings, database).once()
    finally:
        await database.close()


@contextmanager
def _target(path: Path, key: ECKey | None, made: list[tuple[Path, Path]]) -> Iterator[Target]:
    unfinished = path.with_name(f".{path.name}.part")
    made.append((unfinished, path))
    if key is None:
        with closing(FolderTarget(unfinished)) as folder:
            yield folder
        return
    number = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb", buffering=CHUNK) as stream:
        content = secrets.token_bytes(CONTENT_KEY_BYTES)
        made_at = clock.now().isoformat()
        yield BackupWriter(stream, str(new_id()), made_at, key, content, SCHOOL)
        stream.flush()
        os.fsync(stream.fileno())


def _remove(path: Path) -> None:
    if path.is_dir():
        for item in sorted(path.rglob("*"), reverse=True):
            item.rmdir() if item.is_dir() else item.unlink()
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
