"""Reads of one child's access log: the trail of the child, and of every thing in its file."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.repositories.audit_reads import ABOUT_READER
from app.db.repositories.concern_sight import Sight, visible_to
from app.db.session import Driver

LOOKS = (
    "child.opened", "concern.opened", "chronology.read", "attachment.opened", "action.opened",
    "share.opened", "referral.opened", "access_log.read", "access.explained", "share.read",
    "referral.read",
)  # fmt: skip
"""Verbs that only look."""

# A concern with several children is opened once per child, so those entries stand by themselves.
LOG = """
with mine as materialized (
  select c.id from concern_child k join concern c on c.school_id = $1 and c.id = k.id
  where k.school_id = $1 and k.child_id = $2 and {visible}),
about as materialized (
  select distinct on (e.thing_id) e.thing_id as id, e.concern_id, e.confidentiality
  from chronology_entry e where e.school_id = $1 and e.child_id = $2
  union all
  select g.id, g.concern_id, null from concern_child k
  join access_grant g on g.school_id = $1 and g.concern_id = k.id
  where k.school_id = $1 and k.child_id = $2),
found as (
  (select t.id, t.at, t.verb, t.noun, t.noun_id, t.actor_id, t.actor_role, t.session_id, t.details
   from trail t left join about a on a.id = t.noun_id
   where t.school_id = $1 and t.child_id = $2 and {shown}
   order by t.at desc, t.id desc limit {limit})
  union all
  (select t.id, t.at, t.verb, t.noun, t.noun_id, t.actor_id, t.actor_role, t.session_id, t.details
   from about a join trail t on t.school_id = $1 and t.noun_id = a.id
   where t.child_id is distinct from $2 and {shown}
     and t.verb <> all('{{concern.opened,attachment.opened,action.opened}}'::text[])
   order by t.at desc, t.id desc limit {limit}))
select t.id, t.at, t.verb, t.noun, t.noun_id, t.actor_id, s.name, t.actor_role, t.session_id,
       t.details->>'rule' as rule, t.details->>'part' as part
from found t left join staff s on s.school_id = $1 and s.id = t.actor_id
order by t.at desc, t.id desc limit {limit}
"""
OF_CONCERN = (
    "coalesce(case when t.noun = 'concern' then t.noun_id end, a.concern_id, "
    "(t.details->>'concern_id')::uuid)"
)


async def page_of_log(
    driver: Driver,
    sight: Sight,
    child_id: UUID,
    asked: Mapping[str, Any],
    paging: PageOf,
    hidden: Sequence[UUID],
) -> Sequence[Any]:
    """Entries newest first, one more than the page shows.

    Those about a concern or a class that the reader may not see are left out, and those about
    anything `hidden`: what the reader has a conflict of interest about.
    """
    visible = Conditions(sight.actor.school_id, child_id)
    visible_to(sight, visible)
    shown = Conditions()
    shown.values = visible.values
    shown.add(f"({OF_CONCERN} is null or {OF_CONCERN} in (select id from mine))")
    shown.add(
        "(a.confidentiality is null or a.concern_id is not null "
        "or a.confidentiality = any({}::text[]))",
        list(sight.classes),
    )
    shown.add(ABOUT_READER, str(sight.actor.id))
    if hidden:
        shown.add("(t.noun_id is null or t.noun_id <> all({}::uuid[]))", hidden)
    plain: list[tuple[str, Any]] = [
        ("t.actor_id = {}", asked.get("staff_id")),
        ("t.verb = {}", asked.get("did")),
        ("t.at >= {}", asked.get("since")),
        ("t.at < {}", asked.get("until")),
    ]
    for condition, value in plain:
        if value is not None:
            shown.add(condition, value)
    if asked.get("kind") is not None:
        shown.add(f"{'' if asked['kind'] == 'look' else 'not '}t.verb = any({{}})", list(LOOKS))
    if paging.after is not None:
        shown.add("(t.at, t.id) < ({}::timestamptz, {}::uuid)", paging.after.at, paging.after.id)
    limit = shown.place(paging.fetch)
    statement = LOG.format(visible=visible, shown=shown, limit=limit)
    return await driver.rows(statement, *shown.values)
