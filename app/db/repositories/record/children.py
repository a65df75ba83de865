"""SQL for children, their names, identifiers, contacts, relationships, statuses; and searches."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Row, and_, literal, or_, select, text
from sqlalchemy.orm import aliased

from app.core.ids import new_id
from app.db.models import (
    Child,
    ChildIdentifier,
    ChildStatus,
    Contact,
    Enrolment,
    Relationship,
    Staff,
)
from app.db.paging import Conditions
from app.db.repositories.file_locks import CHILD_CLOSED, Closed
from app.db.repositories.repository import Repository
from app.db.repositories.repository import Row as Found
from app.db.session import Driver

REPLACE_CHILD_TOKENS = text("""
with wanted as (select * from unnest(cast(:ids as uuid[]), cast(:tokens as text[]))
                as w(id, token)),
     gone as (delete from child_name_token t
              where t.school_id = :school_id and t.id = any(cast(:children as uuid[]))
                and not exists (select from wanted w where w.id = t.id and w.token = t.token))
insert into child_name_token (school_id, id, token)
select :school_id, w.id, w.token from wanted w
on conflict do nothing
""")

# In one order everywhere, so that two works that add the same names wait and do not deadlock.
ADD_NAME_TOKENS = text("""
insert into name_token (school_id, id, token)
select :school_id, w.id, w.token
from unnest(cast(:ids as uuid[]), cast(:tokens as text[])) as w(id, token)
where not exists (select from name_token n where n.school_id = :school_id and n.token = w.token)
order by w.token
on conflict (school_id, token) do nothing
""")

BEYOND = "\U0010ffff"
"""After every letter in code point order: a word followed by it ends a prefix range."""

SHOWN_GIVEN = "coalesce(c.known_given_name, c.legal_given_name)"
SHOWN_FAMILY = "coalesce(c.known_family_name, c.legal_family_name)"
CARD = f"""json_build_object(
  'id', c.id, 'name', {SHOWN_GIVEN} || ' ' || {SHOWN_FAMILY},
  'legal_name', c.legal_given_name || ' ' || c.legal_family_name,
  'date_of_birth', c.date_of_birth, 'year_group', c.year_group,
  'registration_group', c.registration_group, 'roll_status', c.roll_status"""

PLAIN = f"""
select c.id, {CARD})::text as card
from child c
where c.school_id = $1 and {{where}}
order by c.sort_name, c.id
limit {{limit}}
"""

# The words are looked up first: ordered by name first, a rare name would read the whole school.
NAMED = f"""
with named as materialized (
  select distinct t.id from child_name_token t where t.school_id = $1 and {{words}})
select c.id, {CARD}, 'matched', 'exact')::text as card
from (select c.*
      from named join child c on c.school_id = $1 and c.id = named.id
      where {{where}}
      order by c.sort_name, c.id
      limit {{limit}}) c
order by c.sort_name, c.id
"""

# A swap in a short word leaves few trigrams in common, so its spellings are looked up.
NEIGHBOURS = """
select w.word, near.token
from unnest($2::text[]) as w(word) cross join lateral similar_name_tokens(w.word) as near(token)
union
select s.word, n.token
from unnest($3::text[], $4::text[]) as s(word, spelling)
join name_token n on n.school_id = $1 and n.token = s.spelling
"""

ALIKE = f"""
with wanted as (
  select * from unnest($2::int[], $3::text[], $4::int[]) as w(word, token, distance)),
hits as (
  select t.id, w.word, w.distance
  from wanted w join child_name_token t on t.school_id = $1 and t.token = w.token
  union all
  select t.id, p.word, 0
  from unnest($5::text[], $6::text[]) with ordinality as p(low, high, word)
  join child_name_token t on t.school_id = $1 and t.token >= p.low and t.token < p.high),
nearest as (
  select id, word, min(distance) as distance from hits group by id, word),
named as materialized (
  select id, sum(distance) as distance from nearest group by id having count(*) = $7)
