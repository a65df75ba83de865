"""Writes everything of one school, step by step: rows, files, trail with seals and public keys.

Each step writes a bounded amount, so that a worker can send on what was written and forget it, and
nothing but the reading transaction is held. That one has no number of its own: no event waits.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from app.core import clock
from app.core.settings import Settings
from app.core.vocabularies import VOCABULARIES
from app.db import school_rows
from app.db.row_trace import SECRETS
from app.db.school_rows import ADULTS, Connection, Leaving
from app.formats import school_files
from app.formats.school_files import SchoolWriter
from app.integrations.seal_keys import FOLDER
from app.integrations.storage import Storage

LINES: Final = 500
STAYS: Final = "exports"
"""The folder of what was exported before: it does not leave once more."""


class Writing:
    """One school being written; `done` of `total` members are."""

    def __init__(
        self, settings: Settings, storage: Storage, school_id: UUID, connection: Connection
    ) -> None:
        self._settings, self._storage = settings, storage
        self._school_id, self._connection = school_id, connection
        self.done = self.total = 0
        self.manifest: dict[str, Any] = {}

    async def record(self, writer: SchoolWriter) -> AsyncIterator[None]:
        """Everything but the register of concerns about adults."""
        tables = [item for item in school_rows.leaving() if item.part != ADULTS]
        stored = self._storage.keys()
        files = sorted([key async for key in stored if self._leaves(key)])
        self.total = len(tables) + len(files)
        writer.write(school_files.README, [school_files.READ_ME.encode()])
        vocabularies = {name: asdict(item) for name, item in VOCABULARIES.items()}
        text = json.dumps(vocabularies, default=_plain, ensure_ascii=False, indent=1)
        writer.write(school_files.VOCABULARIES, [text.encode()])
        async for _ in self._rows(tables, writer):
            yield
        for path in sorted((self._settings.keys_dir / FOLDER).glob("*.pub")):
            writer.write(school_files.KEYS + path.name, [path.read_bytes()])
        for key in files:
            put = writer.begin(school_files.FILES + key)
            async for piece in await self._storage.get(key):
                put(piece)
                yield
            self.done += 1
        self.manifest = writer.end(self._about())
        yield

    async def adults(self, writer: SchoolWriter) -> AsyncIterator[None]:
        """The register of concerns about adults, with its log."""
        tables = [item for item in school_rows.leaving() if item.part == ADULTS]
        async for _ in self._rows(tables, writer):
            yield
        writer.end(self._about())
        yield

    def _leaves(self, key: str) -> bool:
        parts = key.split("/")
        return str(self._school_id) in parts and parts[0] != STAYS

    async def _rows(self, tables: list[Leaving], writer: SchoolWriter) -> AsyncIterator[None]:
        for table in tables:
            schema = json.dumps(school_rows.schema(table.table), indent=1)
            writer.write(f"{school_files.SCHEMAS}{table.table}.json", [schema.encode()])
            put = writer.begin(table.member)
            async for piece in self._lines(table):
                put(piece)
                yield
            self.done += 1

    async def _lines(self, leaving: Leaving) -> AsyncIterator[bytes]:
        with self._connection.cursor(name=f"leaving_{leaving.table}") as cursor:
            cursor.itersize = LINES
            statement, values = (
                school_rows.select_leaving(leaving).encode(),
                {"school": self._school_id},
            )
            await asyncio.to_thread(cursor.execute, statement, values)
            while rows := await asyncio.to_thread(cursor.fetchmany, LINES):
                yield b"".join(f"{line}\n".encode() for (line,) in rows)

    def _about(self) -> dict[str, Any]:
        name, urn, nation = school_rows.name_of(self._connection, self._school_id)
        return {
            "school": {"id": str(self._school_id), "name": name, "urn": urn, "nation": nation},
            "made_at": clock.now().isoformat(),
            "columns": school_rows.columns(),
            "left_out": school_rows.staying(),
            "secrets_left_out": {
                table: list(item) for table, item in SECRETS.items()
            },
        }  # fmt: skip


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else str(value)
