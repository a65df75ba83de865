"""How a child's records leave: full, with what this reader may see and do next."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from app.core.words import Actor, Permission
from app.db.models import Child, ChildIdentifier, ChildStatus, Contact, Enrolment, Relationship
from app.domain import policy
from app.domain.etags import etag
from app.domain.record.children import rules

RESTRICTED = ("gender_identity", "pronouns")
"""Fields of a child that only those who open the safeguarding record see or change."""
SAFEGUARDING = (
    "contact_allowed", "restriction", "court_orders", "alleged_source_of_harm", "may_be_told",
    "may_be_told_reason",
)  # fmt: skip
"""Fields of a contact that protect the child."""
GIVES_A_RIGHT = ("parental_responsibility",)
"""Fields that say who has a right to be told: to set one needs the same permission."""

BY_A_PERSON = "set_by_a_person"

P = Permission
NEXT: Mapping[str, tuple[Permission, ...]] = {
    "change_child": (P.CHILD_CHANGE,),
    "add_identifier": (P.CHILD_CHANGE,),
    "open_contacts": (P.CHILD_OPEN, P.CHILD_CHANGE),
    "add_contact": (P.CHILD_CHANGE,),
    "open_relationships": (P.CHILD_OPEN,),
    "add_relationship": (P.CHILD_SAFEGUARD,),
    "open_statuses": (P.CHILD_OPEN,),
    "add_status": (P.CHILD_SAFEGUARD,),
    "raise_concern": (P.CONCERN_RAISE,),
}


def opens(actor: Actor) -> bool:
    """Whether the actor reads the safeguarding side of a child's record."""
    return bool(policy.may(actor, P.CHILD_OPEN))


def child_record(
    child: Child,
    identifiers: Iterable[ChildIdentifier],
    enrolments: Iterable[Enrolment],
    actor: Actor,
) -> dict[str, Any]:
    """A child whole."""
    content: dict[str, Any] = {
        "id": child.id,
        "name": " ".join(shown_name(child)),
        "legal_given_name": child.legal_given_name,
        "legal_family_name": child.legal_family_name,
        "middle_names": child.middle_names,
        "known_given_name": child.known_given_name,
        "known_family_name": child.known_family_name,
        "date_of_birth": child.date_of_birth,
        "sex": child.sex,
        "year_group": child.year_group,
        "registration_group": child.registration_group,
        "first_language": child.first_language,
        "ethnicity": child.ethnicity,
        "sen_provision": child.sen_provision,
        "address": child.address,
        "unknown_upn_reason": child.unknown_upn_reason,
        "roll_status": child.roll_status,
        "identifiers": [identifier_record(one, actor) for one in identifiers],
        "enrolments": [_enrolment(one) for one in enrolments],
        "created_at": child.created_at,
        "changed_at": child.changed_at,
        "permissions": [
            verb for verb, any_of in NEXT.items() if any(policy.may(actor, one) for one in any_of)
        ],
    }
    if opens(actor):
        content.update({field: getattr(child, field) for field in RESTRICTED})
    return content


def shown_name(child: Child) -> tuple[str, str]:
    """Given and family name as people say them: the known ones, else the legal ones."""
    return (
        child.known_given_name or child.legal_given_name,
        child.known_family_name or child.legal_family_name,
    )


def identifier_record(one: ChildIdentifier, actor: Actor) -> dict[str, Any]:
    """One identifier; a suppressed value is absent for those who do not safeguard."""
    content = {
        "id": one.id,
        "system": one.system,
        "source": one.source,
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
        "suppressed": one.suppressed,
    }
    if not one.suppressed or policy.may(actor, P.CHILD_SAFEGUARD):
        content["value"] = one.value
    return content


def _enrolment(one: Enrolment) -> dict[str, Any]:
    return {
        "id": one.id,
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
        "leaving_reason": one.leaving_reason,
        "source": one.source,
    }


def told(contact: Contact, today: date) -> rules.Told:
    """Whether a contact may be told about the child, and why."""
    return rules.may_be_told(_facts(contact, today), today)


def _facts(contact: Contact, today: date) -> rules.ContactFacts:
    return rules.ContactFacts(
        explicit=contact.may_be_told,
        explicit_reason=contact.may_be_told_reason,
        alleged_source_of_harm=contact.alleged_source_of_harm,
        contact_allowed=contact.contact_allowed,
        court_orders=contact.court_orders,
        parental_responsibility=contact.parental_responsibility,
        ended=has_ended(contact.valid_to, today),
    )


