"""Bodies and rows of safety plans to commands and answers."""

from typing import Any

from starlette.responses import Response

from app.api import replies
from app.api.schemas.safety_plans import GivePlanCopyIn, PlanIn, PlanPatch
from app.db.models import SafetyPlan
from app.db.unit_of_work import UnitOfWork
from app.domain.safety.safety_plan_versions.commands import BeginPlan
from app.domain.safety.safety_plans import queries
from app.domain.sharing.safety_plan_handouts.commands import GiveCopy

IDS = ("lead_id", "chosen_adult_id", "cover_adult_id")
NESTED = ("steps", "at_school")


def fields(body: PlanPatch) -> dict[str, Any]:
    """The fields that a merge patch names, as they are kept: people as ids, others as JSON."""
    named = body.model_fields_set & PlanPatch.model_fields.keys()
    content = body.model_dump(mode="json", include=named - {*NESTED})
    for name in NESTED:
        if name in named:
            content[name] = getattr(body, name).model_dump(mode="json", exclude_unset=True)
            _fill(content[name], getattr(body, name))
    return {**content, **{name: getattr(body, name) for name in IDS if name in named}}


def _fill(content: dict[str, Any], body: Any) -> None:
    """Lists are kept with every property of their lines, also those that were left out."""
    for name, value in content.items():
        if isinstance(value, list):
            content[name] = [item.model_dump(mode="json") for item in getattr(body, name)]


def command(body: PlanIn) -> BeginPlan:
    """A new version as the command takes it."""
    return BeginPlan(
        body.id, body.concern_id, body.confidentiality, fields(body), body.from_present
    )


def copy_given(body: GivePlanCopyIn) -> GiveCopy:
    """Who has a copy."""
    consent_by_pupil = body.consent_by_pupil
    consent = None if consent_by_pupil is None else consent_by_pupil.model_dump(mode="json")
    return GiveCopy(
        body.id, body.kind, body.person, body.copy_kind, body.given_at, consent,
        already_given=body.already_given,
    )  # fmt: skip


async def plan(work: UnitOfWork, row: SafetyPlan) -> Response:
    """One version with its ETag."""
    return replies.record(await queries.whole(work, row), version=row.version)
