"""SQL that moves a child's rows to the child who goes on, and back again.

It finds them in the mapped classes: every row that refers to the child moves. Tables that do not
move are named here with the reason, and a test checks each one.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.db.cards import CHILD_NAME
from app.db.models import AccessGrant, Base, Child, ChildMerge, ChildMergeRow, Conflict
from app.db.row_trace import COVERED, key_of
from app.db.row_trace import hashed as hashed_row
from app.db.session import Driver

STAYS: Final[Mapping[str, str]] = {
    "child": "it says that one was merged into the other",
    "child_merge": "it is the merge",
    "child_name_token": "it is made again from the names",
}
"""Tables that refer to a child and do not move, with the reason."""
BESIDES: Final = (
    ("roster_link", "local_id"), ("self_harm", "pupils"), ("self_harm_step", "child_ids"),
)  # fmt: skip
"""Columns that name a child without a reference."""
ONCE: Final[Mapping[str, str]] = {
    "attendance_mark": "o.day = t.day and o.session = t.session",
    "conflict": (
        "o.staff_id = t.staff_id and o.kind = t.kind and o.ended_at is null and t.ended_at is null"
    ),
    "affected_person": "o.case_id = t.case_id and o.ended_at is null and t.ended_at is null",
    "child_group_member": "o.id = t.id",
    "linked_row": "o.id = t.id and o.concern_id = t.concern_id",
    "support_list_entry": (
        "o.source_noun = t.source_noun and o.source_id = t.source_id and o.ended_at is null "
        "and t.ended_at is null"
    ),
}
"""What a child can have once: if the child who goes on has it, the row does not move."""
BETWEEN: Final[Mapping[tuple[str, str], str]] = {
    ("relationship", "child_id"): "t.other_child_id <> $3",
    ("relationship", "other_child_id"): "t.child_id <> $3",
    ("fact_change", "child_id"): "not (t.noun_id = $2 and t.after ? 'merged_into')",
}
"""Statements about both children stay: a relationship between them, and the merge itself."""
SEVERAL_ROWS: Final = "linked_row"
"""One linked concern has several rows of a child, and nobody changes them."""
MOVE: Final = "select move_child_rows($1, $2, $3, $4::uuid[], $5, $6) as id"


@dataclass(frozen=True, slots=True)
class Place:
    """A column that names a child."""

    table: str
    column: str

    @property
    def names(self) -> str:
        """SQL: a row `t` names the child `$2`."""
        if self.column == "child_ids":
            return f"$2 = any(t.{self.column})"
        if self.column == "pupils":
            return f"t.{self.column} ? $2::uuid::text"
        return f"t.{self.column} = $2"


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of one place: their ids, and their keys in the row trail."""

    place: Place
    rows: Mapping[UUID, Sequence[str]]


def places() -> Iterator[Place]:
    """Every column that moves; a referred row comes before the rows that refer to it."""
    for table in Base.metadata.sorted_tables:
        if table.name not in STAYS:
            for key in table.foreign_keys:
                if (key.column.table.name, key.column.name) == ("child", "id"):
                    yield Place(str(table.name), str(key.parent.name))
    yield from (Place(*item) for item in BESIDES)


def _condition(place: Place) -> str:
    saved = [BETWEEN[place.table, place.column]] if (place.table, place.column) in BETWEEN else []
    if place.table in ONCE:
        saved.append(
            f"not exists (select from {place.table} o where o.school_id = $1 "
            f"and o.{place.column} = $3 and {ONCE[place.table]})"
        )
    return " and ".join([place.names, *saved])


def _select(place: Place, condition: str) -> str:
    return (
        f"select '{place.table}' as tab, '{place.column}' as col, t.id, {key_of(place.table, 't')} "
        f"as key from {place.table} t where t.school_id = $1 and {condition}"
    )


async def rows_of(driver: Driver, school_id: UUID, merged: UUID, target: UUID) -> list[Found]:
    """Every row that names one child and can name the other instead."""
    every = [*places()]
    statement = " union all ".join(
        f"({_select(item, f'{_condition(item)} and $3::uuid is not null')})" for item in every
    )
    return _gathered(every, await driver.rows(statement, school_id, merged, target))


def _gathered(every: Sequence[Place], rows: Sequence[Any]) -> list[Found]:
    result: dict[Place, dict[UUID, list[str]]] = {}
    for row in rows:
        place = result.setdefault(Place(row["tab"], row["col"]), {})
        place.setdefault(row["id"], []).append(row["key"])
    return [Found(item, result[item]) for item in every if item in result]