def hard_mark(contact: Contact, today: date) -> str | None:
    """Everything that bars a contact from being told, as contact and reasons; None where nothing.

    Not knowing who has parental responsibility bars nobody in this way, nor has an end done.
    """
    bars = hard_bars(contact, today)
    return f"{contact.id}:{'+'.join(bars)}" if bars else None


def hard_bars(contact: Contact, today: date) -> list[str]:
    """Each reason by itself, the gravest first.

    What a person set with a reason wins over an order, and never over having caused harm.
    """
    if contact.may_be_told is True and not contact.alleged_source_of_harm:
        return []
    by_hand = [BY_A_PERSON] if contact.may_be_told is False else []
    return [*rules.hard_bars(_facts(contact, today), today), *by_hand]


def has_ended(valid_to: date | None, today: date) -> bool:
    """Whether something stopped being so on or before a day."""
    return valid_to is not None and valid_to <= today


def contact_record(
    contact: Contact, answer: rules.Told, actor: Actor, today: date
) -> dict[str, Any]:
    """A contact whole, without its safeguarding side for those who do not read it.

    `answer` says whether they may be told, seen among all contacts of the child.
    """
    content: dict[str, Any] = {
        "id": contact.id,
        "child_id": contact.child_id,
        "kind": contact.kind,
        "name": contact.name,
        "organisation": contact.organisation,
        "email": contact.email,
        "phone": contact.phone,
        "address": contact.address,
        "language": contact.language,
        "parental_responsibility": contact.parental_responsibility,
        "lives_with": contact.lives_with,
        "is_parent": contact.is_parent,
        "priority": contact.priority,
        "source": contact.source,
        "valid_from": contact.valid_from,
        "valid_to": contact.valid_to,
        "created_at": contact.created_at,
        "changed_at": contact.changed_at,
        "etag": etag(contact.version),
        "permissions": _next_with(contact, actor, today),
    }
    if opens(actor):
        content.update(
            contact_allowed=contact.contact_allowed,
            restriction=contact.restriction,
            court_orders=contact.court_orders,
            alleged_source_of_harm=contact.alleged_source_of_harm,
            may_be_told={
                "value": answer.value, "derived": answer.derived, "reason": answer.reason,
            },
        )  # fmt: skip
    return content


def _next_with(contact: Contact, actor: Actor, today: date) -> list[str]:
    """Of one who has ended, what bars them can still be put right."""
    if not has_ended(contact.valid_to, today):
        return allowed(actor, P.CHILD_CHANGE, ["change_contact", "end_contact"])
    safeguards = policy.may(actor, P.CHILD_SAFEGUARD).allowed
    return allowed(actor, P.CHILD_CHANGE, ["change_contact"] if safeguards else [])


def relationship_record(
    one: Relationship, other: Child, actor: Actor, today: date
) -> dict[str, Any]:
    """A relationship as seen from the child who is not `other`."""
    live = not has_ended(one.valid_to, today)
    verbs = ["end_relationship"] if live else []
    if live and one.confirmed_at is None:
        verbs.insert(0, "confirm_relationship")
    return {
        "id": one.id,
        "kind": one.kind,
        "stated_from": "this_child" if one.other_child_id == other.id else "other_child",
        "other_child": {"id": other.id, "name": " ".join(shown_name(other))},
        "note": one.note,
        "source": one.source,
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
        "added_by": one.added_by,
        "confirmed_by": one.confirmed_by,
        "confirmed_at": one.confirmed_at,
        "created_at": one.created_at,
        "etag": etag(one.version),
        "permissions": allowed(actor, P.CHILD_SAFEGUARD, verbs),
    }


def status_record(one: ChildStatus, added_by: str, actor: Actor) -> dict[str, Any]:
    """A status whole."""
    return {
        "id": one.id,
        "child_id": one.child_id,
        "kind": one.kind,
        "detail": one.detail,
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
        "end_reason": one.end_reason,
        "source": one.source,
        "evidence": one.evidence,
        "lead_agency": one.lead_agency,
        "worker": one.worker,
        "review_due": one.review_due,
        "confidentiality": one.confidentiality,
        "added_by": {"id": one.added_by, "name": added_by},
        "created_at": one.created_at,
        "changed_at": one.changed_at,
        "etag": etag(one.version),
        "permissions": allowed(actor, P.CHILD_SAFEGUARD, ["change_status"]),
    }


def allowed(actor: Actor, permission: Permission, verbs: Sequence[str]) -> list[str]:
    """The verbs, for somebody who may; else none."""
    return list(verbs) if policy.may(actor, permission) else []
