"""Gives each operation its name, its callers, and the meaning of its path's IDs.

The first paragraph of an endpoint's docstring is its summary, the rest its description.
"""

from typing import Any, Final

from app.core.vocabularies import VOCABULARIES
from app.core.words import Permission, Role
from app.domain import policy

ANYBODY: Final = "Needs no sign-in."
RECIPIENT: Final = "The recipient of a link may call it, in the session that `enter_code` began."
SIGNED_IN: Final = "Any signed-in person may call it; what they may see and do decides the answer."
OWN: Final = "Any signed-in person may call it, for themselves."
RECENT: Final = "It needs a fresh proof of identity (`step_up`)."
ENROLLING: Final = "It works before you set up a second factor."
ONE_FACTOR: Final = "Signing in with a password alone is enough."
MINE: Final = "/v1/me"
"""Where people see and change their own details."""
NOUNS: Final = {
    "break_glass": "emergency access", "check_in": "check-in", "grant": "access grant",
    "hand_over": "hand-over note", "holder": "copy of the plan", "incoming": "incoming transfer",
    "notice": "access notice", "staff": "member of staff", "source_child": "unmatched child",
    "date": "hard day", "attachment": "file",
}  # fmt: skip
"""What an ID in a path identifies, if its name does not say."""
OF_COLLECTIONS: Final = {
    "adult-concerns": "adult concern", "affected": "affected person",
    "agencies/keys": "agency key", "alert-intake": "intake source",
    "audit/entries": "audit log entry", "bereavement-cases": "bereavement case",
    "calendar-notes": "calendar note", "chronology": "chronology entry",
    "communications": "communication", "exports": "school export",
    "file-requests": "file request", "identity-providers": "identity provider",
    "imports": "past import", "intake-sources": "intake source",
    "monitoring-alerts": "monitoring alert", "received-records": "received record",
    "records": "safety record", "role-proposals": "role proposal",
    "roster/imports": "roster import", "safety-plans": "safety plan",
    "service-keys": "service key", "staff-support-offers": "offer of support",
    "supervision-sessions": "supervision session", "support-list": "support list entry",
    "team": "team member", "webhooks/deliveries": "webhook delivery",
}  # fmt: skip
"""The same by collection, for names that several collections share or that say too little."""
_LABELS: Final = {
    term.code: term.label[0].lower() + term.label[1:] for term in VOCABULARIES["roles"].terms
}
_STAFF: Final = frozenset(
    role.value for role, held in policy.ROLE_PERMISSIONS.items() if held >= policy.EVERYDAY
)
"""Roles with every permission that all members of staff have."""


def tell(operation: dict[str, Any], path: str) -> None:
    """Give an operation its summary, its description and the people who may call it."""
    paragraphs = operation.get("description", "").split("\n\n")
    summary, *rest = (" ".join(paragraph.split()) for paragraph in paragraphs)
    operation["summary"] = summary.removesuffix(".")
    operation["description"] = "\n\n".join([*rest, callers(operation, path)])
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path" and parameter["name"].endswith("_id"):
            resource_type = _resource_of(path, parameter["name"])
            parameter.setdefault("description", f"ID of the {resource_type}.")


def _resource_of(path: str, parameter: str) -> str:
    """What a path parameter identifies, from its collection or its name."""
    before = [part for part in path.partition(f"/{{{parameter}}}")[0].split("/") if "{" not in part]
    name = parameter.removesuffix("_id")
    known = OF_COLLECTIONS.get("/".join(before[-2:])) or OF_COLLECTIONS.get(before[-1])
    return known or NOUNS.get(name, name.replace("_", " "))


def callers(operation: dict[str, Any], path: str) -> str:
    """Who may call an operation, in sentences made from its route."""
    scope = operation["x-scope"]
    own = path == MINE or path.startswith(f"{MINE}/")
    known = {"public": ANYBODY, "recipient": RECIPIENT, "signed_in": OWN if own else SIGNED_IN}
    permission = known.get(scope, f"Needs `{scope}`.")
    also = {"x-step-up": RECENT, "x-enrolling": ENROLLING, "x-by-password": ONE_FACTOR}
    return " ".join([permission, *(text for trait, text in also.items() if operation.get(trait))])


def holders() -> str:
    """Who has each permission, for readers of the operations that need it."""
    return "\n".join(f"- `{item.value}`: {_holders(item)}" for item in Permission)


def _holders(permission: Permission) -> str:
    """Such as "deputy safeguarding lead, designated safeguarding lead"."""
    roles = [role.value for role in Role if role.value in policy.roles_with(permission)]
    everyone = permission in policy.EVERYDAY
    items = ["every member of staff"] if everyone else []
    items += [_LABELS[role] for role in roles if not (everyone and role in _STAFF)]
    if permission in policy.SERVICE_SCOPES:
        items.append("a service key with this scope")
    if permission in policy.BY_GRANT:
        items.append("anybody with a grant for the record")
    return ", ".join(items)
