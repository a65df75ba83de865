"""The facts of a concern that decide who sees it, and conditions that keep people out."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor
from app.db.models.base import SchoolRow
from app.db.paging import Conditions
from app.db.session import Driver

FACTS = """
       c.id as facts_id, c.confidentiality, c.reporter_id, c.owner_id,
       coalesce((select array_agg(a.owner_id) from action a
                 where a.school_id = $1 and a.concern_id = c.id and a.state = 'open'), '{}')
         as action_owners,
       coalesce((select jsonb_agg(jsonb_build_array(k.year_group, k.registration_group, k.id))
                 from concern_child cc
                 join child k on k.school_id = $1 and k.id = cc.child_id
                 where cc.school_id = $1 and cc.id = c.id), '[]')::text as groups
"""
"""Columns of a concern (alias `c`) that `concern_access_from` reads."""
SIGHT = f"select {FACTS} from concern c where c.school_id = $1 and c.id = "
"""For one id, or for any of several."""


@dataclass(frozen=True, slots=True)
class Pupil:
    """The facts of a child that decide who reaches them."""

    id: UUID
    year_group: str | None
    registration_group: str | None


@dataclass(frozen=True, slots=True)
class ConcernAccess:
    """The facts of one concern that decide who sees it."""

    id: UUID
    confidentiality: str
    reporter_id: UUID
    owner_id: UUID | None
    action_owners: tuple[UUID, ...]
    groups: tuple[tuple[str | None, str | None], ...]
    children: tuple[UUID, ...]


async def access_to(driver: Driver, school_id: UUID, concern_id: UUID) -> ConcernAccess | None:
    """The facts that decide who may see a concern; None if it does not exist."""
    row: Any = await driver.row(f"{SIGHT}$2", school_id, concern_id)
    return None if row is None else concern_access_from(row)


async def access_to_each(
    driver: Driver, school_id: UUID, ids: Collection[UUID]
) -> dict[UUID, ConcernAccess]:
    """The same for several concerns, by id."""
    rows = await driver.rows(f"{SIGHT}any($2::uuid[])", school_id, list(ids)) if ids else ()
    return {row["facts_id"]: concern_access_from(row) for row in rows}


def concern_access_from(row: Mapping[str, Any]) -> ConcernAccess:
    """The facts in a row with the columns `FACTS`."""
    children = orjson.loads(row["groups"])
    return ConcernAccess(
        row["facts_id"],
        row["confidentiality"],
        row["reporter_id"],
        row["owner_id"],
        tuple(row["action_owners"]),
        tuple((year, group) for year, group, _ in children),
        tuple(UUID(child) for _, _, child in children),
    )


@dataclass(frozen=True, slots=True)
class AccessFilter:
    """Which concerns one actor sees; the chain that opens one decides what `keep` keeps."""

    actor: Actor
    keep: Callable[[Conditions], None]
    """Keep the concerns (alias `c`) that the actor may read whole."""
    keep_file: Callable[[str, Conditions], None]
    """Keep the shares or referrals (alias `x`) that the actor may know of."""
    keep_entries: Callable[[Conditions], None]
    """Keep chronology entries (alias `e`) whose concern (alias `c`) the actor reads.

    An entry without a concern stays if the actor reads its class.
    """
    keep_of_class: Callable[[str, str, Conditions], None]
    """Keep a child's rows without a concern, of a class and a child given as SQL."""
    keep_entry: Callable[[type[SchoolRow], Conditions], None]
    """Keep chronology entries (alias `e`) whose row (alias `t`) the actor may know of.

    The entry's class, its concern (alias `c`) and its child have conditions of their own already.
    """


# Scalar sub-selects, not EXISTS: the planner would hash EXISTS over every row of the school.
HAS_ACTION = (
    "(select true from action a where a.school_id = c.school_id and a.concern_id = c.id "
    "and a.owner_id = {} and a.state = 'open' limit 1)"
)
IN_COHORT = (
    "(select true from concern_child cc "
    "join child k on k.school_id = cc.school_id and k.id = cc.child_id "
    "where cc.school_id = c.school_id and cc.id = c.id "
    "and (k.year_group = any({}::text[]) or k.registration_group = any({}::text[])) limit 1)"
)


IS_ABOUT = (
    "(select true from concern_child cc where cc.school_id = c.school_id and cc.id = c.id "
    "and cc.child_id = any({}::uuid[]) limit 1)"
)