async def move(
    driver: Driver, merge_id: UUID, result: Found, *, back: bool = False, shift: int = 0
) -> None:
    """Let the rows name the other child of the merge."""
    await driver.rows(
        MOVE, merge_id, result.place.table, result.place.column, list(result.rows), back, shift
    )


async def keep(driver: Driver, school_id: UUID, merge_id: UUID, moved: Sequence[Found]) -> None:
    """Record which rows a merge moved, each with its hash."""
    for item in moved:
        table = item.place.table
        ids = list(item.rows)
        await driver.write(
            f"insert into child_merge_row as n (school_id, id, merge_id, tab, col, row_id, hash) "
            f"select $1, m.id, $2, '{table}', '{item.place.column}', t.id, {_hash(table)} "
            f"from unnest($3::uuid[], $4::uuid[]) as m(row_id, id) "
            f"join child_merge g on g.school_id = $1 and g.id = $2 "
            f"join {table} t on t.school_id = $1 and t.id = m.row_id "
            f"and {item.place.names.replace('$2', 'g.kept_id')} "
            f"on conflict do nothing",
            school_id, merge_id, ids, [new_id() for _ in ids],
        )  # fmt: skip


def _hash(table: str) -> str:
    return f"encode(sha256(convert_to({hashed_row(table, 't')}, 'UTF8')), 'base64')"


KEPT: Final = """
select r.tab, r.col, r.row_id, r.hash from child_merge_row r
where r.school_id = $1 and r.merge_id = $2
"""


@dataclass(frozen=True, slots=True)
class Back:
    """The rows that go back when a merge is undone, and what people did meanwhile."""

    rows: list[Found]
    changed: list[tuple[str, UUID]]
    """Rows that go back, but have changed since."""
    elsewhere: list[tuple[str, UUID]]
    """Rows moved to another child since."""
    added: list[tuple[str, UUID]]
    """Rows added since that hang on a row that goes back."""


async def rows_back(driver: Driver, school_id: UUID, merge_id: UUID, target: UUID) -> Back:
    """The rows that a merge moved, with what has been added to them since."""
    moved: dict[Place, dict[UUID, str]] = {}
    for row in await driver.rows(KEPT, school_id, merge_id):
        moved.setdefault(Place(row["tab"], row["col"]), {})[row["row_id"]] = row["hash"]
    went: dict[str, set[UUID]] = {}
    for place, hashes in moved.items():
        went.setdefault(place.table, set()).update(hashes)
    concerns = went.get("concern_child", set())
    back = Back([], [], [], [])
    for place in places():
        hashes = moved.get(place, {})
        rows = await _still(driver, school_id, target, place, [*hashes], went, concerns)
        ids: dict[UUID, list[str]] = {}
        for row in rows:
            ids.setdefault(row["id"], []).append(row["key"])
            if row["id"] not in hashes:
                back.added.append((place.table, row["id"]))
            elif place.table != SEVERAL_ROWS and row["hash"] != hashes[row["id"]]:
                back.changed.append((place.table, row["id"]))
        back.elsewhere.extend((place.table, key) for key in hashes.keys() - ids.keys())
        if ids:
            back.rows.append(Found(place, ids))
            went.setdefault(place.table, set()).update(ids)
    return back


async def _still(
    driver: Driver,
    school_id: UUID,
    target: UUID,
    place: Place,
    ids: Sequence[UUID],
    went: Mapping[str, Collection[UUID]],
    concerns: Collection[UUID],
) -> Sequence[Any]:
    values: list[Any] = [school_id, target, list(ids)]
    ways = ["t.id = any($3::uuid[])"]
    for column, others in _hangs_on(place, went, concerns):
        values.append(list(others))
        ways.append(f"t.{column} = any(${len(values)}::uuid[])")
    return await driver.rows(
        f"select t.id, {key_of(place.table, 't')} as key, {_hash(place.table)} as hash "
        f"from {place.table} t where t.school_id = $1 and {place.names} and ({' or '.join(ways)})",
        *values,
    )


def _hangs_on(
    place: Place, went: Mapping[str, Collection[UUID]], concerns: Collection[UUID]
) -> Iterator[tuple[str, Collection[UUID]]]:
    """Columns by which a row added since belongs to one that goes back."""
    table = Base.metadata.tables[place.table]
    for key in table.foreign_keys:
        if key.column.name != "id" or key.parent.name in ("school_id", place.column):
            continue
        others = concerns if key.column.table.name == "concern" else went.get(key.column.table.name)
        if others and key.column.table.name != "child":
            yield key.parent.name, others
    every = [id_ for ids in went.values() for id_ in ids]
    yield from (
        (name, every) for name in ("thing_id", "about_id", "noun_id") if every and name in table.c
    )


