"""How a concern that is about an adult moves to the adult register, with everything said of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import Action, AdultConcern, AdultNote, Concern, Task
from app.db.repositories.access import conflicts as stored_conflicts
from app.db.repositories.adults import moved_concerns as stored
from app.db.repositories.duty.tasks import open_ones_of
from app.db.unit_of_work import UnitOfWork
from app.domain.adults.adult_concerns.commands import RaiseAdultConcern, keep_adult_concern
from app.domain.adults.adult_concerns.schemas import AdultIn
from app.domain.adults.allegations import rules as allegations
from app.domain.adults.allegations.commands import heads_among, marked, may_mean_head, whom
from app.domain.adults.moved_concerns.errors import ConcernHasOpenWork, KeepsPupilSafe
from app.domain.adults.moved_concerns.schemas import MoveIn
from app.domain.category_rules.rules import is_about_adult
from app.domain.deadlines.commands import stop_clock
from app.domain.duty.tasks.commands import finish
from app.domain.duty.tasks.rules import NOT_NEEDED
from app.domain.record.concerns import commands as concerns
from app.domain.record.concerns import rules
from app.domain.record.concerns.schemas import TriageIn
from app.domain.safety.self_harm.commands import pathway_of
from app.domain.steps import touch

ADULTS_ONLY: Final = "K6"
MOVED: Final = "moved_to_adults"
BECAUSE: Final = "It is kept in another register now."
SENT_OUT: Final = ["share", "referral", "review", "check_in"]
"""What cannot go on where nobody may read its concern."""


async def triage_concern(
    work: UnitOfWork, concern_id: UUID, version: int, body: TriageIn
) -> Concern:
    """Triage it; what is found to be about an adult moves to the adult register instead.

    Raises as `triage_concern` and `move_concern`.
    """
    if not is_about_adult([body.primary_category, *body.categories]):
        return await concerns.triage_concern(work, concern_id, version, body)
    concern = await concerns.concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    rules.next_state("triage", concern.state)
    concern.primary_category = body.primary_category
    concern.categories = list(dict.fromkeys([body.primary_category, *body.categories]))
    return await _move(work, concern, None, body.reasons)


async def move_concern(work: UnitOfWork, concern_id: UUID, version: int, body: MoveIn) -> Concern:
    """Say that a concern is about an adult: who may read the adult register goes on with it.

    Nobody else reads it any more, whoever moves it included. Raises `KeepsPupilSafe`,
    `ConcernHasOpenWork`, `SubjectUnknown` and the failures of every step.
    """
    concern = await concerns.concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    return await _move(work, concern, body.adult, body.reasons)


async def _move(work: UnitOfWork, concern: Concern, adult: AdultIn | None, reasons: str) -> Concern:
    state = rules.next_state("move", concern.state)
    driver, school_id = await work.driver(), work.actor.school_id
    if await pathway_of(work, concern.id) is not None:
        raise KeepsPupilSafe
    if await stored.has_open(driver, school_id, concern.id, SENT_OUT):
        raise ConcernHasOpenWork
    await work.session.flush()
    said = await stored.said_of(driver, school_id, concern.id)
    kept = await _keep(work, concern, adult, said)
    concern.pending = None
    await _end_actions(work, concern.id)
    await _end_tasks(work, concern.id)
    was, concern.confidentiality = concern.confidentiality, ADULTS_ONLY
    concerns.take_step(work, concern, AuditEvent.CONCERN_MOVED, state=state, reasons=reasons)
    _note(work, kept, reasons, work.actor.id, work.now)
    await concerns.follow_class(work, concern, was)
    return concern


async def _keep(
    work: UnitOfWork, concern: Concern, adult: AdultIn | None, said: Mapping[str, Any]
) -> AdultConcern:
    children = [UUID(one["child_id"]) for one in said["children"]]
    facts = await work.concerns.facts_for_raising(children, work.today)
    found = await stored_conflicts.named_in(await work.driver(), work.actor.school_id, [concern.id])
    named = [one for one in found if adult is None or one != adult.staff_id]
    heads = await heads_among(work, adult, named, concern.occurred_at)
    about = adult or whom([*heads, *named], concern.categories)
    about_head = bool(heads)
    if adult is None and not named:
        words = allegations.texts_of([*said["account"], *said["amendments"]])
        about_head = await may_mean_head(work, concern.occurred_at, words)
    kept, _ = await keep_adult_concern(
        work,
        RaiseAdultConcern(
            id=concern.id,
            about=about,
            kind=allegations.kind_of(concern.categories),
            account=[{**one, "id": UUID(one["id"])} for one in said["account"]],
            occurred_at=concern.occurred_at,
            occurred_precision=concern.occurred_precision,
            place=concern.place,
            children=children,
            immediate_risk=concern.immediacy == "immediate_danger",
            anonymity_asked=False,
            child_report=_child_report(concern, said, list(found)),
            kept_out=sorted({*named, *facts.locked_out}),
            urgent=True,
            first_reported=(concern.reporter_id, concern.recorded_at),
        ),
        about_head=about_head,
    )
    _keep_beside(work, kept, said)
    return kept


def _child_report(concern: Concern, said: Mapping[str, Any], named: list[UUID]) -> dict[str, Any]:
    told = [
        *concern.told_already,
        *(one for row in said["amendments"] for one in row["told_already"]),
    ]
    return {
        "moved_from": concern.reference,
        "children": said["children"],
        "unmatched_child": said["unmatched"][0] if said["unmatched"] else None,
        "categories": list(dict.fromkeys([*concern.reported_categories, *concern.categories])),
        "immediacy": concern.immediacy,
        "source": concern.source,
        "context": concern.context,
        "alleged_source_of_harm": concern.alleged_source_of_harm,
        "told_already": told,
        "parents_told": concern.parents_told,
        "body_map": [marked(mark) for mark in said["body_map"]],
        "staff_named": [str(one) for one in named],
        "self_harm": None,
        "attachments": said["attachments"],
    }


def _keep_beside(work: UnitOfWork, kept: AdultConcern, said: Mapping[str, Any]) -> None:
    """Amendments beside the statements; what else was written about it as notes, in its order."""
    for row in said["amendments"]:
        _note(work, kept, row["text"], *_who_and_when(row), kind=row["kind"],
              statement_id=row["statement_id"], reason=row["reason"])  # fmt: skip
    notes = [
        *((row, row["text"]) for row in said["comments"]),
        *((row, f"{row['question']}\n{row['decision']}\n{row['reasons']}")
          for row in said["decisions"]),
        *((row, "\n".join(one for one in (row["what"], row["outcome"], row["reason"]) if one))
          for row in said["actions"]),
        *((row, f"{row['verb']}: {row['reasons']}") for row in said["events"]),
    ]  # fmt: skip
    for row, text in sorted(notes, key=lambda one: str(one[0]["recorded_at"])):
        _note(work, kept, text, *_who_and_when(row))


def _who_and_when(row: Mapping[str, Any]) -> tuple[UUID, datetime]:
    return UUID(row["author_id"]), datetime.fromisoformat(row["recorded_at"])


def _note(
    work: UnitOfWork,
    kept: AdultConcern,
    text: str,
    author_id: UUID,
    recorded_at: datetime,
    *,
    kind: str = "note",
    statement_id: str | None = None,
    reason: str | None = None,
) -> None:
    work.adults.add(
        AdultNote(
            school_id=kept.school_id, id=new_id(), concern_id=kept.id,
            statement_id=statement_id and UUID(statement_id), kind=kind, text=text, reason=reason,
            author_id=author_id, recorded_at=recorded_at,
        )
    )  # fmt: skip


async def _end_actions(work: UnitOfWork, concern_id: UUID) -> None:
    """What was to be done is with who reads the register now; nobody is asked for it any more."""
    actions = await work.session.scalars(
        select(Action)
        .where(
            Action.school_id == work.actor.school_id,
            Action.concern_id == concern_id,
            Action.state == "open",
        )
        .order_by(Action.id)
        .with_for_update(of=Action, key_share=True)
        .execution_options(populate_existing=True)
    )
    for action in actions:
        action.state, action.reason = "dropped", BECAUSE
        action.ended_at, action.ended_by = work.now, work.actor.id
        touch(work, action)
        stop_clock(work, action, action.state)
        work.record(
            AuditEvent.ACTION_DROPPED, "action", action.id, before={"state": "open"},
            reason=BECAUSE, details={"concern_id": str(concern_id)},
        )  # fmt: skip


async def _end_tasks(work: UnitOfWork, concern_id: UUID) -> None:
    """Nobody is asked for anything of it any more; what was asked for goes out of sight with it."""
    ids = await open_ones_of(await work.driver(), work.actor.school_id, concern_id)
    tasks = await work.session.scalars(
        select(Task)
        .where(
            Task.school_id == work.actor.school_id,
            or_(Task.id.in_(ids), Task.concern_id == concern_id),
        )
        .order_by(Task.id)
        .with_for_update(of=Task, key_share=True)
        .execution_options(populate_existing=True)
    )
    for task in tasks:
        task.confidentiality = ADULTS_ONLY
        if task.ended_at is None:
            finish(work, task, state=NOT_NEEDED, note=BECAUSE)
        else:
            touch(work, task)