select c.id, {CARD}, 'matched', 'similar')::text as card
from (select c.*, named.distance
      from named join child c on c.school_id = $1 and c.id = named.id
      where {{where}}
      order by named.distance, c.sort_name, c.id
      limit {{limit}}) c
order by c.distance, c.sort_name, c.id
"""


ALSO_AT = text("""
coalesce((
  select jsonb_agg(distinct jsonb_build_array(l.source, also.school))
  from roster_link l cross join lateral unnest(l.also_at) as also(school)
  where l.school_id = :also_school and l.local_id = :also_child and l.kind = 'child'
    and l.gone_at is null), '[]')::text as also_at
""")
CLOSED = [text(item.format(school=":also_school", child=":also_child")) for item in CHILD_CLOSED]
GOES_ON_AS = text("""
with recursive chain as (
  select c.id, c.merged_into from child c
  where c.school_id = :school_id and c.id = :id and c.merged_into is not null
  union
  select c.id, c.merged_into from chain join child c
    on c.school_id = :school_id and c.id = chain.merged_into)
select id from chain where merged_into is null
""")


def _standing(result: Found | None) -> Found | None:
    return None if isinstance(result, Child) and result.merged_into is not None else result


class ChildRepository(Repository):
    """Finds, locks and adds children, and facts that hold for a while."""

    async def find(self, model: type[Found], id_: UUID) -> Found | None:
        """The row, or None; None also for a child who was merged into another."""
        return _standing(await super().find(model, id_))

    async def lock(self, model: type[Found], id_: UUID) -> Found | None:
        """The same, locked until the end of the work."""
        return _standing(await super().lock(model, id_))

    async def goes_on_as(self, child_id: UUID) -> UUID | None:
        """The child who goes on for a merged one; None for every other id."""
        value: UUID | None = await self.session.scalar(
            GOES_ON_AS, {"school_id": self.school_id, "id": child_id}
        )
        return value

    async def index_names(self, child_id: UUID, tokens: Collection[str]) -> None:
        """Make a saved child findable by exactly these words."""
        await self.index_names_of({child_id: tokens})

    async def index_names_of(self, words: Mapping[UUID, Collection[str]]) -> None:
        """The same for many children, in two statements whatever their number."""
        pairs = [(child_id, token) for child_id, tokens in words.items() for token in tokens]
        await self.session.execute(
            REPLACE_CHILD_TOKENS,
            {
                "school_id": self.school_id,
                "children": list(words),
                "ids": [child_id for child_id, _ in pairs],
                "tokens": [token for _, token in pairs],
            },
        )
        distinct = sorted({token for _, token in pairs})
        await self.session.execute(
            ADD_NAME_TOKENS,
            {
                "school_id": self.school_id,
                "ids": [new_id() for _ in distinct],
                "tokens": distinct,
            },
        )

    async def identifiers_of(self, child_id: UUID) -> Sequence[ChildIdentifier]:
        """Every identifier of a child, ended ones included, in a steady order."""
        rows = await self.session.scalars(
            select(ChildIdentifier)
            .where(
                ChildIdentifier.school_id == self.school_id,
                ChildIdentifier.child_id == child_id,
            )
            .order_by(ChildIdentifier.system, ChildIdentifier.id)
        )
        return rows.all()

    async def child_with(self, system: str, value: str) -> UUID | None:
        """The child of the school who now has this identifier, or None."""
        result: UUID | None = await self.session.scalar(
            select(ChildIdentifier.child_id).where(
                ChildIdentifier.school_id == self.school_id,
                ChildIdentifier.system == system,
                ChildIdentifier.value == value,
                ChildIdentifier.valid_to.is_(None),
            )
        )
        return result

    async def enrolments_of(self, child_id: UUID) -> Sequence[Enrolment]:
        """Every stay of a child on this school's roll, oldest first."""
        rows = await self.session.scalars(
            select(Enrolment)
            .where(Enrolment.school_id == self.school_id, Enrolment.child_id == child_id)
            .order_by(Enrolment.valid_from, Enrolment.id)
        )
        return rows.all()

    async def stays_of(
        self, child_id: UUID
    ) -> tuple[Sequence[Enrolment], Sequence[tuple[str, str]], Closed]:
        """Every stay of a child on this school's roll, oldest first.

        Also the other schools at which a roster has them, each as the source and its name; and how
        far their file is closed.
        """
        rows = await self.session.execute(
            select(Enrolment, ALSO_AT, *CLOSED)
            .select_from(select(literal(1)).subquery())
            .outerjoin(
                Enrolment,
                and_(Enrolment.school_id == self.school_id, Enrolment.child_id == child_id),
            )
            .order_by(Enrolment.valid_from, Enrolment.id),
            {"also_school": self.school_id, "also_child": child_id},
        )
        result = rows.all()
        stays = [stay for stay, *_ in result if stay is not None]
        return stays, orjson.loads(result[0][1]), Closed(*result[0][2:])

    async def contacts_of(self, child_id: UUID) -> Sequence[Contact]:
        """Every contact of a child, ended ones included: by priority, then as added."""
        return (await self.contacts_and_file(child_id))[0]

    async def contacts_and_file(self, child_id: UUID) -> tuple[Sequence[Contact], Closed]:
        """The child's contacts as in `contacts_of`, and how far the child's file is closed."""
        rows = await self.session.execute(
            select(Contact, *CLOSED)
            .select_from(select(literal(1)).subquery())
            .outerjoin(
                Contact, and_(Contact.school_id == self.school_id, Contact.child_id == child_id)
            )
            .order_by(Contact.priority.nulls_last(), Contact.id),
            {"also_school": self.school_id, "also_child": child_id},
        )
        result = rows.all()
        return [item for item, *_ in result if item is not None], Closed(*result[0][1:])

    async def lock_two(
        self, child_id: UUID, other: UUID, *, whole: bool = False
    ) -> dict[UUID, Child]:
        """Lock two children, always in the same order; missing ones are left out.

        `whole` stops anyone from adding rows that refer to them, and includes merged children.
        """
        rows = await self.session.scalars(
            select(Child)
            .where(Child.school_id == self.school_id, Child.id.in_([child_id, other]))
            .order_by(Child.id)
            .with_for_update(key_share=not whole)
            .execution_options(populate_existing=True)
        )
        return {child.id: child for child in rows if whole or child.merged_into is None}

    async def relationships_of(
        self, child_id: UUID, relationship_id: UUID | None = None
    ) -> Sequence[Row[Relationship, Child]]:
        """Relationships as seen from a child, each with the other child; ended ones included."""
        other = aliased(Child)
        statement = (
            select(Relationship, other)
            .join(
                other,
                and_(
                    other.school_id == Relationship.school_id,
                    other.id.in_([Relationship.child_id, Relationship.other_child_id]),
                    other.id != child_id,
                ),
            )
            .where(Relationship.school_id == self.school_id, self._of_child(child_id))
            .order_by(Relationship.id)
        )
        if relationship_id is not None:
            statement = statement.where(Relationship.id == relationship_id)
        return (await self.session.execute(statement)).all()

    async def live_relationships(
        self, child_id: UUID, other: UUID, kinds: Collection[str], today: date
    ) -> Sequence[Relationship]:
        """Live relationships of these kinds between two children, in either direction."""
        rows = await self.session.scalars(
            select(Relationship).where(
                Relationship.school_id == self.school_id,
                self._of_child(child_id),
                self._of_child(other),
                Relationship.kind.in_(kinds),
                or_(Relationship.valid_to.is_(None), Relationship.valid_to > today),
            )
        )
        return rows.all()

    @staticmethod
    def _of_child(child_id: UUID) -> ColumnElement[bool]:
        return or_(Relationship.child_id == child_id, Relationship.other_child_id == child_id)

    async def statuses_of(
        self, child_id: UUID, classes: Collection[str], status_id: UUID | None = None
    ) -> Sequence[Row[ChildStatus, str]]:
        """Statuses of the given classes, newest first, each with the name of its author."""
        statement = (
            select(ChildStatus, Staff.name)
            .join(
                Staff,
                and_(Staff.school_id == ChildStatus.school_id, Staff.id == ChildStatus.added_by),
            )
            .where(
                ChildStatus.school_id == self.school_id,
                ChildStatus.child_id == child_id,
                ChildStatus.confidentiality.in_(classes),
            )
            .order_by(ChildStatus.valid_from.desc(), ChildStatus.id.desc())
        )
        if status_id is not None:
            statement = statement.where(ChildStatus.id == status_id)
        return (await self.session.execute(statement)).all()

    async def statuses_of_kind(self, child_id: UUID, kind: str) -> Sequence[ChildStatus]:
        """Every status of one kind, whatever its class."""
        rows = await self.session.scalars(
            select(ChildStatus).where(
                ChildStatus.school_id == self.school_id,
                ChildStatus.child_id == child_id,
                ChildStatus.kind == kind,
            )
        )
        return rows.all()


