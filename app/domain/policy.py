"""Permissions: one table of roles, and the need-to-know rules with their reasons."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.core.words import Actor, Permission, Rights, Role
from app.domain import role_table
from app.domain.errors import PermissionMissing, SecondFactorNeeded, StepUpNeeded

P = Permission
ROLE_PERMISSIONS = role_table.ROLE_PERMISSIONS
BY_GRANT = role_table.BY_GRANT
CLASS_SIGHT = role_table.CLASS_SIGHT

COHORT_SIGHT: Final = frozenset({"K2"})
LEADS: Final = (Role.DSL, Role.DEPUTY_DSL)
SEALED: Final = ("K5", "K6")
"""Classes that no assignment opens; only the adult register reads K6."""
NOTHING: Final = Rights()
BUILT_IN: Final[dict[Role, Rights]] = {
    role: Rights(
        permissions=held,
        classes=CLASS_SIGHT.get(role, frozenset()),
        cohort_classes=COHORT_SIGHT if role is Role.PASTORAL else frozenset(),
        cohort_only=role is Role.PASTORAL,
    )
    for role, held in ROLE_PERMISSIONS.items()
}

SERVICE_SCOPES: Final = frozenset(
    {
        P.ROSTER_IMPORT, P.ROSTER_READ, P.STAFF_PROVISION, P.ALERT_INTAKE, P.REFERRAL_ANSWER,
        P.ATTENDANCE_SEND, P.HISTORY_PREPARE, P.SCHOOL_EXPORT,
    }
)  # fmt: skip
"""Permissions that a service key can hold.

They cover roster facts, what an agency was sent, and the whole school encrypted to a key that two
people vouched for.
"""
GUARDED: Final = frozenset(
    {
        P.STAFF_CHANGE, P.ROLE_GRANT, P.KEY_CHANGE, P.AUDIT_READ, P.ACCESS_GRANT, P.ACCESS_BREAK,
        P.ADULT_READ, P.WEBHOOK_CHANGE, P.INTAKE_CHANGE, P.MONITORING_READ, P.WORK_HAND_OVER,
        P.TRANSFER_WRITE, P.TRANSFER_APPROVE, P.TRANSFER_ACCEPT, P.DOCUMENT_PRINT, P.SAFETY_READ,
        P.SAFETY_WRITE, P.SUPPORT_LIST_READ, P.LINKED_CONCERNS_READ, P.BEREAVEMENT_READ,
        P.BEREAVEMENT_WRITE, P.SCHOOL_FOUND, P.HISTORY_APPROVE, P.SCHOOL_EXPORT,
    }
)  # fmt: skip
"""Permissions that need a second factor, as does reading any class without a cohort."""
SECOND_FACTORS: Final = frozenset({"otp", "hwk", "mfa"})
"""Values of `amr` (RFC 8176) that prove more than a password."""
EVERYDAY: Final = ROLE_PERMISSIONS[Role.STAFF]
"""What every member of staff may do with a password alone."""


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer with the reason that decided it, fit to show to a person."""

    allowed: bool
    reason: str
    rule: str = ""
    """Rule code, where Cairn shows one (`access_reasons`)."""

    def __bool__(self) -> bool:
        return self.allowed


class Effect(StrEnum):
    """A rule's answer: the first that does not pass decides."""

    ALLOW = "allow"
    DENY = "deny"
    PASS = "pass"  # noqa: S105 - not a password


@dataclass(frozen=True, slots=True)
class Step:
    """One rule of a chain and its answer."""

    rule: str
    effect: Effect
    reason: str

    @property
    def code(self) -> str:
        """Rule code, or `break_glass` for emergency access (`access_reasons`)."""
        return "break_glass" if self.reason.startswith("break-glass") else self.rule


def rights_of(actor: Actor) -> Rights:
    """Rights of the actor's role, plus opening whatever a live grant covers."""
    rights = own_rights(actor)
    if actor.grants and P.CONCERN_READ not in rights.permissions:
        return replace(rights, permissions=rights.permissions | BY_GRANT, cohort_only=True)
    if actor.grants and P.SAFETY_READ not in rights.permissions:
        return replace(rights, permissions=rights.permissions | {P.SAFETY_READ})
    return rights


def own_rights(actor: Actor) -> Rights:
    """Rights of the actor's role without any grant."""
    return actor.rights or BUILT_IN.get(actor.role, NOTHING)


def reads_safety(actor: Actor, child_id: UUID) -> bool:
    """Whether the actor reads this child's safety records, by role or by grant."""
    rights = own_rights(actor)
    granted = any(grant.child_id == child_id for grant in actor.grants)
    return P.SAFETY_READ in rights.permissions or granted


def reads_by_role(actor: Actor) -> bool:
    """Whether the role itself reads concerns; a grant lends this only for what it covers."""
    rights = own_rights(actor)
    return P.CONCERN_READ in rights.permissions


def may(actor: Actor, permission: Permission) -> Decision:
    """Whether the actor's role carries a permission."""
    if permission in rights_of(actor).permissions:
        return Decision(True, f"role {actor.role_name} may {permission}")
    return Decision(False, f"role {actor.role_name} may not {permission}")


def require(actor: Actor, permission: Permission) -> None:
    """Raise `PermissionMissing` unless the actor's role carries the permission."""
    if not may(actor, permission):
        raise PermissionMissing


