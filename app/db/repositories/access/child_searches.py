"""SQL of child searches in progress, and of the trail entry that each becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.db.session import Driver
from app.db.work_statements import Acting

GOES_ON = """
s.school_id = $1 and s.actor_id = $3 and s.actor_role = $4
and s.session_id is not distinct from $5::uuid and s.filters = $9::jsonb
and s.last_at > $11::timestamptz and s.began_at > $12::timestamptz
and cardinality(s.children) + cardinality($10::uuid[]) <= $13
and (s.typed = $7::text
     or s.typed <> '' and $7::text <> '' and (starts_with(s.typed, $7) or starts_with($7, s.typed)))
"""
FINDS_MORE = """
length($7) > length(s.typed) and (cardinality($10) > 0 or cardinality(s.children) = 0)
"""
"""A longer word that finds nobody keeps what the search found before it."""
KEEP = f"""
with newest as materialized (
  select s.id from child_search s where {GOES_ON} order by s.last_at desc limit 1),
gone_on as (
  update child_search s set
    last_at = $2::timestamptz, request_id = $6::text, searches = s.searches + 1,
    typed = case when {FINDS_MORE} then $7 else s.typed end,
    words_hash = case when {FINDS_MORE} then $8::text else s.words_hash end,
    children = s.children || array(select unnest($10::uuid[]) except select unnest(s.children))
  from newest where s.id = newest.id and {GOES_ON}
  returning s.id)
insert into child_search (school_id, id, actor_id, actor_role, session_id, request_id, typed,
                          words_hash, filters, searches, children, began_at, last_at)
select $1, $14::uuid, $3, $4, $5, $6, $7, $8, $9::jsonb, 1, $10, $2, $2
where not exists (select from gone_on)
"""
"""The conditions appear twice: a search that waited for the row checks its present state.

One without a row to continue begins one, so that two at once both remain.
"""
END = """
with ended as (
  delete from child_search s
  where s.school_id = $1
    and (s.last_at <= $3::timestamptz or s.began_at <= $4::timestamptz)
  returning s.*)
insert into trail (school_id, id, at, actor_id, actor_role, session_id, request_id, verb, noun,
                   after_hash, details)
select s.school_id, s.id, $2, s.actor_id, s.actor_role, s.session_id, s.request_id, $5, 'child',
       s.words_hash, jsonb_build_object(
         'by_name', s.words_hash is not null, 'found', cardinality(s.children),
         'children', to_jsonb(s.children), 'searches', s.searches,
         'filters', array(select f.name from jsonb_object_keys(s.filters) f(name) order by 1),
         'began_at', rfc3339(s.began_at), 'last_at', rfc3339(s.last_at))
from ended s order by s.last_at, s.id
returning 1
"""
GOING_ON = (
    "select count(*) as number, min(began_at) as since from child_search where school_id = $1"
)


@dataclass(frozen=True, slots=True)
class Search:
    """One search and its answer."""

    id: UUID
    typed: str
    """The typed words, in lower case without accents; empty without a name."""
    words_hash: str | None
    filters: Mapping[str, str]
    children: Sequence[UUID]
    """The children it showed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From when a search may be continued, and how many children one can have."""

    last_after: datetime
    began_after: datetime
    children: int


async def keep(driver: Driver, acting: Acting, search: Search, limits: Limits) -> None:
    """Add to the search that this one continues, or begin a new one."""
    await driver.write(
        KEEP, acting.school_id, acting.at, acting.actor_id, acting.actor_role, acting.session_id,
        acting.request_id, search.typed, search.words_hash,
        orjson.dumps(dict(search.filters)).decode(), list(search.children), limits.last_after,
        limits.began_after, limits.children, search.id,
    )  # fmt: skip


async def end(
    driver: Driver, acting: Acting, verb: str, *, last_before: datetime, began_before: datetime
) -> int:
    """Write ended searches to the trail; answers their number."""
    rows: Sequence[Any] = await driver.rows(
        END, acting.school_id, acting.at, last_before, began_before, verb
    )
    return len(rows)


async def going_on(driver: Driver, school_id: UUID) -> tuple[int, datetime | None]:
    """The number of searches not yet in the trail, and when the first of them began."""
    (row,) = await driver.rows(GOING_ON, school_id)
    return row["number"], row["since"]
