"""A record of any kind, as explanations see it: by the rules that open it."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from app.core.words import Actor
from app.db import facts as row_facts
from app.db.unit_of_work import UnitOfWork
from app.domain.errors import NotFound
from app.domain.kinds import KINDS, children_of
from app.domain.policy import Step


@dataclass(frozen=True, slots=True)
class Thing:
    """What decides about one thing, and the children it is about."""

    judge: Callable[[Actor], tuple[Step, ...]]
    children: tuple[UUID, ...]
    missing: type[NotFound]


async def thing_named(work: UnitOfWork, name: str, id_: UUID) -> Thing:
    """What decides about one thing. Raises the kind's `missing`."""
    kind = KINDS[name]
    rows = await row_facts.facts_of(await work.driver(), work.actor.school_id, kind.model, [id_])
    if (facts := rows.get(id_)) is None:
        raise kind.missing
    return Thing(lambda actor: kind.reasons(actor, facts), tuple(children_of(facts)), kind.missing)
