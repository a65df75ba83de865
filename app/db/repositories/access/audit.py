"""Reads of the audit log: entries, checkpoints, proofs, and one child's access log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.verbs import LOOKS
from app.db.paging import Conditions, PageOf
from app.db.repositories.access.audit_seals import CHILDREN, COLUMNS
from app.db.repositories.concern_facts import AccessFilter
from app.db.repositories.sources import class_of_entry, of_entry
from app.db.session import Driver

ENTRIES = f"""
select {COLUMNS}, l.index
from {{source}} t
left join trail_leaf l on l.school_id = $1 and l.log = $2 and l.entry_id = t.id
"""
NEWEST = "order by t.xid desc, t.seq desc limit {limit}"
OF_CHILD = f"""
((select t.* from trail t where {{where}} and t.child_id = {{child}} {NEWEST})
 union all
 (select t.* from (
    select t.* from searches_that_showed(array[{{child}}::uuid]) s(id)
    cross join lateral (select * from trail e
                        where e.school_id = $1 and e.id = s.id offset 0) t
    where {{where}} and t.child_id is distinct from {{child}} offset 0) t {NEWEST}))
"""
"""Entries about a child, and searches that showed the child: the newest of each by index.

Searches are looked up one by one, by id, and then sorted. Otherwise the planner reads a school's
whole log, because most schools on the server have a short one.
"""
PLACE = "select xid, seq from trail where school_id = $1 and id = $2"
CHECKPOINTS = """
select number, size, root, previous, sealed_at, epoch, key_name, note from trail_checkpoint
where school_id = $1 and log = $2 and ($3::bigint is null or number < $3)
order by number desc limit $4
"""
HASHES = {
    True: """
    select index, hash from trail_leaf
    where school_id = $1 and log = $2 and index = any($3::bigint[])
    """,
    False: """
    select index, hash from trail_node
    where school_id = $1 and log = $2 and level = $4 and index = any($3::bigint[])
    """,
}
ABOUT = """
select c.id from concern_child c where c.school_id = $1 and c.child_id = any($2::uuid[])
"""
SHOWN_NONE = "not coalesce(t.details->'children' ?| {}::text[], false)"
"""The search showed none of these children."""
ABOUT_READER = "not coalesce(t.noun = 'conflict' and t.details->>'staff_id' = {}::text, false)"
"""Hides conflicts about the reader: they would reveal their own grounds."""

# A concern with several children has an opening entry for each child, so those stand alone.
LOG = """
with about as materialized (
  select distinct on (e.thing_id) e.thing_id as id, e.concern_id, e.confidentiality
  from chronology_entry e where e.school_id = $1 and e.child_id = $2
  union all
  select g.id, g.concern_id, null from concern_child k
  join access_grant g on g.school_id = $1 and g.concern_id = k.id
  where k.school_id = $1 and k.child_id = $2),
found as (
  (select t.id, t.at, t.verb, t.noun, t.noun_id, t.actor_id, t.actor_role, t.session_id, t.details
   from trail t left join about a on a.id = t.noun_id {behind}
   where t.school_id = $1 and {of_child} and {shown}
   order by t.at desc, t.id desc limit {limit})
  union all
  (select t.id, t.at, t.verb, t.noun, t.noun_id, t.actor_id, t.actor_role, t.session_id, t.details
   from about a join trail t on t.school_id = $1 and t.noun_id = a.id {behind}
   where (t.child_id is null or not {of_child}) and {shown}
     and t.verb <> all('{{concern.opened,attachment.opened,action.opened}}'::text[])
   order by t.at desc, t.id desc limit {limit})
  union all
  (select t.id, t.at, t.verb, t.noun, t.noun_id, t.actor_id, t.actor_role, t.session_id, t.details
   from searches_that_showed({children}) s(id)
   cross join lateral (select * from trail e
                       where e.school_id = $1 and e.id = s.id offset 0) t
   left join about a on a.id = t.noun_id {behind}
   where (t.child_id is null or not {of_child}) and {shown} {unhidden}
   order by t.at desc, t.id desc limit {limit}))
