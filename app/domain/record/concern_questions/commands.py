"""Ask the reporter; they answer without seeing the discussion."""

from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import Concern, ConcernQuestion
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.closed_files.queries import check_concern_unlocked
from app.domain.access.concern_access.queries import MOVED, concern_to_work_on, in_conflict
from app.domain.common.alerts.commands import tell
from app.domain.common.alerts.rules import REPORTER_ANSWERED
from app.domain.common.alerts.rules import REPORTER_ASKED as ASKED_ALERT
from app.domain.duty.tasks.commands import SetTask, finish, open_tasks, set_task
from app.domain.duty.tasks.rules import REPORTER_ASKED, once
from app.domain.errors import ConcernMoved, ConcernNotFound
from app.domain.record.concern_notes.commands import tell_of_more
from app.domain.record.concerns.commands import check_reporter
from app.domain.record.concerns.errors import QuestionAnswered, QuestionUnknown
from app.domain.record.concerns.schemas import AnswerQuestionIn, AskReporterIn
from app.domain.steps import new, record_row, touch


async def ask_reporter(work: UnitOfWork, concern_id: UUID, body: AskReporterIn) -> ConcernQuestion:
    """Ask the reporter of a concern; the asker gets the task to obtain the answer.

    Raises `ReporterOutOfReach`.
    """
    concern = await concern_to_work_on(work, concern_id, Permission.CONCERN_TRIAGE)
    await check_reporter(work, concern)
    question = new(
        work, ConcernQuestion, body, concern_id=concern.id, asked_by=work.actor.id,
        asked_at=work.now, answer=None, answered_at=None,
    )  # fmt: skip
    work.concerns.add(question)
    await set_task(
        work,
        SetTask(
            REPORTER_ASKED, concern_id=concern.id, first=work.actor.id, tells=False,
            confidentiality=concern.confidentiality, dedupe=once(REPORTER_ASKED, question.id),
        ),
    )  # fmt: skip
    tell(
        work, concern.reporter_id, ASKED_ALERT, concern_id=concern.id, matter_id=question.id,
        urgent=concern.immediacy == "immediate_danger",
    )  # fmt: skip
    touch(work, concern)
    record_row(
        work, AuditEvent.QUESTION_ASKED, question, after={"text": body.text},
        details={"concern_id": str(concern.id)},
    )  # fmt: skip
    return question


async def answer_question(
    work: UnitOfWork, concern_id: UUID, question_id: UUID, body: AnswerQuestionIn
) -> ConcernQuestion:
    """Answer a question as the reporter, and alert the person with the task.

    Raises `ConcernNotFound` also for people with an interest in it by now, `QuestionUnknown`,
    `QuestionAnswered`, `ConcernMoved`.
    """
    policy.require(work.actor, Permission.CONCERN_RAISE)
    concern = await work.concerns.lock(Concern, concern_id)
    if concern is None or concern.reporter_id != work.actor.id:
        raise ConcernNotFound
    if in_conflict(work.actor, concern.id, await work.concerns.child_ids(concern.id)):
        raise ConcernNotFound
    if concern.state == MOVED:
        raise ConcernMoved
    await check_concern_unlocked(work, concern.id, adds=True)
    question = await work.concerns.lock(ConcernQuestion, question_id)
    if question is None or question.concern_id != concern.id:
        raise QuestionUnknown
    if question.answer is not None:
        raise QuestionAnswered
    question.answer, question.answered_at = body.text, work.now
    await _tell_who_asked(work, concern, question)
    touch(work, concern)
    record_row(
        work, AuditEvent.QUESTION_ANSWERED, question, after={"answer": body.text},
        details={"concern_id": str(concern.id)},
    )  # fmt: skip
    return question


async def _tell_who_asked(work: UnitOfWork, concern: Concern, question: ConcernQuestion) -> None:
    """Alert the present owner of the task; if it has ended, the owner of the concern."""
    waiting = [
        task
        for task in await open_tasks(work, kinds=[REPORTER_ASKED], concern_id=concern.id)
        if task.dedupe == once(REPORTER_ASKED, question.id)
    ]
    for task in waiting:
        finish(work, task, outcome="answered")
        tell(
            work, task.owner_id, REPORTER_ANSWERED, concern_id=concern.id,
            about=("concern", concern.id),
        )  # fmt: skip
    if not waiting:
        await tell_of_more(work, concern)
