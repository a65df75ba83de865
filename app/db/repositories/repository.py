"""The base of every repository: a session, a school, and one way to fetch and lock."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Delete, Insert, TextClause, Update, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.util import identity_key

from app.db.models import SchoolRow
from app.db.row_trace import columns_of
from app.db.session import Driver

Row = TypeVar("Row", bound=SchoolRow)

TAKE_NUMBER = text("""
insert into reference_counter (school_id, kind, year, last) values (:school_id, :kind, :year, 1)
on conflict (school_id, kind, year) do update set last = reference_counter.last + 1
returning reference_number(last, secret)
""")


async def change_rows(session: AsyncSession, statement: Insert | Update | Delete) -> int:
    """Run a statement built by SQLAlchemy and note the rows it wrote; answers their number.

    The work fails at its end if covered rows were written in another way.
    """
    table: Any = statement.table
    columns = [table.c[name] for name in columns_of(table.name)]
    result = (await session.execute(statement.returning(*columns))).all()
    driver: Driver = session.info["driver"]
    driver.written.rows.note(table.name, ["/".join(map(str, row)) for row in result])
    return len(result)


async def lock_where(
    session: AsyncSession, model: type[Row], school_id: UUID, *conditions: Any
) -> list[Row]:
    """Read again and lock the rows of a school that meet all conditions, in order of id."""
    columns: Any = model.__table__.c
    rows = await session.scalars(
        select(model)
        .where(columns.school_id == school_id, *conditions)
        .order_by(columns.id)
        .with_for_update(of=model, key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(rows)


class Repository:
    """A repository of one school inside one transaction."""

    def __init__(self, session: AsyncSession, school_id: UUID) -> None:
        self.session = session
        self.school_id = school_id

    def add(self, row: Any) -> None:
        """Add a new row; saving the work writes it."""
        self.session.add(row)

    async def find(self, model: type[Row], id_: UUID) -> Row | None:
        """The row, or None; another school's row also gives None."""
        return await self._find(model, id_, lock=False)

    async def held(self, model: type[Row], id_: UUID) -> Row | None:
        """The row as this work holds it, without a query; if it holds none, as `find`."""
        return await self.session.get(model, (self.school_id, id_))

    def at_hand(self, model: type[Row], id_: UUID) -> Row | None:
        """The row if this work has written or read it; makes no query."""
        key = identity_key(model, (self.school_id, id_))
        row: Row | None = self.session.identity_map.get(key)
        return row

    async def lock(self, model: type[Row], id_: UUID) -> Row | None:
        """The row, locked until the end of the work, or None."""
        return await self._find(model, id_, lock=True)

    async def lock_all(self, model: type[Row], ids: Collection[UUID]) -> Sequence[Row]:
        """Lock the rows that exist, in order of id."""
        if not ids:
            return []
        columns: Any = model.__table__.c
        return await lock_where(self.session, model, self.school_id, columns.id.in_(ids))

    async def next_reference(self, kind: str, year: int) -> str:
        """A new reference of a kind, `S-2026-384501`.

        The counter row stays locked until commit: call it last.
        """
        number = await self.session.scalar(
            TAKE_NUMBER, {"school_id": self.school_id, "kind": kind, "year": year}
        )
        return f"{kind}-{year}-{number}"

    async def write(self, statement: TextClause, binds: Mapping[str, Any]) -> None:
        """Run a hand-written statement of several rows, and note the rows it wrote."""
        compiled = statement.compile(dialect=self.session.get_bind().dialect)
        values = [binds[name] for name in compiled.positiontup or ()]
        driver: Driver = self.session.info["driver"]
        await driver.write(str(compiled), *values)

    async def _find(self, model: type[Row], id_: UUID, *, lock: bool) -> Row | None:
        statement = select(model).where(model.school_id == self.school_id, model.id == id_)
        if lock:
            # FOR NO KEY UPDATE: others may still refer to the row while it is changed.
            statement = statement.with_for_update(of=model, key_share=True).execution_options(
                populate_existing=True
            )
        return (await self.session.scalars(statement)).one_or_none()
