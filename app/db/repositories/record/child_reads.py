"""Reads of children: the list, and search by name."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.db.paging import Conditions
from app.db.session import Driver

BEYOND = "\U0010ffff"
"""After every letter in the order of code points: a word followed by it ends a prefix range."""

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

# The words are looked up first: ordered by name first, a rare name would walk the school.
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

# A swap in a short word leaves hardly a trigram in common, so its spellings are looked up.
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


@dataclass(frozen=True, slots=True)
class ChildFilter:
    """Which children a list shows; None means whatever the value."""

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
    """Cards by shown name; with `words`, of children who have a name beginning with each.

    `after` is the last child of the page before: their sort key is looked up here, so that
    no name has to stand in a cursor.
    """
    where = Conditions(school_id)
    statement = PLAIN
    found_by = ""
    if words:
        statement = NAMED
        found_by = _words(where, sorted(words, key=len, reverse=True))
    _filter(where, filter_)
    if after is not None:
        where.add(
            "(c.sort_name, c.id) > "
            "(select k.sort_name, k.id from child k where k.school_id = $1 and k.id = {})",
            after,
        )
    text = statement.format(where=where, words=found_by, limit=where.place(limit))
    return await driver.rows(text, *where.values)


def _words(where: Conditions, words: Sequence[str]) -> str:
    """The longest word by its range, the others looked up for those it finds."""
    first = f"t.token >= {where.place(words[0])} and t.token < {where.place(words[0] + BEYOND)}"
    others = [
        f"exists (select from child_name_token o where o.school_id = $1 and o.id = t.id "
        f"and o.token >= {where.place(word)} and o.token < {where.place(word + BEYOND)})"
        for word in words[1:]
    ]
    return " and ".join([first, *others])


def _filter(where: Conditions, filter_: ChildFilter) -> None:
    if filter_.roll_status is not None:
        where.add("c.roll_status = {}", filter_.roll_status)
    if filter_.year_group is not None:
        where.add("c.year_group = {}", filter_.year_group)
    if filter_.registration_group is not None:
        where.add("c.registration_group = {}", filter_.registration_group)


async def words_near(
    driver: Driver, school_id: UUID, spellings: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    """For each word, name words of the school that look like it.

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
    """Cards of children who have, for each word, a name beginning with it or near it.

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
