"""Everything open in a school, of any kind: one row each, with its owner and due time.

Built from the models of the kinds: a model with a clock (`__clocked__`) is included.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from app.db.models import KIND_MODELS, SchoolRow
from app.db.models.base import NO_ID, NO_IDS, TODAY


@dataclass(frozen=True, slots=True)
class OpenNoun:
    """The table of a noun, and which of its rows (alias `t`) are open."""

    table: str
    is_open: str
    concern: str = "null::uuid"
    """The concern whose conflicts of interest lock people out from it."""
    child: str = "null::uuid"
    urgent: str = "false"
    confidentiality: str = "null::text"
    """The class that its owner has to read."""
    barred: str = "null::uuid[]"
    """People who must never own it, whatever their role."""
    mentions: str = "null::uuid[]"
    """Further concerns that it mentions."""


OF_CONCERN = (
    "(select c.confidentiality from concern c where c.school_id = $1 and c.id = t.concern_id)"
)


def _described(model: type[SchoolRow]) -> OpenNoun:
    """A kind as its model describes it; a concern's row has the concern's class."""
    stored = model.stored()
    of_concern = stored.concern != NO_ID
    own = f"coalesce({OF_CONCERN}, {stored.own_class})" if of_concern else stored.own_class
    own = stored.owner_reads or own
    return OpenNoun(
        model.__tablename__, stored.open_when, stored.concern, stored.child, stored.urgent, own,
        stored.barred, stored.mentions,
    )  # fmt: skip


OPEN: Mapping[str, OpenNoun] = {
    resource_type: _described(model)
    for resource_type, model in sorted(KIND_MODELS.items())
    if hasattr(model, "__clocked__")
}

ONE = """
select '{noun}' as noun, t.id, t.owner_id, t.due_at, {concern} as concern_id, {child} as child_id,
       {urgent} as urgent{more}
from {table} t where t.school_id = $1 and {is_open}
"""


OWNED = {
    **OPEN,
    **{
        resource_type: replace(OPEN[resource_type], is_open=owned)
        for resource_type, model in KIND_MODELS.items()
        if resource_type in OPEN and (owned := model.stored().owned_when) is not None
    },
}
"""Everything with an owner: all open records, and also a webhook that works."""
MORE = """,
       {confidentiality} as confidentiality, {barred} as barred, {told} as told"""


def _select_open(
    resource_type: str, *, more: bool = False, among: Mapping[str, OpenNoun] = OPEN
) -> str:
    described = among[resource_type]
    facts = (
        MORE.format(
            confidentiality=described.confidentiality,
            barred=described.barred,
            told=described.mentions,
        )
        if more
        else ""
    )
    return ONE.format(
        noun=resource_type, concern=described.concern, child=described.child,
        urgent=described.urgent, table=described.table, is_open=described.is_open, more=facts,
    )  # fmt: skip


def every_owner(nouns: Iterable[str] = OWNED) -> str:
    """Select everything open in a school (`$1`, day `$2`), and the facts that decide its owners."""
    every = " union all ".join(
        _select_open(resource_type, more=True, among=OWNED) for resource_type in nouns
    )
    return every.replace(TODAY, "$2::date")


def about_concern(but: Collection[str]) -> str:
    """Select unended records of a school (`$1`) that hang on a concern (`$2`) or mention it.

    With or without a clock. Leaves out the kinds in `but`.
    """
    ending = {
        name: _described(model)
        for name, model in sorted(KIND_MODELS.items())
        if name not in but and "ended_at" in model.__table__.columns
    }
    return " union all ".join(
        f"select '{name}' as noun from {item.table} t where t.school_id = $1 and {item.is_open} "
        f"and ({item.concern} = $2 or $2 = any({item.mentions}))"
        for name, item in ending.items()
        if (item.concern, item.mentions) != (NO_ID, NO_IDS)
    )


EVERYTHING = " union all ".join(_select_open(resource_type) for resource_type in OPEN)
INCONSISTENT = f"""
select coalesce(o.noun, d.noun) as noun, coalesce(o.id, d.thing_id) as id,
       case when d.id is null then 'no_clock' when o.id is null then 'clock_of_nothing'
            when o.due_at is distinct from d.due_at then 'other_time' else 'no_owner' end as fault
from ({EVERYTHING}) o
full join (select * from deadline where school_id = $1 and ended_at is null) d
  on d.noun = o.noun and d.thing_id = o.id
where d.id is null or o.id is null or o.due_at is distinct from d.due_at or o.owner_id is null
"""
"""Open records without owner or clock, and clocks without a record: there must be none."""
