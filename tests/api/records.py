"""What tests of shares and referrals make first: concerns, contacts and statuses."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.ids import new_id
from app.core.words import AuditEvent, Role
from app.db.models import ChildStatus, Contact, Decision
from tests.world import School, World


async def a_concern(
    school: School, *children: UUID, text: str = "Came in with a bruise.", **fields: Any
) -> str:
    """A raised concern's id; the first child is its subject."""
    body = {
        "children": [
            {"child_id": str(child), "role": "subject" if place == 0 else "witness"}
            for place, child in enumerate(children)
        ],
        "account": [
            {"kind": "observed", "text": text},
            {"kind": "told_by", "text": "She cried.", "told_by": "a dinner lady"},
        ],
        "occurred_at": (clock.now() - timedelta(hours=1)).isoformat(),
        "occurred_precision": "about",
        "source": "staff_observation",
        "immediacy": "today",
        "categories": ["not_sure"],
    } | fields
    answer = await school.staff.post("/v1/concerns", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def classify(world: World, concern_id: str, confidentiality: str) -> None:
    """Put a concern into a class."""
    world.sql("update concern set confidentiality = %s where id = %s", confidentiality, concern_id)


async def a_contact(world: World, school: School, child: UUID, **columns: Any) -> str:
    """A mother with parental responsibility, unless said otherwise."""
    now, id_ = clock.now(), new_id()
    defaults = {"kind": "mother", "name": "Kim Marsh", "parental_responsibility": "yes"}
    async with world.work(school.id) as work:
        work.children.add(
            Contact(
                school_id=school.id, id=id_, child_id=child, source="school", created_at=now,
                changed_at=now, **(defaults | columns),
            )
        )  # fmt: skip
        work.record(AuditEvent.CONTACT_ADDED, "contact", id_, child_id=child)
    return str(id_)


async def a_status(world: World, school: School, child: UUID, confidentiality: str = "K3") -> str:
    """A status of a child."""
    now, id_ = clock.now(), new_id()
    async with world.work(school.id) as work:
        work.children.add(
            ChildStatus(
                school_id=school.id, id=id_, child_id=child, kind="young_carer",
                valid_from=date(2026, 1, 5), source="school", confidentiality=confidentiality,
                added_by=school[Role.DSL].id, created_at=now, changed_at=now,
            )
        )  # fmt: skip
        work.record(AuditEvent.STATUS_ADDED, "status", id_, child_id=child)
    return str(id_)


async def a_decision(
    world: World, school: School, child: UUID | None, concern_id: str | None = None
) -> str:
    """A decision about a child, or about a concern."""
    now, id_ = clock.now(), new_id()
    async with world.work(school.id) as work:
        work.concerns.add(
            Decision(
                school_id=school.id, id=id_, child_id=child,
                concern_id=UUID(concern_id) if concern_id else None, kind="tell_parents",
                question="Tell home?", options=[], decision="Tell them", reason="It is safe.",
                advice=[], decided_by=school[Role.DSL].id, decided_at=now, recorded_at=now,
            )
        )  # fmt: skip
        work.record(AuditEvent.DECISION_RECORDED, "decision", id_, child_id=child)
    return str(id_)


def a_share(
    child: UUID, recipient: dict[str, Any], *concerns: str, **fields: Any
) -> dict[str, Any]:
    """A share that is ready for approval."""
    return {
        "child_id": str(child),
        "recipient": recipient,
        "purpose": "inform_parent",
        "lawful_basis": "public_task",
        "special_category_condition": "safeguarding_para_18",
        "para18_limb": "consent_not_reasonably_obtainable",
        "items": [{"kind": "concern", "id": concern} for concern in concerns],
    } | fields


def verbs_about(world: World, noun_id: str) -> list[str]:
    """What the trail says was done to something, in order."""
    rows = world.sql("select verb from trail where noun_id = %s order by seq", noun_id)
    return [verb for (verb,) in rows]