@dataclass(frozen=True, slots=True)
class ChildFilter:
    """Which children a list shows; None means any value."""

    year_group: str | None = None
    registration_group: str | None = None
    roll_status: str | None = None


async def children(
    driver: Driver,
    school_id: UUID,
    filter_: ChildFilter,
    words: Sequence[str],
    after: UUID | None,
    limit: int,
) -> Sequence[Any]:
    """Cards by shown name; with `words`, of children with a name beginning with each.

    `after` is the last child of the page before: this looks up their sort key, so that a cursor
    needs no name.
    """
    where = Conditions(school_id)
    statement = PLAIN
    found_by = ""
    if words:
        statement = NAMED
        found_by = _words(where, sorted(words, key=len, reverse=True))
    _filter(where, filter_)
    where.add("c.merged_into is null")
    where.given(
        "(c.sort_name, c.id) > "
        "(select k.sort_name, k.id from child k where k.school_id = $1 and k.id = {})",
        after,
    )
    text = statement.format(where=where, words=found_by, limit=where.place(limit))
    return await driver.rows(text, *where.values)


def _words(where: Conditions, words: Sequence[str]) -> str:
    """The longest word by its range, the others checked for the names it finds."""
    first = f"t.token >= {where.place(words[0])} and t.token < {where.place(words[0] + BEYOND)}"
    others = [
        f"exists (select from child_name_token o where o.school_id = $1 and o.id = t.id "
        f"and o.token >= {where.place(word)} and o.token < {where.place(word + BEYOND)})"
        for word in words[1:]
    ]
    return " and ".join([first, *others])


