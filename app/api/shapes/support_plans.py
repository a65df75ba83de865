"""Bodies of support plans to commands, and what was kept to answers."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from app.api import replies
from app.api.schemas.support_plans import (
    ChangeSupportPlanIn,
    PlanContentOut,
    PlanWords,
    SupportPlanIn,
)
from app.api.shapes.records import content_of, filled
from app.db.models import SupportPlan
from app.db.paging import Page
from app.db.unit_of_work import UnitOfWork
from app.domain.safety.support_plans import queries
from app.domain.safety.support_plans.commands import SetPlan


def command(body: SupportPlanIn | ChangeSupportPlanIn) -> SetPlan:
    """A plan as the commands take it."""
    new = body if isinstance(body, SupportPlanIn) else None
    return SetPlan(
        body.adult_id, body.cover_id, body.place,
        windows=[{"from": time.from_, "to": time.to} for time in body.times],
        cadence=[item.model_dump(exclude_none=True) for item in body.cadence],
        holiday_arrangement=body.holiday_arrangement,
        review_due_at=new.review_due_at if new else None,
        content=content_of(body, PlanWords), concern_id=new.concern_id if new else None,
        id=new.id if new else None,
    )  # fmt: skip


def plan(row: Mapping[str, Any]) -> dict[str, Any]:
    """A plan, or one version of it."""
    content = filled(row["content"], PlanContentOut)
    content["cadence"] = [
        {"weekdays": [], "school_days": None, "to_day": None, **part}
        for part in content["cadence"]
    ]  # fmt: skip
    return {**row, "content": content}


def versions(page: Page[dict[str, Any]]) -> Page[dict[str, Any]]:
    """A page of what was agreed."""
    return Page([plan(row) for row in page.items], page.next)


async def reply(work: UnitOfWork, row: SupportPlan, status: int = 200) -> Response:
    """The plan that a pupil has now, with its ETag."""
    await work.session.flush()
    result = plan(await queries.whole(work, row))
    path = f"/v1/children/{row.child_id}/support-plan" if status == 201 else None
    return replies.record(result, status=status, version=row.version, location=path)
