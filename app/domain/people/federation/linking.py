"""Linking an account to somebody at an issuer."""

from uuid import UUID

from app.core.ids import NIL, new_id
from app.core.words import ROLE_BY_NAME, Actor, AuditEvent, Role
from app.db.models import AccountIdentity
from app.db.session import rights_from
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.people.federation import rules
from app.domain.people.sessions.notices import tell


def add_identity(
    work: UnitOfWork, account_id: UUID, who: rules.ProviderIdentity, linked_by: str
) -> UUID:
    """Link an account to somebody at an issuer, and tell the person by mail."""
    identity = AccountIdentity(
        id=new_id(),
        account_id=account_id,
        issuer=who.issuer,
        subject=who.subject,
        linked_by=linked_by,
        linked_at=work.now,
        last_used_at=None if linked_by == "person" else work.now,
    )
    work.federation.add(identity)
    work.record(
        AuditEvent.IDENTITY_LINKED, "identity", identity.id,
        details={"issuer": who.issuer, "linked_by": linked_by},
    )  # fmt: skip
    tell(work, account_id, "sign_in_method_added")
    return identity.id


async def needs_own_factor(work: UnitOfWork, account_id: UUID) -> bool:
    """Whether any role of a person, in any organisation, is too powerful for a provider's word.

    Roles that begin later count too, as do those of whoever has not joined yet. The work goes on
    in the scope it had.
    """
    asking, found = work.actor, False
    await work.rescope(Actor(id=account_id, school_id=NIL, role=Role.SYSTEM))
    for school_id in await work.federation.schools_of(account_id):
        await work.rescope(Actor(id=account_id, school_id=school_id, role=Role.SYSTEM))
        for role, rights, asked in await work.federation.roles_of(account_id, work.now):
            known = rights_from(rights) if rights else policy.BUILT_IN.get(_role(role))
            found |= asked or (known is not None and policy.needs_second_factor(known))
    await work.rescope(asking)
    return found


def _role(name: str) -> Role:
    return ROLE_BY_NAME.get(name, Role.CUSTOM)
