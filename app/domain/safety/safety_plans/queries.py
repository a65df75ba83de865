"""Reads of safety plans, and who reaches one."""

from collections.abc import Collection
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from app.core.vocabularies.terms import DRAFT
from app.core.words import AuditEvent, Permission
from app.db.cards import picked
from app.db.facts import Facts
from app.db.models import Child, SafetyPlan
from app.db.paging import Conditions, Page, PageOf, page_of
from app.db.repositories.safety import safety_plans as stored
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import Columns
from app.domain import policy
from app.domain.access.closed_files.queries import check_unfrozen, check_unlocked, closed_file
from app.domain.access.concern_access.queries import ONLY_READING
from app.domain.errors import PermissionMissing, require_row
from app.domain.etags import check_version
from app.domain.kinds import facts_by_key
from app.domain.safety.records.queries import child_to_read
from app.domain.safety.safety_plans import rules
from app.domain.safety.safety_plans.errors import PlanNotFound
from app.domain.safety.safety_plans.kind import CHOSEN, SAFETY_PLAN
from app.domain.steps import Target, facts_of, may_work_on, record_row, sees
from app.domain.visibility import keep, reader_of


async def plan_for(work: UnitOfWork, plan_id: UUID) -> SafetyPlan:
    """Find a plan, for someone who reads these records of its child, by role or grant.

    Raises `PermissionMissing`, `PlanNotFound`.
    """
    policy.require(work.actor, Permission.SAFETY_READ)
    await _facts_for(work, plan_id)
    plan = require_row(await work.children.find(SafetyPlan, plan_id), PlanNotFound)
    return plan


async def _facts_for(work: UnitOfWork, plan_id: UUID) -> Facts:
    """Load the facts that decide on a plan the actor reads. Raises `PlanNotFound`."""
    facts = (await facts_of(work, SAFETY_PLAN, plan_id)).get(plan_id)
    if facts is None:
        raise PlanNotFound
    *_, last = SAFETY_PLAN.visible.steps(reader_of(work.actor), facts)
    if last.effect is not policy.Effect.ALLOW:
        raise PlanNotFound
    return facts


async def plan_to_change(
    work: UnitOfWork, plan_id: UUID, version: int, *, ending: bool = False
) -> tuple[SafetyPlan, Child]:
    """Lock a plan, at the version the client last saw, and its child, for a lead.

    All plans of a child change one after the other. In a file that another school has, a plan can
    only be ended; after a death no plan changes. Raises `PermissionMissing`, `PlanNotFound`,
    `FileLocked`, `FileFrozen`, `VersionStale`.
    """
    policy.require(work.actor, Permission.SAFETY_WRITE)
    facts = await _facts_for(work, plan_id)
    child = await work.children.lock(Child, facts.child.id) if facts.child else None
    plan = await work.children.lock(SafetyPlan, plan_id)
    if plan is None or child is None:
        raise PlanNotFound
    if not may_work_on(work.actor, Target(SAFETY_PLAN, plan, facts)):
        raise PermissionMissing(ONLY_READING)
    if not ending:
        await check_unlocked(work, child.id)
    else:
        await check_unfrozen(work, [child.id])
    check_version(plan, version)
    return plan, child


async def plan_in_force(work: UnitOfWork, child_id: UUID) -> SafetyPlan | None:
    """Lock the version of a child's plan in use, for any caller; None without one."""
    await work.session.flush()
    return await stored.lock_plan_in_force(work.session, work.actor.school_id, child_id)


async def reads_plan(work: UnitOfWork, plan_id: UUID) -> bool:
    """Whether the actor may read the whole of a version."""
    return await sees(work, SAFETY_PLAN, plan_id, SAFETY_PLAN.visible)


async def is_overtaken(work: UnitOfWork, plan: SafetyPlan, present_id: UUID) -> bool:
    """Whether the version in force is not the one that this plan replaces, or is hidden."""
    return present_id != plan.supersedes_id or not await reads_plan(work, present_id)


async def list_plans(work: UnitOfWork, child_id: UUID, paging: PageOf) -> Page[dict[str, Any]]:
    """List versions of a child's plan, newest first, with replaced ones; log the view.

    Raises as `child_to_read`.
    """
    await child_to_read(work, child_id)
    work.record(AuditEvent.PLANS_LISTED, "child", child_id, child_id=child_id)
    where = Conditions(work.actor.school_id)
    SAFETY_PLAN.keep(work.actor, where, row="p")
    rows = await stored.page_of_plans(await work.driver(), where, child_id, paging)
    listed = {row["id"] for row in rows}
    named = listed | await _readable(work, {row["supersedes_id"] for row in rows} - listed)
    return page_of(rows, paging, key="made_at", shape=partial(_summary_of, named))


async def _readable(work: UnitOfWork, plans: Collection[UUID | None]) -> set[UUID]:
    """The versions among these that the actor may read; no answer names another."""
    keys = [(rules.NOUN, plan) for plan in plans if plan is not None]
    facts = await facts_by_key(await work.driver(), work.actor.school_id, keys)
    return {plan for (_, plan), fact in facts.items() if SAFETY_PLAN.shows(work.actor, fact)}


def _summary_of(named: Collection[UUID], row: Any) -> dict[str, Any]:
    plain = (
        "id", "number", "state", "made_at", "agreed_at", "used_at", "ended_at",
        "last_read_with_pupil_at", "record_id", "review_due_at",
    )  # fmt: skip
    return {
        **{name: row[name] for name in plain},
        "supersedes_id": row["supersedes_id"] if row["supersedes_id"] in named else None,
        "vocabulary_status": DRAFT,
        "lead": {"id": row["lead_id"], "name": row["lead_name"]},
        "chosen_adult": _person(row["chosen_adult_id"], row["chosen_name"]),
        "cover_adult": _person(row["cover_adult_id"], row["cover_name"]),
    }


