"""Who may do what: one table of roles, and the need-to-know predicates with their reasons."""

from dataclasses import dataclass

from app.core.words import Actor, Permission, Role
from app.domain.errors import PermissionMissing

P = Permission

_EVERYONE_IN_SCHOOL = frozenset(
    {
        P.SCHOOL_READ, P.STAFF_READ, P.CHILD_SEARCH, P.CONCERN_RAISE, P.CONCERN_AMEND,
        P.ACTION_COMPLETE, P.ALERT_READ,
    }
)  # fmt: skip
_PASTORAL = _EVERYONE_IN_SCHOOL | {
    P.CHILD_OPEN, P.CHRONOLOGY_READ, P.CONCERN_READ, P.CONCERN_COMMENT, P.CONCERN_TRIAGE,
    P.ACTION_SET,
}  # fmt: skip
_DEPUTY = _PASTORAL | {
    P.CHILD_CHANGE, P.CHILD_SAFEGUARD, P.CONCERN_DECIDE, P.CONCERN_WITHDRAW, P.CONCERN_CLOSE,
    P.SHARE_READ, P.SHARE_WRITE, P.REFERRAL_READ, P.REFERRAL_WRITE, P.AGENCY_READ,
}  # fmt: skip
_LEAD = _DEPUTY | {
    P.CONCERN_SIGN, P.SHARE_APPROVE, P.REFERRAL_APPROVE, P.AGENCY_CHANGE,
}  # fmt: skip
_HEAD = _PASTORAL | {
    P.CONCERN_SIGN, P.CONCERN_DECIDE, P.SHARE_READ, P.SHARE_APPROVE, P.REFERRAL_READ,
    P.REFERRAL_APPROVE, P.AGENCY_READ,
}  # fmt: skip

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.STAFF: _EVERYONE_IN_SCHOOL,
    Role.PASTORAL: _PASTORAL,
    Role.DEPUTY_DSL: _DEPUTY,
    Role.DSL: _LEAD,
    Role.HEADTEACHER: _HEAD,
    Role.GOVERNOR: frozenset({P.SCHOOL_READ}),
    Role.TRUST_LEAD: frozenset({P.SCHOOL_READ}),
    Role.RECORDS_OFFICER: frozenset({P.SCHOOL_READ, P.STAFF_READ, P.ALERT_READ}),
    Role.SCHOOL_ADMIN: frozenset(
        {
            P.SCHOOL_READ, P.SCHOOL_CHANGE, P.STAFF_READ, P.STAFF_CHANGE, P.CHILD_SEARCH,
            P.CHILD_CHANGE, P.ROSTER_IMPORT, P.ALERT_READ,
        }
    ),
    Role.ROSTER_SYNC: frozenset({P.ROSTER_IMPORT}),
    Role.ALERT_INTAKE: frozenset(),
    Role.SYSTEM: frozenset(Permission),
}  # fmt: skip

CLASS_SIGHT: dict[Role, frozenset[str]] = {
    Role.DEPUTY_DSL: frozenset({"K2", "K3", "K4"}),
    Role.DSL: frozenset({"K2", "K3", "K4", "K5"}),
    Role.HEADTEACHER: frozenset({"K2", "K3", "K4"}),
    Role.SYSTEM: frozenset({"K2", "K3", "K4", "K5"}),
}
COHORT_SIGHT = frozenset({"K2"})
LEADS = (Role.DSL, Role.DEPUTY_DSL)


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer with the reason that decided it, fit to be shown to a person."""

    allowed: bool
    reason: str

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True, slots=True)
class ConcernFacts:
    """What of a concern decides who may see it."""

    confidentiality: str
    is_reporter: bool
    is_assigned: bool
    in_cohort: bool


def permissions_of(role: Role) -> frozenset[Permission]:
    """Everything a role may do; an unknown role may do nothing."""
    return ROLE_PERMISSIONS.get(role, frozenset())


def may(actor: Actor, permission: Permission) -> Decision:
    """Whether the actor's role carries a permission."""
    if permission in permissions_of(actor.role):
        return Decision(True, f"role {actor.role} may {permission}")
    return Decision(False, f"role {actor.role} may not {permission}")


def require(actor: Actor, permission: Permission) -> None:
    """Raise `PermissionMissing` unless the actor's role carries the permission."""
    if not may(actor, permission):
        raise PermissionMissing


def may_see_concern(actor: Actor, facts: ConcernFacts) -> Decision:
    """Whether the actor may read the whole of a concern, discussion and decisions included."""
    if P.CONCERN_READ not in permissions_of(actor.role):
        return Decision(False, f"role {actor.role} does not read concerns")
    if facts.confidentiality in CLASS_SIGHT.get(actor.role, frozenset()):
        return Decision(True, f"role {actor.role} reads class {facts.confidentiality}")
    if facts.confidentiality == "K5":
        return Decision(False, "class K5 is read by the lead, or by grant")
    if facts.is_assigned:
        return Decision(True, "assigned: owner of the concern or of one of its actions")
    if facts.in_cohort and facts.confidentiality in cohort_sight(actor.role):
        return Decision(True, "pastoral: a child of the own cohort, class K2")
    return Decision(False, f"role {actor.role} has no working reason for this concern")


def may_see_own_submission(_actor: Actor, facts: ConcernFacts) -> Decision:
    """Whether the actor may read their own account and its content-free progress (K1)."""
    if facts.is_reporter:
        return Decision(True, "reporter: own submission and its progress")
    return Decision(False, "not the reporter")


def may_see_class(actor: Actor, confidentiality: str) -> Decision:
    """Whether the actor's role reads a class of record that hangs on no concern."""
    if confidentiality in CLASS_SIGHT.get(actor.role, frozenset()):
        return Decision(True, f"role {actor.role} reads class {confidentiality}")
    if actor.role is Role.PASTORAL and confidentiality in COHORT_SIGHT:
        return Decision(True, "pastoral: class K2")
    return Decision(False, f"role {actor.role} does not read class {confidentiality}")


def class_sight(role: Role) -> tuple[str, ...]:
    """The classes of concern a role reads without any further reason."""
    return tuple(sorted(CLASS_SIGHT.get(role, frozenset())))


def cohort_sight(role: Role) -> tuple[str, ...]:
    """The classes a role reads when a child is of the own cohort."""
    return tuple(sorted(COHORT_SIGHT)) if role is Role.PASTORAL else ()


def owner_roles(confidentiality: str) -> list[str]:
    """The roles that can own a concern of a class: they read it, if need be by the assignment."""
    return sorted(
        role.value
        for role, held in ROLE_PERMISSIONS.items()
        if P.CONCERN_READ in held
        and role is not Role.SYSTEM
        and (confidentiality != "K5" or "K5" in CLASS_SIGHT.get(role, frozenset()))
    )


def triage_classes(role: Role) -> frozenset[str]:
    """The classes a role may put a concern into: those it reads, for pastoral staff K2 and K3."""
    if role is Role.PASTORAL:
        return frozenset({"K2", "K3"})
    return CLASS_SIGHT.get(role, frozenset())


def readers_of(confidentiality: str) -> list[str]:
    """The roles that read a class of concern without any further reason."""
    return sorted(
        role.value
        for role, classes in CLASS_SIGHT.items()
        if confidentiality in classes and role is not Role.SYSTEM
    )