select t.id, t.at, t.verb, t.noun, t.noun_id, t.actor_id, s.name, t.actor_role, t.session_id,
       t.details->>'rule' as rule, t.details->>'part' as part, t.details::text as details
from found t left join staff s on s.school_id = $1 and s.id = t.actor_id
order by t.at desc, t.id desc limit {limit}
"""
BEHIND = f"""
   cross join lateral (
     select coalesce({of_entry("t")}, a.concern_id, (t.details->>'concern_id')::uuid) as concern_id,
            coalesce(a.confidentiality, {class_of_entry("t")}) as class offset 0) b
"""
"""Computed before it is compared: see `behind.looked_up`."""
SEEN = (
    "(b.concern_id is null or (select true from concern c where c.school_id = $1 "
    "and c.id = b.concern_id and {visible} limit 1))"
)


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader, and the condition that hides entries (alias `t`) barred to them by name."""

    id: UUID
    keep: Callable[[Conditions], None]


FILTERED: Final = {"about_kind": "noun", "about_id": "noun_id"}


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries to show; None means any."""

    actor_id: UUID | None = None
    child_id: UUID | None = None
    about_kind: str | None = None
    about_id: UUID | None = None
    verb: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def details(self) -> dict[str, str]:
        """The requested filters, for the trail."""
        result = {name: getattr(self, name) for name in self.__slots__}
        return {name: str(value) for name, value in result.items() if value is not None}


async def hidden_from(
    driver: Driver, school_id: UUID, children: Sequence[UUID], concerns: Sequence[UUID]
) -> list[UUID]:
    """Children and concerns in which a reader has a conflict, and records about the children."""
    rows = await driver.rows(ABOUT, school_id, children)
    return [*children, *{*concerns, *(row["id"] for row in rows)}]


async def entries(
    driver: Driver,
    school_id: UUID,
    asked: EntryFilter,
    hidden: Sequence[UUID],
    reader: Reader,
    page: PageOf,
) -> Sequence[Any]:
    """Entries in the order of the log, newest first: one more than the page shows."""
    where = Conditions(school_id, CHILDREN.name)
    where.add("t.school_id = $1")
    for name in ("actor_id", "about_kind", "about_id", "verb"):
        if (value := getattr(asked, name)) is not None:
            where.add(f"t.{FILTERED.get(name, name)} = {{}}", value)
    where.given("t.at >= {}", asked.since)
    where.given("t.at < {}", asked.until)
    _hide(where, hidden, reader)
    if page.after is not None:
        place = await driver.row(PLACE, school_id, page.after.id)
        if place is None:
            return []
        where.add("(t.xid, t.seq) < ({}, {})", place["xid"], place["seq"])
    limit = where.place(page.fetch)
    source, filtered = "trail", f"where {where}"
    if asked.child_id is not None:
        child = where.place(asked.child_id)
        source, filtered = OF_CHILD.format(where=where, child=child, limit=limit), ""
    newest = NEWEST.format(limit=limit)
    return await driver.rows(f"{ENTRIES.format(source=source)} {filtered} {newest}", *where.values)


async def entry(
    driver: Driver, school_id: UUID, entry_id: UUID, hidden: Sequence[UUID], reader: Reader
) -> Any:
    """One entry with its index in the log (null until it is sealed), or None."""
    where = Conditions(school_id, CHILDREN.name)
    where.add("t.school_id = $1")
    where.add("t.id = {}", entry_id)
    _hide(where, hidden, reader)
    return await driver.row(f"{ENTRIES.format(source='trail')} where {where}", *where.values)


def _hide(where: Conditions, hidden: Sequence[UUID], reader: Reader) -> None:
    """Hide entries about any of these ids; the rules of a kind decide about its parts."""
    where.add(ABOUT_READER, str(reader.id))
    reader.keep(where)
    if not hidden:
        return
    ids = [str(item) for item in hidden]
    where.add("(t.child_id is null or t.child_id <> all({}::uuid[]))", hidden)
    where.add("(t.noun_id is null or t.noun_id <> all({}::uuid[]))", hidden)
    where.add("not coalesce(t.details->>'concern_id' = any({}::text[]), false)", ids)
    where.add(SHOWN_NONE, ids)


async def checkpoints(
    driver: Driver, school_id: UUID, before: int | None, limit: int
) -> Sequence[Any]:
    """Checkpoints of the children's log, the newest first."""
    return await driver.rows(CHECKPOINTS, school_id, CHILDREN.name, before, limit)


