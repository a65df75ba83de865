"""What is open in a school, whatever it is: one row for each thing, with its owner and due time.

The one list of nouns that someone has to act on. A new noun joins by a line in `OPEN`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.db.models import KIND_MODELS, SchoolRow
from app.db.models.base import NO_ID, TODAY
from app.db.repositories.concern_sight import FROM_ITEMS
from app.db.repositories.sources import of_check_in, of_task
from app.db.session import Driver


@dataclass(frozen=True, slots=True)
class OpenNoun:
    """Where a noun is kept, and which of its rows (alias `t`) are open."""

    table: str
    is_open: str
    concern: str = "null::uuid"
    """The concern whose conflicts of interest lock people out from it."""
    child: str = "null::uuid"
    urgent: str = "false"
    confidentiality: str = "null::text"
    """The class of record its owner has to read."""
    barred: str = "null::uuid[]"
    """People who must never own it, whatever they may."""
    told: str = "null::uuid[]"
    """Further concerns that it tells of."""


OF_CONCERN = (
    "(select c.confidentiality from concern c where c.school_id = $1 and c.id = t.concern_id)"
)
OWN_DUTY = "(case when t.duty_of = t.owner_id and t.sent_at is null then 'own_duty' end)"
TOLD = f"""
array(select case made.kind
               when 'concern' then made.id
               when 'record' then (select r.concern_id from safety_record r
                                   where r.school_id = $1 and r.id = made.id)
               else (select d.concern_id from decision d
                     where d.school_id = $1 and d.id = made.id) end
      from {FROM_ITEMS.format(items="t.items", source="")}
      where made.kind in ('concern', 'decision', 'record'))
"""

BEHIND_TASK = f"""
(case when t.about_noun = 'linked_worry'
      then (select w.event_ids from linked_worry w where w.school_id = $1 and w.id = t.about_id)
      else array[{of_task("t")}] end)
"""
"""The concerns behind a task: of linked worries all of them, else the one it was made for."""


def _described(model: type[SchoolRow]) -> OpenNoun:
    """A kind as its model describes it; a row of a concern has the concern's class."""
    stored = model.stored()
    of_concern = stored.concern != NO_ID
    own = f"coalesce({OF_CONCERN}, {stored.own_class})" if of_concern else stored.own_class
    return OpenNoun(
        model.__tablename__, stored.open_when, stored.concern, stored.child, stored.urgent, own,
        stored.barred, stored.mentions,
    )  # fmt: skip


OPEN: Mapping[str, OpenNoun] = {
    **{noun: _described(model) for noun, model in sorted(KIND_MODELS.items())},
    "concern": OpenNoun(
        "concern", "t.ended_at is null and t.frozen_at is null", concern="t.id",
        urgent="t.immediacy = 'immediate_danger' and t.acknowledged_at is null",
        confidentiality="t.confidentiality",
    ),
    "share": OpenNoun("share", "t.ended_at is null", child="t.child_id", told=TOLD),
    "referral": OpenNoun(
        "referral", "t.ended_at is null", concern="t.concern_id", child="t.child_id",
        urgent="t.urgency = 'emergency'", told=TOLD,
        confidentiality=OWN_DUTY,
    ),
    "task": OpenNoun(
        "task", "t.ended_at is null", concern="t.concern_id", child="t.child_id",
        urgent="t.urgent", confidentiality="t.confidentiality", barred="t.barred",
        told=BEHIND_TASK,
    ),
    "check_in": OpenNoun(
        "check_in", "t.ended_at is null", child="t.child_id", confidentiality="'anyone'::text",
        told=f"array[{of_check_in('t')}]",
    ),
}  # fmt: skip

ONE = """
select '{noun}' as noun, t.id, t.owner_id, t.due_at, {concern} as concern_id, {child} as child_id,
       {urgent} as urgent{more}
from {table} t where t.school_id = $1 and {is_open}
"""


OWNED = {
    **OPEN,
    **{
        noun: replace(OPEN[noun], is_open=owned)
        for noun, model in KIND_MODELS.items()
        if (owned := model.stored().owned_when) is not None
    },
}
"""What has an owner: everything open, and a webhook that runs well, too."""
EVER = {noun: replace(kept, is_open="true") for noun, kept in OPEN.items()}
"""The same nouns, ended or not."""
MORE = """,
       {confidentiality} as confidentiality, {barred} as barred, {told} as told"""


def _one(noun: str, *, more: bool = False, among: Mapping[str, OpenNoun] = OPEN) -> str:
    kept = among[noun]
    facts = (
        MORE.format(confidentiality=kept.confidentiality, barred=kept.barred, told=kept.told)
        if more
        else ""
    )
    return ONE.format(
        noun=noun, concern=kept.concern, child=kept.child, urgent=kept.urgent, table=kept.table,
        is_open=kept.is_open, more=facts,
    )  # fmt: skip


def every_owner() -> str:
    """A select of everything open in a school (`$1`, day `$2`) and what decides who may own it."""
    every = " union all ".join(_one(noun, more=True, among=OWNED) for noun in OWNED)
    return every.replace(TODAY, "$2::date")


EVERYTHING = " union all ".join(_one(noun) for noun in OPEN)
ASTRAY = f"""
select coalesce(o.noun, d.noun) as noun, coalesce(o.id, d.thing_id) as id,
       case when d.id is null then 'no_clock' when o.id is null then 'clock_of_nothing'
            when o.due_at is distinct from d.due_at then 'other_time' else 'no_owner' end as fault
from ({EVERYTHING}) o
full join (select * from deadline where school_id = $1 and ended_at is null) d
  on d.noun = o.noun and d.thing_id = o.id
where d.id is null or o.id is null or o.due_at is distinct from d.due_at or o.owner_id is null
"""


async def open_with_facts(
    driver: Driver, school_id: UUID, noun: str, ids: Sequence[UUID], *, ended: bool = False
) -> Sequence[Any]:
    """Those of the things that are open, with what decides who may be told of them.

    `ended` has those that are not open any more, too.
    """
    statement = f"{_one(noun, more=True, among=EVER if ended else OPEN)} and t.id = any($2::uuid[])"
    return await driver.rows(statement, school_id, list(ids))


async def astray(driver: Driver, school_id: UUID) -> Sequence[Any]:
    """Open things without owner or clock, and clocks of nothing: there must never be any."""
    return await driver.rows(ASTRAY, school_id)
