"""SQL for records of keeping a child safe: of one kind, newest first, and one whole."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor
from app.db.paging import Conditions, PageOf
from app.db.repositories.concern_sight import HAS_ACTION, exclude_conflicts
from app.db.session import Driver

ROW = """
select r.id, r.child_id, r.concern_id, r.kind, r.content::text as content, r.occurred_at,
       r.occurred_precision, r.recorded_at, r.late, r.by_id, b.name as by_name, r.by_role,
       coalesce(c.confidentiality, r.confidentiality) as confidentiality, r.supersedes_id,
       (select l.id from safety_record l
        where l.school_id = $1 and l.supersedes_id = r.id) as superseded_by_id,
       r.reason, r.post_event
from safety_record r
join staff b on b.school_id = $1 and b.id = r.by_id
left join concern c on c.school_id = $1 and c.id = r.concern_id
where r.school_id = $1 and {where}
"""
ONE = ROW.format(where="r.id = $2")
CONCERNS_ABOUT = """
select cc.id from concern_child cc
where cc.school_id = $1 and cc.child_id = $2 and cc.id = any($3::uuid[])
  and cc.role = any($4::text[])
"""


async def page_of_records(
    driver: Driver, actor: Actor, child_id: UUID, kind: str, classes: Sequence[str], paging: PageOf
) -> Sequence[Any]:
    """Rows that the actor reads, newest first."""
    where = Conditions(actor.school_id)
    where.add("r.child_id = {}", child_id)
    where.add("r.kind = {}", kind)
    where.add("coalesce(c.confidentiality, r.confidentiality) = any({}::text[])", list(classes))
    exclude_conflicts(actor, where, "r.concern_id")
    return await _page(driver, where, paging)


async def one(driver: Driver, school_id: UUID, record_id: UUID) -> Any:
    """A record that must exist, with the name of who wrote it."""
    return await driver.row(ONE, school_id, record_id)


def content_of(row: Any) -> Any:
    """What was written down, as it was sent."""
    return orjson.loads(row["content"])


async def concerns_about(
    driver: Driver, school_id: UUID, child_id: UUID, concerns: Sequence[UUID], roles: Sequence[str]
) -> frozenset[UUID]:
    """Those of the concerns in which a child has one of these parts."""
    rows = await driver.rows(CONCERNS_ABOUT, school_id, child_id, list(concerns), list(roles))
    return frozenset(row["id"] for row in rows)


async def page_of_concerned(
    driver: Driver, actor: Actor, child_id: UUID, kind: str, paging: PageOf, *, owns: bool
) -> Sequence[Any]:
    """Rows of concerns that were granted to the actor; with `owns` also of those, none of class

    K5, that they own or have something to do of.
    """
    where = Conditions(actor.school_id)
    where.add("r.child_id = {}", child_id)
    where.add("r.kind = {}", kind)
    ways, values = ["false"], list[Any]()
    if owns:
        ways.append(f"(c.confidentiality <> 'K5' and (c.owner_id = {{}} or {HAS_ACTION}))")
        values += [actor.id, actor.id]
    for grant in actor.grants:
        if grant.concern_id is not None:
            ways.append("(c.id = {} and c.confidentiality = any({}::text[]))")
            values += [grant.concern_id, list(grant.classes)]
    where.add(f"({' or '.join(ways)})", *values)
    exclude_conflicts(actor, where, "r.concern_id")
    return await _page(driver, where, paging)


async def _page(driver: Driver, where: Conditions, paging: PageOf) -> Sequence[Any]:
    if paging.after is not None:
        where.add(
            "(r.recorded_at, r.id) < ({}::timestamptz, {}::uuid)", paging.after.at, paging.after.id
        )
    limit = where.place(paging.fetch)
    statement = f"{ROW.format(where=where)} order by r.recorded_at desc, r.id desc limit {limit}"
    return await driver.rows(statement, *where.values)
