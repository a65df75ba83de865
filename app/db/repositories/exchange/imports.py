"""SQL for imports of every sort: their lists, and the problems of their files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from app.db.cards import name_in_sql
from app.db.paging import Conditions, PageOf
from app.db.session import Driver

COMMON: Final = (
    "id", "file_name", "plan_only", "state", "because", "done", "total", "counts", "started_by",
    "created_at", "ended_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one sort of import, and its columns beyond the common ones."""

    imports: str
    problems: str
    besides: tuple[str, ...]
    json_columns: tuple[str, ...] = ("counts",)
    """Columns that hold JSON."""
    of_problem: tuple[str, ...] = ()
    people: tuple[str, ...] = ("started_by",)
    """Columns with a person's id, shown with their name."""
    beside: Mapping[str, str] = field(default_factory=dict)
    """Further facts that decide the possible steps: names, and expressions about the import `i`."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that answers show."""
        return (*COMMON, *self.besides)

    @property
    def select(self) -> str:
        """The beginning of a statement that reads imports."""
        names = (
            f"{item}::text as {item}" if item in self.json_columns else item
            for item in self.columns
        )
        named = (f"{name_in_sql(person)} as {person}_name" for person in self.people)
        beside = (f"{item} as {name}" for name, item in self.beside.items())
        text = ", ".join((*names, *named, *beside))
        return f"select {text}, version from {self.imports} i where school_id = $1"


async def imports_of(
    driver: Driver, tables: Tables, school_id: UUID, asked: PageOf, by: UUID | None
) -> Sequence[Any]:
    """The school's imports, newest first: one row more than the page shows. `by`: one sender's."""
    where = Conditions(school_id)
    where.add("true")
    where.given("started_by = {}", by)
    if asked.after is not None:
        where.add("(created_at, id) < ({}, {})", asked.after.at, asked.after.id)
    limit = where.place(asked.fetch)
    return await driver.rows(
        f"{tables.select} and {where} order by created_at desc, id desc limit {limit}",
        *where.values,
    )


async def import_of(driver: Driver, tables: Tables, school_id: UUID, import_id: UUID) -> Any:
    """One import, or None."""
    return await driver.row(f"{tables.select} and id = $2", school_id, import_id)


async def problems_of(
    driver: Driver, tables: Tables, asked: tuple[UUID, UUID, int, int, str | None]
) -> Sequence[Any]:
    """The problems of an import after a position, in order; of one code if given.

    `asked` is the school, the import, the position, how many, and the code.
    """
    names = ", ".join(("position", "line", '"column"', "code", *tables.of_problem))
    return await driver.rows(
        f"select {names} from {tables.problems} where school_id = $1 and import_id = $2"
        " and position > $3 and ($5::text is null or code = $5) order by position limit $4",
        *asked,
    )
