"""What of a concern decides who sees it: one statement for a single one, one filter for lists.

`domain.policy.may_see_concern` decides from `SIGHT`; `visible_to` is the same rule as SQL, and
a property test holds them together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor
from app.db.paging import Conditions

FACTS = """
       c.confidentiality, c.reporter_id, c.owner_id,
       coalesce((select array_agg(a.owner_id) from action a
                 where a.school_id = $1 and a.concern_id = c.id), '{}') as action_owners,
       coalesce((select jsonb_agg(jsonb_build_array(k.year_group, k.registration_group))
                 from concern_child cc
                 join child k on k.school_id = $1 and k.id = cc.child_id
                 where cc.school_id = $1 and cc.id = c.id), '[]')::text as groups
"""
"""Columns of a concern (alias `c`) from which `sight_from` makes a row."""
SIGHT = f"select {FACTS} from concern c where c.school_id = $1 and c.id = $2"


@dataclass(frozen=True, slots=True)
class SightRow:
    """The facts of one concern."""

    confidentiality: str
    reporter_id: UUID
    owner_id: UUID | None
    action_owners: tuple[UUID, ...]
    groups: tuple[tuple[str | None, str | None], ...]


def sight_from(row: Mapping[str, Any]) -> SightRow:
    """The facts in a row that has the columns `FACTS`."""
    return SightRow(
        row["confidentiality"],
        row["reporter_id"],
        row["owner_id"],
        tuple(row["action_owners"]),
        tuple((year, group) for year, group in orjson.loads(row["groups"])),
    )


@dataclass(frozen=True, slots=True)
class Sight:
    """How far one actor sees, as the policy table has it."""

    actor: Actor
    reads: bool
    classes: tuple[str, ...]
    cohort_classes: tuple[str, ...]


# Scalar sub-selects, not EXISTS: the planner would hash EXISTS over every row of the school.
HAS_ACTION = (
    "(select true from action a where a.school_id = c.school_id and a.concern_id = c.id "
    "and a.owner_id = {} limit 1)"
)
IN_COHORT = (
    "(select true from concern_child cc "
    "join child k on k.school_id = cc.school_id and k.id = cc.child_id "
    "where cc.school_id = c.school_id and cc.id = c.id "
    "and (k.year_group = any({}::text[]) or k.registration_group = any({}::text[])) limit 1)"
)


def visible_to(sight: Sight, where: Conditions) -> None:
    """Add the condition that keeps the concerns (alias `c`) this actor may read whole."""
    if not sight.reads:
        where.add("false")
        return
    if sight.classes:
        classes = "c.confidentiality = any({}::text[])"
        assigned = f"(c.confidentiality <> 'K5' and (c.owner_id = {{}} or {HAS_ACTION}))"
        where.add(f"({classes} or {assigned})", list(sight.classes), sight.actor.id, sight.actor.id)
        return
    where.add(
        f"(c.confidentiality <> 'K5' and (c.owner_id = {{}} or {HAS_ACTION}) "
        f"or c.confidentiality = any({{}}::text[]) and {IN_COHORT})",
        sight.actor.id,
        sight.actor.id,
        list(sight.cohort_classes),
        list(sight.actor.cohort.year_groups),
        list(sight.actor.cohort.registration_groups),
    )
