"""Seals the trail every few seconds, in every worker: one of them does, the others find it done."""

import asyncio
import contextlib
from collections.abc import Sequence

import structlog

from app.core.settings import Settings
from app.db.session import Database
from app.domain.access.audit_seals.commands import Keys, Pass, Sealer
from app.domain.access.audit_seals.rules import newest_numbers
from app.formats.trail_log.notes import PublicKey
from app.integrations.checkpoint_file import CheckpointFile, Outside
from app.integrations.seal_keys import SealKeyFolder, SealKeys

log = structlog.get_logger()


class Sealing:
    """The sealer of one process with its keys and its file outside the database."""

    def __init__(self, database: Database, keys: SealKeys, outside: Outside) -> None:
        self._database = database
        self._keys = keys
        self._outside = outside
        self._sealer: Sealer | None = None

    async def once(self) -> Pass:
        """One pass over all schools; a key that was rotated meanwhile signs from now on."""
        if self._sealer is None:
            newest = await asyncio.to_thread(lambda: newest_numbers(self._outside.notes()))
            self._sealer = Sealer(self._database, self._put_outside, newest)
        keys = await asyncio.to_thread(self._read_keys)
        return await self._sealer.seal(keys)

    async def _put_outside(self, notes: Sequence[str]) -> None:
        await asyncio.to_thread(self._outside.append, notes)

    def _read_keys(self) -> Keys:
        signer = self._keys.ensure()
        return Keys(
            signer, {key.name: PublicKey(key.name, key.public) for key in self._keys.published()}
        )


def sealing_of(settings: Settings, database: Database) -> Sealing:
    """The sealer as the settings say."""
    return Sealing(
        database, SealKeyFolder(settings.keys_dir), CheckpointFile(settings.checkpoint_file)
    )


async def keep_sealing(stop: asyncio.Event, sealing: Sealing, seconds: float) -> None:
    """Seal until told to stop; a failure is logged and the next pass goes on."""
    while not stop.is_set():
        try:
            _tell(await sealing.once())
        except Exception as error:
            log.error("trail.not_sealed", exc_info=error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


def _tell(done: Pass) -> None:
    for origin in done.refused:
        log.error("trail.checkpoint_refused", origin=origin)
    for origin in done.cut:
        log.error("trail.log_cut", origin=origin)
    for error in done.failed:
        log.error("trail.not_sealed", exc_info=error)
    if done.sealed:
        log.info("trail.sealed", entries=done.sealed, checkpoints=done.checkpoints)