def _filter(where: Conditions, filter_: ChildFilter) -> None:
    where.given("c.roll_status = {}", filter_.roll_status)
    where.given("c.year_group = {}", filter_.year_group)
    where.given("c.registration_group = {}", filter_.registration_group)


async def words_near(
    driver: Driver, school_id: UUID, spellings: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    """For each word, similar name words of the school.

    Up to fifty that share trigrams with it, and those among the given spellings.
    """
    near: dict[str, list[str]] = {word: [] for word in spellings}
    pairs = [(word, spelling) for word, several in spellings.items() for spelling in several]
    for row in await driver.rows(
        NEIGHBOURS,
        school_id,
        list(spellings),
        [word for word, _ in pairs],
        [spelling for _, spelling in pairs],
    ):
        near[row["word"]].append(row["token"])
    return near


async def children_named_like(
    driver: Driver,
    school_id: UUID,
    filter_: ChildFilter,
    near: Mapping[str, Mapping[str, int]],
    limit: int,
) -> Sequence[Any]:
    """Cards of children with, for each word, a name beginning with it or close to it.

    `near` gives each word its neighbours with their distances; the nearest come first.
    """
    wanted = [
        (number, token, distance)
        for number, tokens in enumerate(near.values(), start=1)
        for token, distance in tokens.items()
    ]
    where = Conditions(
        school_id,
        [number for number, _, _ in wanted],
        [token for _, token, _ in wanted],
        [distance for _, _, distance in wanted],
        list(near),
        [word + BEYOND for word in near],
        len(near),
    )
    _filter(where, filter_)
    text = ALIKE.format(where=where, limit=where.place(limit))
    return await driver.rows(text, *where.values)
