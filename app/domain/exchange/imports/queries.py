"""Reads of imports of any sort, and of the problems in their files."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from app.core.words import Actor
from app.db.cards import picked, with_people, without_names
from app.db.models.exchange.imports import FileImport
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.exchange import imports as stored
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain.exchange.imports.errors import ImportNotFound
from app.domain.exchange.imports.rules import is_theirs

START: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""A report is in the order of its positions, which stand in the cursor as its id."""
LAST_POSITION: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of import: its tables, and how to show a row of each."""

    tables: stored.Tables
    shape: Callable[[Actor, dict[str, Any]], dict[str, Any]]
    problem: Callable[[Mapping[str, Any]], dict[str, Any]] = dict
    open_steps: Callable[..., Awaitable[list[str]]] | None = None
    """Filters the steps of one import to those that nothing elsewhere prevents."""

    async def list_imports(self, reading: Reading, asked: PageOf) -> Page[dict[str, Any]]:
        """List the school's imports, newest first; a program sees those it sent."""
        actor = reading.actor
        by = actor.id if actor.is_service else None
        rows = await stored.imports_of(reading.driver, self.tables, actor.school_id, asked, by)
        return page_of(rows, asked, key="created_at", shape=lambda row: self._from_row(actor, row))

    async def get_import(self, reading: Reading, import_id: UUID) -> tuple[dict[str, Any], int]:
        """Get one import and its version. Raises `ImportNotFound`."""
        row = await self.row(reading.driver, reading.actor, import_id)
        from_row = self._from_row(reading.actor, row)
        return await self._opened(reading.driver, reading.actor, from_row), row["version"]

    async def list_problems(
        self, reading: Reading, import_id: UUID, code: str | None, asked: PageOf
    ) -> Page[dict[str, Any]]:
        """List the problems of a file, in the order found. Raises `ImportNotFound`."""
        driver, school_id = reading.driver, reading.actor.school_id
        await self.row(driver, reading.actor, import_id)
        rows = await stored.problems_of(
            driver, self.tables, (school_id, import_id, behind(asked), asked.fetch, code)
        )
        return page_of(rows, asked, key=cursor_of, shape=self.problem)

    async def row(self, driver: Driver, actor: Actor, import_id: UUID) -> Any:
        """Get one import as stored. Raises `ImportNotFound`."""
        result = await stored.import_of(driver, self.tables, actor.school_id, import_id)
        if result is None or not is_theirs(actor, result["started_by"]):
            raise ImportNotFound
        return result

    async def to_response(self, work: UnitOfWork, row: FileImport) -> dict[str, Any]:
        """An import as it is answered by the command that changed it."""
        shape = self.shape(work.actor, picked(row, *self.tables.columns))
        named = await work.accounts.name_in(shape, *self.tables.people)
        return await self._opened(
            await work.driver(), work.actor, self._named_for(work.actor, named)
        )

    async def _opened(self, driver: Driver, actor: Actor, answer: dict[str, Any]) -> dict[str, Any]:
        if self.open_steps is not None:
            answer["permissions"] = await self.open_steps(
                driver, actor, answer, answer["permissions"]
            )
        return answer

    def _from_row(self, actor: Actor, row: Mapping[str, Any]) -> dict[str, Any]:
        fields = {name: row[name] for name in (*self.tables.columns, *self.tables.beside)}
        names = {f"{person}_name": row[f"{person}_name"] for person in self.tables.people}
        named = with_people(self.shape(actor, fields | {
            name: row[name] and orjson.loads(row[name]) for name in self.tables.json_columns
        }) | names, *self.tables.people)  # fmt: skip
        return self._named_for(actor, named)

    def _named_for(self, actor: Actor, named: dict[str, Any]) -> dict[str, Any]:
        """Remove people's names for a program, which gets only IDs."""
        return without_names(named, *self.tables.people) if actor.is_service else named


def behind(asked: PageOf) -> int:
    """The position that a page begins behind."""
    return 0 if asked.after is None else min(asked.after.id.int, LAST_POSITION)


def cursor_of(row: Mapping[str, Any]) -> Cursor:
    """Cursor of a row with a position."""
    return Cursor(START, UUID(int=row["position"]))