STANDING: Final = """
with two as (select unnest(array[$2::uuid, $3::uuid]) as id)
select
  array(select one.id from concern_child one
        join concern_child other on other.school_id = $1 and other.id = one.id
                                and other.child_id = $3
        where one.school_id = $1 and one.child_id = $2) as concerns,
  exists (select from relationship r
          where r.school_id = $1 and (r.child_id, r.other_child_id) in (($2, $3), ($3, $2))
            and (r.valid_to is null or r.valid_to > $4::date)) as related,
  array(select t.id from transfer t join two on two.id = t.child_id
        where t.school_id = $1 and t.ended_at is null) as transfers,
  array(select b.id from bereavement_case b join two on two.id = b.child_id
        where b.school_id = $1 and b.state not in ('taken_back', 'undone')) as cases,
  array(select distinct on (p.child_id) p.id from support_plan p join two on two.id = p.child_id
        where p.school_id = $1 and p.ended_at is null) as support_plans,
  array(select distinct on (p.child_id) p.id from safety_plan p join two on two.id = p.child_id
        where p.school_id = $1 and p.state in ('in_use', 'under_review')) as safety_plans,
  exists (select from access_grant g join two on two.id = g.child_id
          where g.school_id = $1 and g.ended_at is null and g.valid_to > $5) as granted,
  coalesce((select max(p.number) from safety_plan p
            where p.school_id = $1 and p.child_id = $3), 0) as plans
"""


async def standing(
    driver: Driver, school_id: UUID, merged: UUID, target: UUID, today: Any, now: Any
) -> dict[str, Any]:
    """What prevents the merge of two children; as ids where not everybody reads it.

    `concerns` name both. `support_plans` and `safety_plans` have one in use of each child.
    """
    return dict(await driver.row(STANDING, school_id, merged, target, today, now) or {})


COHORTS: Final = """
select m.role, m.cohort::text as cohort from membership m
where m.school_id = $1 and m.cohort <> '{}'::jsonb and m.valid_from <= $2
  and (m.valid_to is null or m.valid_to > $2)
"""


async def cohorts(driver: Driver, school_id: UUID, today: Any) -> Sequence[Any]:
    """The pupils that each membership works with."""
    return await driver.rows(COHORTS, school_id, today)


ALIKE: Final = f"""
with me as (select * from child c where c.school_id = $1 and c.id = $2),
names as (select t.token from child_name_token t where t.school_id = $1 and t.id = $2),
numbers as (
  select i.system, i.value from child_identifier i where i.school_id = $1 and i.child_id = $2),
found as (
  select t.id, count(*) as names, null::text as number
  from child_name_token t join names n on n.token = t.token
  where t.school_id = $1 and t.id <> $2 group by t.id
  union all
  select i.child_id, 0, min(i.system) from child_identifier i
  join numbers n on n.value = i.value and (n.system = i.system or
    (n.system in ('upn', 'former_upn') and i.system in ('upn', 'former_upn')))
  where i.school_id = $1 and i.child_id <> $2 group by i.child_id)
select k.id, {CHILD_NAME} as name, k.date_of_birth, k.year_group, k.registration_group,
       k.roll_status, max(f.names) >= 2 as same_name,
       k.date_of_birth = me.date_of_birth as same_day,
       max(f.number) as number,
       regexp_replace(lower(k.address), '[^[:alnum:]]', '', 'g')
         = regexp_replace(lower(me.address), '[^[:alnum:]]', '', 'g') as same_address
from found f cross join me
join child k on k.school_id = $1 and k.id = f.id and k.merged_into is null
group by k.id, k.school_id, k.known_given_name, k.legal_given_name, k.known_family_name,
         k.legal_family_name, k.date_of_birth, k.year_group, k.registration_group, k.roll_status,
         k.address, k.sort_name, me.date_of_birth, me.address
having max(f.number) is not null
    or (max(f.names) >= 2 and (k.date_of_birth is null or me.date_of_birth is null
                               or k.date_of_birth = me.date_of_birth))
    or (max(f.names) >= 1 and k.date_of_birth = me.date_of_birth)
order by max(f.number) is null, k.sort_name, k.id
limit $3
"""


async def alike(driver: Driver, school_id: UUID, child_id: UUID, limit: int) -> Sequence[Any]:
    """Children who may be the same pupil as this one."""
    return await driver.rows(ALIKE, school_id, child_id, limit)


