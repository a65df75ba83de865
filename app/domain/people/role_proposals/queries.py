"""Reads of role proposals."""

from typing import Any
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.cards import with_people
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.people import provisioning
from app.db.session import Driver
from app.domain import policy
from app.domain.common.role_rights.queries import FOR_PEOPLE
from app.domain.people.memberships.commands import own_rights
from app.domain.people.memberships.rules import can_give
from app.domain.people.role_proposals.errors import RoleProposalNotFound

Row = dict[str, Any]


async def list_role_proposals(reading: Reading, state: str | None, asked: PageOf) -> Page[Row]:
    """List the roles that groups propose, newest first."""
    actor = reading.actor
    rows = await provisioning.proposals(reading.driver, actor.school_id, state, asked)
    return page_of(rows, asked, key=cursor_of, shape=lambda row: card_of(_proposal(actor, row)))


async def read_role_proposal(driver: Driver, actor: Actor, proposal_id: UUID) -> Row:
    """Get one proposal, with what this reader may do next. Raises `RoleProposalNotFound`."""
    row = await provisioning.proposal_of(driver, actor.school_id, proposal_id)
    if row is None:
        raise RoleProposalNotFound
    return _proposal(actor, row)


def _proposal(actor: Actor, row: Any) -> Row:
    may = row["state"] == "proposed" and policy.may(actor, Permission.ROLE_GRANT)
    decide = ["refuse_role_proposal"]
    rights = FOR_PEOPLE.get(row["role"])
    if rights is None or can_give(own_rights(actor), rights):
        decide.insert(0, "confirm_role_proposal")
    mine = row["person_id"] == actor.id
    proposal = with_people(row, "person", "owner", "decided_by")
    return {**proposal, "permissions": decide if may and not mine else []}


def card_of(row: Any) -> Row:
    """A row of a list; only a single record carries its version, as its ETag."""
    return {name: value for name, value in dict(row).items() if name != "version"}


def cursor_of(row: Any) -> Cursor:
    return Cursor(row["created_at"], row["id"])
