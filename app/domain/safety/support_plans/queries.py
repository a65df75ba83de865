"""Reads of support plans: the present one, and earlier agreements."""

from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor, AuditEvent, Permission
from app.db.cards import picked
from app.db.models import SupportPlan
from app.db.paging import Page, PageOf
from app.db.repositories.safety import check_ins as stored
from app.db.repositories.safety import support_plans
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.closed_files.queries import closed_file
from app.domain.safety.records.kind import RECORD
from app.domain.safety.records.queries import child_to_read, page_of_records
from app.domain.safety.support_plans.commands import KIND
from app.domain.safety.support_plans.errors import SupportPlanNotFound
from app.domain.safety.support_plans.kind import SUPPORT_PLAN
from app.domain.steps import only_reads, record_row, sees


async def open_plan(work: UnitOfWork, child_id: UUID) -> tuple[SupportPlan, dict[str, Any]]:
    """Open a child's present plan, and log the view.

    Raises as `child_to_read`, `SupportPlanNotFound`.
    """
    await child_to_read(work, child_id)
    plan = await support_plans.plan_of(work.session, work.actor.school_id, child_id)
    if plan is None or not await sees(work, SUPPORT_PLAN, plan.id):
        raise SupportPlanNotFound
    record_row(work, AuditEvent.RECORD_OPENED, plan, child_id=child_id, details={"kind": KIND})
    return plan, await whole(work, plan)


async def list_versions(work: UnitOfWork, child_id: UUID, paging: PageOf) -> Page[dict[str, Any]]:
    """List the agreements, newest first. Raises as `child_to_read`."""
    await child_to_read(work, child_id)
    return await page_of_records(work, RECORD.visible, child_id, [KIND], paging)


async def whole(work: UnitOfWork, plan: SupportPlan) -> dict[str, Any]:
    """Build the answer for a visible plan."""
    row = await stored.plan_beside(await work.driver(), plan.school_id, plan.id)
    works = plan.ended_at is None and not await only_reads(work, SUPPORT_PLAN, [plan.id])
    return {
        **picked(
            plan, "id", "child_id", "record_id", "began_on", "review_due_at", "made_at",
            "ended_at", "version",
        ),
        "adult": {"id": plan.adult_id, "name": row["adult_name"]},
        "cover": {"id": plan.cover_id, "name": row["cover_name"]},
        "lead": row["lead_id"] and {"id": row["lead_id"], "name": row["lead_name"]},
        "content": orjson.loads(row["content"]),
        "permissions": (await closed_file(work, plan.child_id)).takes(
            next_verbs(work.actor, works=works), ends=("end_support_plan",)
        ),
    }  # fmt: skip


def next_verbs(actor: Actor, *, works: bool) -> list[str]:
    """List what someone who sees a plan may do next."""
    writes = policy.may(actor, Permission.SAFETY_WRITE).allowed
    verbs = ["change_support_plan", "end_support_plan", "review_support_plan"]
    return verbs if works and writes else []