def vouched(founds: Sequence[Found], came: UUID, goes: UUID) -> Iterator[tuple[str, list[str]]]:
    """What the row trail must record about moved rows; a key that names the child has changed."""
    for item in founds:
        if item.place.table in COVERED:
            keys = {key for keys in item.rows.values() for key in keys}
            yield (
                item.place.table,
                sorted({*keys, *(key.replace(str(came), str(goes)) for key in keys)}),
            )


async def last_merge(session: AsyncSession, school_id: UUID, child_id: UUID) -> ChildMerge | None:
    """The last merge of a child into another, locked."""
    child_merge: ChildMerge | None = await session.scalar(
        select(ChildMerge)
        .where(ChildMerge.school_id == school_id, ChildMerge.merged_id == child_id)
        .order_by(ChildMerge.asked_at.desc(), ChildMerge.id.desc())
        .limit(1)
        .with_for_update(key_share=True)
    )
    return child_merge


async def former_children(session: AsyncSession, child: Child) -> Sequence[Child]:
    """Everyone merged into a child, however far; makes no query if nobody was."""
    children: list[Child] = []
    ids = list(child.merged_from)
    while ids:
        former = await session.scalars(
            select(Child).where(Child.school_id == child.school_id, Child.id.in_(ids))
        )
        every = former.all()
        children.extend(every)
        ids = [id_ for item in every for id_ in item.merged_from]
    return children


async def live_conflicts(
    session: AsyncSession, school_id: UUID, children: Collection[UUID]
) -> Sequence[Conflict]:
    """Everyone locked out from one of the children, or suggested to be; locked."""
    rows = await session.scalars(
        select(Conflict)
        .where(
            Conflict.school_id == school_id,
            Conflict.child_id.in_(children),
            Conflict.ended_at.is_(None),
        )
        .order_by(Conflict.id)
        .with_for_update(key_share=True)
    )
    return rows.all()


async def has_open_transfer(driver: Driver, school_id: UUID, children: Sequence[UUID]) -> bool:
    """Whether a file of one of the children is on its way to another school."""
    row = await driver.row(
        "select exists (select from transfer t where t.school_id = $1 "
        "and t.child_id = any($2::uuid[]) and t.ended_at is null) as found",
        school_id, [*children],
    )  # fmt: skip
    return bool(row and row["found"])


async def live_grants(
    session: AsyncSession, school_id: UUID, child_id: UUID, now: datetime
) -> Sequence[AccessGrant]:
    """Live grants for one child's file; locked."""
    rows = await session.scalars(
        select(AccessGrant)
        .where(
            AccessGrant.school_id == school_id,
            AccessGrant.child_id == child_id,
            AccessGrant.ended_at.is_(None),
            AccessGrant.valid_to > now,
        )
        .order_by(AccessGrant.id)
        .with_for_update(key_share=True)
    )
    return rows.all()


SINCE: Final = """
select c.id from contact c
where c.school_id = $1 and c.child_id = any($2::uuid[]) and (c.created_at > $3 or exists (
  select from fact_change f
  where f.school_id = $1 and f.noun_id = c.id and f.at > $3 and f.after ?| $4::text[]))
"""


async def contacts_since(
    driver: Driver, school_id: UUID, children: Sequence[UUID], since: Any, fields: Sequence[str]
) -> set[UUID]:
    """Contacts that were added, or changed in one of the fields, after a moment."""
    rows = await driver.rows(SINCE, school_id, [*children], since, [*fields])
    return {row["id"] for row in rows}


async def standing_merges(session: AsyncSession, school_id: UUID) -> Sequence[ChildMerge]:
    """The school's standing merges, each child of a chain before the one who goes on."""
    rows = await session.scalars(
        select(ChildMerge)
        .where(ChildMerge.school_id == school_id, ChildMerge.state == "merged")
        .order_by(ChildMerge.merged_at, ChildMerge.id)
    )
    return rows.all()


async def moved_by(
    session: AsyncSession, school_id: UUID, merge_id: UUID
) -> Sequence[tuple[str, int]]:
    """How many rows of each table a merge moved."""
    rows = await session.execute(
        select(ChildMergeRow.tab, func.count())
        .where(ChildMergeRow.school_id == school_id, ChildMergeRow.merge_id == merge_id)
        .group_by(ChildMergeRow.tab)
        .order_by(ChildMergeRow.tab)
    )
    return [(tab, count) for tab, count in rows]
