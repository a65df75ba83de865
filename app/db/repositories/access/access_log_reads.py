"""Reads of one child's access log: the trail of the child, and of every thing in its file."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.core.behind import NOT_TO_OWN
from app.core.verbs import LOOKS
from app.db.paging import Conditions, PageOf
from app.db.repositories.access.audit_reads import ABOUT_READER
from app.db.repositories.concern_sight import Sight
from app.db.repositories.sources import class_of_entry, of_entry
from app.db.session import Driver

# A concern with several children is opened once per child, so those entries stand by themselves.
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
   where t.school_id = $1 and t.child_id = $2 and {shown}
   order by t.at desc, t.id desc limit {limit})
  union all
  (select t.id, t.at, t.verb, t.noun, t.noun_id, t.actor_id, t.actor_role, t.session_id, t.details
   from about a join trail t on t.school_id = $1 and t.noun_id = a.id {behind}
   where t.child_id is distinct from $2 and {shown}
     and t.verb <> all('{{concern.opened,attachment.opened,action.opened}}'::text[])
   order by t.at desc, t.id desc limit {limit}))
select t.id, t.at, t.verb, t.noun, t.noun_id, t.actor_id, s.name, t.actor_role, t.session_id,
       t.details->>'rule' as rule, t.details->>'part' as part
from found t left join staff s on s.school_id = $1 and s.id = t.actor_id
order by t.at desc, t.id desc limit {limit}
"""
BEHIND = f"""
   cross join lateral (
     select coalesce({of_entry("t")}, a.concern_id, (t.details->>'concern_id')::uuid) as concern_id,
            coalesce(a.confidentiality, {class_of_entry("t")}) as class offset 0) b
"""
"""Worked out before it is compared: see `concern_sight.looked_up`."""
SEEN = (
    "(b.concern_id is null or (select true from concern c where c.school_id = $1 "
    "and c.id = b.concern_id and {visible} limit 1))"
)
KEPT_FROM = (
    "not coalesce(t.noun = 'task' and (select {} = any(k.barred) and k.kind <> all({}::text[]) "
    "from task k where k.school_id = $1 and k.id = t.noun_id), false)"
)
"""Nobody reads of a task that is kept from them."""


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
    sight.keep(visible)
    shown = Conditions()
    shown.values = visible.values
    shown.add(SEEN.replace("{visible}", str(visible).replace("{", "{{").replace("}", "}}")))
    shown.add(
        "(b.concern_id is not null or b.class is null or b.class = any({}::text[]))",
        list(sight.classes),
    )
    _without_hidden_files(sight, shown)
    shown.add(KEPT_FROM, sight.actor.id, list(NOT_TO_OWN))
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
        shown.add(f"{'' if asked['kind'] == 'look' else 'not '}t.verb = any({{}})", sorted(LOOKS))
    if paging.after is not None:
        shown.add("(t.at, t.id) < ({}::timestamptz, {}::uuid)", paging.after.at, paging.after.id)
    limit = shown.place(paging.fetch)
    statement = LOG.format(behind=BEHIND, shown=shown, limit=limit)
    return await driver.rows(statement, *shown.values)


def _without_hidden_files(sight: Sight, shown: Conditions) -> None:
    """Without shares and referrals that the reader must not know of."""
    for table in ("share", "referral"):
        files = Conditions()
        files.values = shown.values
        sight.keep_file(table, files)
        if str(files) != "true":
            shown.keep(
                f"(t.noun <> '{table}' or coalesce((select true from {table} x "
                f"where x.school_id = $1 and x.id = t.noun_id and {files} limit 1), false))"
            )
