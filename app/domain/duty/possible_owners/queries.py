"""List possible owners, by the same rule that later refuses an unsuitable one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.ids import NIL
from app.core.words import Permission
from app.db.facts import Facts, facts_of
from app.db.reading import Reading
from app.db.repositories.duty import owners as stored
from app.db.repositories.people.roles import defined_in
from app.domain import kinds, policy
from app.domain.common.owners import rules
from app.domain.common.owners.queries import person_of, thing_of
from app.domain.common.owners.rules import OwnedResource
from app.domain.common.role_rights.queries import FOR_PEOPLE
from app.domain.duty.possible_owners.errors import WorkNotFound


async def get_possible_owners(
    reading: Reading, kind: str, of: str, of_id: UUID
) -> list[Mapping[str, Any]]:
    """List who could own one of a kind today: an existing one (`of` is its kind), or a new one.

    A new one belongs to a concern or a child. An ended one has no possible owners. Raises
    `PermissionMissing`, and `WorkNotFound` for what the reader may not open.
    """
    policy.require(reading.actor, Permission.ACTION_SET)
    driver, school_id = reading.driver, reading.actor.school_id
    described = kinds.KINDS[of]
    facts = (await facts_of(driver, school_id, described.model, [of_id])).get(of_id)
    if facts is None or not described.shows(reading.actor, facts):
        raise WorkNotFound
    if of != kind:
        return await _able(reading, _new(kind, facts))
    row = await stored.owned_one(driver, school_id, reading.today, kind, of_id)
    return [] if row is None else await _able(reading, thing_of(row))


def _new(kind: str, facts: Facts) -> OwnedResource:
    """One of a kind that someone is about to make for a concern or a child."""
    concern, children = facts.concern, kinds.children_of(facts)
    if concern is None:
        return OwnedResource(kind, NIL, None, about=frozenset(children))
    return OwnedResource(
        kind, NIL, None, concern.confidentiality, concern.id, frozenset({concern.id, *children})
    )


async def _able(reading: Reading, thing: OwnedResource) -> list[Mapping[str, Any]]:
    driver, school_id = reading.driver, reading.actor.school_id
    here = {**FOR_PEOPLE, **await defined_in(driver, school_id)}
    rows = await stored.people(driver, school_id, reading.today, everybody=True)
    able = [
        (person, row["name"])
        for row in rows
        if rules.why_not(person := person_of(row, here), thing) is None
    ]
    able.sort(key=lambda item: (item[0].away, rules.rank(item[0]), item[1]))
    return [
        {
            "id": person.id, "name": name, "roles": person.roles, "away": person.away,
            "owns_it": person.id == thing.owner_id,
        }
        for person, name in able
    ]  # fmt: skip
