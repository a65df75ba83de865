"""Whether somebody may read what a share or a referral is made of."""

from dataclasses import replace

from app.core.words import Actor, Permission
from app.db.facts import Facts
from app.db.item_visibility import for_opening
from app.db.repositories.shared_items import Gate, ItemRow
from app.db.visibility import Reader
from app.domain import policy, visibility
from app.domain.access.checks.concerns import reads_concern
from app.domain.policy import Effect


def sees(actor: Actor, row: ItemRow | None) -> bool:
    """Whether the actor may read an item."""
    if row is None or (row.record and not policy.may(actor, Permission.SAFETY_READ)):
        return False
    return all(_opens(actor, gate) for gate in row.gates)


def passes_on(actor: Actor, row: ItemRow) -> bool:
    """Whether the actor sees an item without any grant: none can be made to last in a copy."""
    return sees(replace(actor, grants=()), row)


def is_sealed(actor: Actor, row: ItemRow | None) -> bool:
    """Whether an item is of class K5 and not for this person: not even that it is there."""
    gates = row.gates if row else ()
    return any(gate.confidentiality == "K5" and not _opens(actor, gate) for gate in gates)


def _hidden(reader: Reader, facts: Facts) -> int:
    return sum(not sees(reader.actor, row) for row in facts.items)


EVERY_ITEM: visibility.Chain = visibility.First((
    visibility.Rule(
        "items", for_opening(lambda reader, facts: not _hidden(reader, facts)),
        Effect.ALLOW, Effect.DENY, yes="every item in it may be seen",
        no=lambda reader, facts: f"it holds {_hidden(reader, facts)} items that may not be seen",
    ),
))  # fmt: skip
"""Opening what is made of items: its words tell of every one."""


def _opens(actor: Actor, gate: Gate) -> bool:
    if gate.sight is not None:
        return reads_concern(actor, gate.sight)
    return gate.own_class is None or bool(policy.may_see_class(actor, gate.own_class))