def require_any(actor: Actor, *permissions: Permission) -> None:
    """Raise `PermissionMissing` unless the actor's role carries one of the permissions."""
    if not any(may(actor, permission) for permission in permissions):
        raise PermissionMissing


def needs_second_factor(rights: Rights) -> bool:
    """Whether a role is so powerful that a password alone is not enough."""
    return bool(rights.classes or rights.permissions & GUARDED)


def proved(actor: Actor) -> Actor:
    """Limit the actor to the rights that the session's proof supports.

    Without a second factor, grants do not count. If the role needs one, or the school asks this
    role for one, only what every member of staff may do is left.
    """
    if not actor.is_person or SECOND_FACTORS.intersection(actor.amr):
        return actor
    own = replace(actor, grants=()) if actor.grants else actor
    if _role_asks(own):
        rights = rights_of(own)
        few = replace(NOTHING, permissions=rights.permissions & EVERYDAY)
        return replace(own, rights=replace(few, cohort_only=rights.cohort_only), whole=actor)
    return replace(own, whole=actor) if actor.grants else actor


def _role_asks(actor: Actor) -> bool:
    return actor.second_factor_asked or needs_second_factor(rights_of(actor))


def require_second_factor(actor: Actor) -> None:
    """Raise `SecondFactorNeeded` for a person whose role needs one that the session lacks.

    A grant is not part of the role: without a second factor it does not count, and raises nothing.
    """
    if not actor.is_person or SECOND_FACTORS.intersection(actor.amr):
        return
    whole = actor.whole or actor
    if _role_asks(replace(whole, grants=()) if whole.grants else whole):
        raise SecondFactorNeeded


def require_proved(actor: Actor, permission: Permission) -> None:
    """Raise `PermissionMissing`, or `SecondFactorNeeded` if only a second factor is missing."""
    if may(actor, permission):
        return
    if actor.whole is not None and may(actor.whole, permission):
        raise SecondFactorNeeded
    raise PermissionMissing


def require_recent(actor: Actor, now: datetime, within: timedelta) -> None:
    """Raise `StepUpNeeded` unless the person proved who they are within the period.

    Programs are exempt: each shows its secret for every token, and tokens end within minutes.
    """
    if not actor.is_person:
        return
    if actor.auth_time is None or now - actor.auth_time > within:
        raise StepUpNeeded(int(within.total_seconds()))


def decided(chain: Iterable[Step]) -> Decision:
    """Decision of a chain: its last step."""
    last = list(chain)[-1]
    return Decision(last.effect is Effect.ALLOW, last.reason)


def may_see_class(actor: Actor, confidentiality: str, child_id: UUID) -> Decision:
    """Why the actor reads a class of record attached to a child but not to a concern, or not."""
    rights = rights_of(actor)
    if child_id in actor.conflicts.children:
        return Decision(False, "conflict of interest: related to the child")
    if confidentiality in rights.classes:
        return Decision(True, f"role {actor.role_name} reads class {confidentiality}", "class")
    if kind := granted_for(actor, confidentiality, children=(child_id,)):
        return Decision(True, "granted for this child's record, for a while", kind)
    if confidentiality in rights.cohort_classes:
        return Decision(True, f"pastoral: class {confidentiality}", "cohort")
    return Decision(False, f"role {actor.role_name} does not read class {confidentiality}")


def granted_for(
    actor: Actor,
    confidentiality: str,
    *,
    concern_id: UUID | None = None,
    children: Iterable[UUID] = (),
) -> str | None:
    """Kind of the live grant that covers a concern or a child in a class, or None."""
    about = frozenset(children)
    for grant in actor.grants:
        covers = grant.concern_id == concern_id if grant.concern_id else grant.child_id in about
        if covers and confidentiality in grant.classes:
            return grant.kind
    return None


def readable_classes(actor: Actor) -> tuple[str, ...]:
    """The classes of concern the actor reads without any further reason."""
    return tuple(sorted(rights_of(actor).classes)) if reads_by_role(actor) else ()


def at_least_as_closed(usual: str, *sources: str) -> str:
    """The class of a record made out of others: its usual one, or the most closed of theirs.

    Whatever makes one record out of another asks here. Only a person lowers a class, by a step that
    has a reason of its own.
    """
    return max(usual, *sources)


def can_own(rights: Rights, confidentiality: str) -> bool:
    """Whether a role can own a concern of a class: it reads it, if only through the assignment."""
    reads = P.CONCERN_READ in rights.permissions and P.CONCERN_COMMENT in rights.permissions
    return reads and (confidentiality not in SEALED or confidentiality in rights.classes)


def roles_with(permission: Permission) -> list[str]:
    """The built-in roles a person can hold that carry a permission."""
    return sorted(
        role.value
        for role, rights in BUILT_IN.items()
        if role is not Role.SYSTEM and permission in rights.permissions
    )


def triage_classes(actor: Actor) -> frozenset[str]:
    """Classes into which the actor may triage: those they read; for a cohort, K2 and K3."""
    rights = rights_of(actor)
    return rights.classes | ({"K2", "K3"} if rights.cohort_classes else frozenset())


def readers_of(confidentiality: str) -> list[str]:
    """The built-in roles that read a class of concern without any further reason."""
    return sorted(
        role.value
        for role, classes in CLASS_SIGHT.items()
        if confidentiality in classes and role is not Role.SYSTEM
    )
