"""Starts and stops the clocks of what happens around children."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.db.unit_of_work import UnitOfWork
from app.domain.deadlines.commands import calendar_of
from app.domain.duty.milestones.rules import Milestone, known
from app.domain.duty.tasks.commands import SetTask, finish_all, set_task


@dataclass(frozen=True, slots=True)
class Around:
    """What an event is about: its child, and the concern or meeting where there is one.

    `since` is when it happened, from which the clocks count. `first` gets what it starts, where
    they may have it.
    """

    child_id: UUID
    since: datetime
    concern_id: UUID | None = None
    meeting_id: UUID | None = None
    confidentiality: str = "K3"
    first: UUID | None = None


async def happened(work: UnitOfWork, around: Around, *events: str) -> None:
    """Stop and start what these events stop and start; they happened together.

    Raises `ServiceUnavailable` where there is nobody with whom a task could wait.
    """
    told = frozenset(events)
    nation = (await calendar_of(work)).nation
    clocks = known(told, nation)
    for task in sorted({one.task for one in clocks}):
        of = next(one.of for one in clocks if one.task == task)
        await finish_all(work, [task], outcome="happened", **_about(of, around))
    for one in clocks:
        if told & one.starts:
            await _start(work, one, around)


async def _start(work: UnitOfWork, one: Milestone, around: Around) -> None:
    about = ("meeting", around.meeting_id) if around.meeting_id and one.of == "meeting" else None
    await set_task(
        work,
        SetTask(
            one.task, child_id=around.child_id, concern_id=around.concern_id, about=about,
            confidentiality=around.confidentiality, rule_id=one.rule,
            since=work.now if one.from_now else around.since, first=around.first, tells=False,
        ),
    )  # fmt: skip


def _about(of: str, around: Around) -> dict[str, UUID | None]:
    if of == "meeting":
        return {"about_id": around.meeting_id}
    if of == "concern":
        return {"child_id": around.child_id, "concern_id": around.concern_id}
    return {"child_id": around.child_id}
