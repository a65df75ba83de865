"""What an endpoint may be told: what its sponsor's role sees, and less.

An endpoint is no person. It owns nothing, is granted nothing and has no cohort; class K5 and the
adult register never leave by it, and what its sponsor has a conflict of interest about does not
either.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.words import ROLE_BY_NAME, Actor, Cohort, Permission, Rights, Role
from app.db.repositories.exchange import webhooks as stored
from app.db.session import Driver, known_member
from app.domain import policy
from app.domain.exchange.events.facts import entry_of, facts_for
from app.domain.exchange.events.kinds import told_kinds
from app.domain.exchange.events.sight import Sight, Told

NEVER = frozenset({"K5"})


def narrowed(rights: Rights) -> Rights:
    """What is left of a role's rights for an endpoint."""
    return Rights(
        permissions=rights.permissions,
        classes=rights.classes - NEVER,
        cohort_only=rights.cohort_only,
    )


async def audience_of(
    driver: Driver, school_id: UUID, endpoint: Any, now: datetime
) -> Actor | None:
    """The endpoint as a reader of events; None where nobody stands for it any more.

    Its sponsor has to hold the role in which they named its address, and the role has to be one
    that may change webhooks.
    """
    name = endpoint["sponsor_role"]
    found = await stored.sponsor(driver, school_id, endpoint["sponsor_id"], name, now)
    if found is None:
        return None
    built_in = ROLE_BY_NAME.get(name)
    person = Actor(
        endpoint["id"], school_id, built_in or Role.CUSTOM, custom_role=None if built_in else name
    )
    reader = known_member(person, found)
    rights = policy.rights_of(replace(reader, grants=()))
    if Permission.WEBHOOK_CHANGE not in rights.permissions:
        return None
    return replace(reader, rights=narrowed(rights), grants=(), cohort=Cohort())


async def still_told(
    driver: Driver, audience: Actor, sponsor_id: UUID, ids: Sequence[UUID]
) -> Collection[UUID]:
    """Those of some events that the endpoint may be told by what is known now."""
    rows = await stored.entries_of(driver, audience.school_id, ids)
    entries = [entry_of(row) for row in rows if row["verb"] in told_kinds()]
    sight = Sight(audience, await facts_for(driver, audience.school_id, entries), sponsor_id)
    return {entry.id for entry in entries if sight.of(entry) is Told.WHOLE}


def sees_as_much(actor: Actor, classes: Collection[str]) -> bool:
    """Whether a reader's role reads every class that an endpoint may be told of."""
    return frozenset(classes) - NEVER <= policy.rights_of(replace(actor, grants=())).classes