def _person(id_: UUID | None, name: str | None) -> dict[str, Any] | None:
    return None if id_ is None else {"id": id_, "name": name}


async def open_plan(work: UnitOfWork, plan_id: UUID) -> tuple[SafetyPlan, dict[str, Any]]:
    """Open one whole version, and log the view. Raises as `plan_for`."""
    plan = await plan_for(work, plan_id)
    record_row(work, AuditEvent.PLAN_OPENED, plan, details={"number": plan.number})
    return plan, await whole(work, plan)


async def whole(work: UnitOfWork, plan: SafetyPlan) -> dict[str, Any]:
    """Build the answer for a visible plan."""
    driver = await work.driver()
    names = await stored.beside(driver, plan.school_id, plan.id)
    holders = await stored.holders_of(driver, plan.school_id, plan.id)
    beside = {
        "supersedes_id": plan.supersedes_id, "superseded_by_id": names["superseded_by_id"]
    }  # fmt: skip
    named = await _readable(work, beside.values())
    return {
        **picked(
            plan, "id", "number", "state", "holiday_arrangement", "seen_by_health", "record_id",
            "made_at", "agreed_at", "used_at", "ended_at", "end_reason",
        ),
        **{name: id_ if id_ in named else None for name, id_ in beside.items()},
        "child": {"id": plan.child_id, "name": names["child_name"]},
        "concern": plan.concern_id and {"id": plan.concern_id, "reference": names["reference"]},
        "vocabulary_status": DRAFT, "confidentiality": names["confidentiality"],
        "lead": {"id": plan.lead_id, "name": names["lead_name"]},
        "chosen_adult": _person(plan.chosen_adult_id, names["chosen_name"]),
        "cover_adult": _person(plan.cover_adult_id, names["cover_name"]), **plan.content,
        "review": names["review"] and orjson.loads(names["review"]),
        "last_read_with_pupil_at": plan.last_read_with_pupil,
        "holders": [_holder(row) for row in holders],
        "made_by": {"id": plan.made_by, "name": names["made_by_name"]},
        "agreed_by": _person(plan.agreed_by, names["agreed_by_name"]),
        "ended_by": _person(plan.ended_by, names["ended_by_name"]),
        "permissions": await _offered(work, plan, names["present_id"]),
    }  # fmt: skip


async def _offered(work: UnitOfWork, plan: SafetyPlan, present_id: UUID | None) -> list[str]:
    """List what the actor may do next: what `plan_to_change` allows in the present state."""
    verbs = rules.next_verbs(work.actor, plan.state)
    facts = (await facts_of(work, SAFETY_PLAN, plan.id)).get(plan.id) if verbs else None
    if facts is None or not may_work_on(work.actor, Target(SAFETY_PLAN, plan, facts)):
        return []
    overtaken = (
        "use_plan" in verbs
        and present_id is not None
        and await is_overtaken(work, plan, present_id)
    )
    now = [verb for verb in verbs if verb != "use_plan" or not overtaken]
    return (await closed_file(work, plan.child_id)).takes(now, ends=("end_plan",))


def _holder(row: Any) -> dict[str, Any]:
    task = row["recall_task_id"]
    return {
        **picked(row, "id", "kind", "person", "given_at", "noted_at", "recalled_at"),
        "copy_kind": row["copy"],
        "consent_by_pupil": row["consent"] and orjson.loads(row["consent"]),
        "noted_by": {"id": row["noted_by"], "name": row["noted_by_name"]},
        "recall": task and {"task_id": task, "state": row["recall_state"]},
    }  # fmt: skip


async def list_my_plans(work: UnitOfWork) -> list[dict[str, Any]]:
    """List plans in use whose pupil chose the actor, or for which they stand in; log each view.

    Shows the steps and what helps at school: no reason, no staff note, and no other record. Raises
    `PermissionMissing`.
    """
    policy.require(work.actor, Permission.TASK_DO)
    where = Conditions(work.actor.school_id)
    keep(CHOSEN, work.actor, where, Columns.of(SafetyPlan, "p"))
    rows = await stored.chosen_for(await work.driver(), where, work.actor.id)
    work.record(AuditEvent.PLANS_LISTED, "staff", work.actor.id, details={"as": "chosen_adult"})
    for row in rows:
        work.record(
            AuditEvent.PLAN_READ_BY_ADULT, rules.NOUN, row["id"], child_id=row["child_id"],
            details={"as": "chosen_adult" if row["chosen"] else "cover_adult"},
        )  # fmt: skip
    return [_mine(row) for row in rows]


def _mine(row: Any) -> dict[str, Any]:
    content = orjson.loads(row["content"])
    steps = {name: [_words_only(item) for item in content["steps"][name]] for name in rules.STEPS}
    return {
        "id": row["id"],
        "child": {"id": row["child_id"], "name": row["child_name"]},
        "chosen": row["chosen"],
        "vocabulary_status": DRAFT,
        "steps": steps,
        "at_school": content["at_school"],
    }


def _words_only(line: dict[str, Any]) -> dict[str, Any]:
    """A line without its links to other records."""
    return {
        name: value for name, value in line.items() if name not in ("attachment_id", "pupil_id")
    }