async def hashes(
    driver: Driver, school_id: UUID, level: int, indexes: Sequence[int]
) -> dict[int, bytes]:
    """Kept hashes of one level of the children's log, by index."""
    more = () if level == 0 else (level,)
    rows = await driver.rows(HASHES[level == 0], school_id, CHILDREN.name, indexes, *more)
    return {row["index"]: row["hash"] for row in rows}


async def page_of_log(
    driver: Driver,
    access: AccessFilter,
    child_id: UUID,
    asked: Mapping[str, Any],
    paging: PageOf,
    hidden: Sequence[UUID],
    merged: Sequence[UUID] = (),
    *,
    reader: Reader,
) -> Sequence[Any]:
    """A page of entries, newest first, one more than it shows; includes those of `merged` children.

    Leaves out entries of concerns or classes that the reader may not see, and those about the
    children and concerns `hidden`, in which the reader has a conflict of interest.
    """
    visible = Conditions(access.actor.school_id, child_id)
    access.keep(visible)
    where = visible.beside()
    where.add(SEEN.replace("{visible}", str(visible).replace("{", "{{").replace("}", "}}")))
    of_class = where.beside()
    access.keep_of_class("b.class", "$2::uuid", of_class)
    where.keep(f"(b.concern_id is not null or b.class is null or {of_class})")
    _without_hidden_files(access, where)
    where.add(ABOUT_READER, str(reader.id))
    reader.keep(where)
    if hidden:
        where.add("(t.noun_id is null or t.noun_id <> all({}::uuid[]))", hidden)
    where.given("t.actor_id = {}", asked.get("staff_id"))
    where.given("t.verb = {}", asked.get("verb"))
    where.given("t.at >= {}", asked.get("since"))
    where.given("t.at < {}", asked.get("until"))
    if asked.get("kind") is not None:
        where.add(f"{'' if asked['kind'] == 'look' else 'not '}t.verb = any({{}})", sorted(LOOKS))
    limit = where.page(paging, "t.at")
    of_child, children = "t.child_id = $2", "array[$2::uuid]"
    if merged:
        children = f"{where.place([child_id, *merged])}::uuid[]"
        of_child = f"t.child_id = any({children})"
    unhidden = ""
    if hidden:
        hidden_ids = where.place([str(item) for item in hidden])
        unhidden = f"and {SHOWN_NONE.format(hidden_ids)}"
    statement = LOG.format(
        behind=BEHIND, shown=where, limit=limit, of_child=of_child, children=children,
        unhidden=unhidden,
    )  # fmt: skip
    return await driver.rows(statement, *where.values)


def _without_hidden_files(access: AccessFilter, conditions: Conditions) -> None:
    """Leave out shares and referrals that the reader must not know of."""
    for table in ("share", "referral"):
        files = conditions.beside()
        access.keep_file(table, files)
        if str(files) != "true":
            conditions.keep(
                f"(t.noun <> '{table}' or coalesce((select true from {table} x "
                f"where x.school_id = $1 and x.id = t.noun_id and {files} limit 1), false))"
            )
