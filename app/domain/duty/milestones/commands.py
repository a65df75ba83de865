"""Start and stop the clocks of events around children."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.behind import ANYONE
from app.db.unit_of_work import UnitOfWork
from app.domain.common.deadlines.commands import calendar_of
from app.domain.duty.milestones.rules import Milestone, known
from app.domain.duty.tasks.commands import SetTask, finish_all, set_task
from app.domain.duty.tasks.rules import once

About = Mapping[str, UUID | None]


@dataclass(frozen=True, slots=True)
class Around:
    """Subject of an event: its children, and the concern or meeting if there is one.

    `since` is when it happened, from which the clocks count. `first` gets the new tasks if they may
    have them, except duties of `reporter_id` alone; people in `barred` get none.
    """

    child_ids: Sequence[UUID]
    since: datetime
    concern_id: UUID | None = None
    meeting_id: UUID | None = None
    confidentiality: str = "K3"
    first: UUID | None = None
    reporter_id: UUID | None = None
    locked_out: Sequence[UUID] = ()
    tells: bool = False
    """Whether the new owner is alerted at once; the reporter always is."""


async def happened(work: UnitOfWork, around: Around, *events: str) -> None:
    """Stop and start the clocks of events that happened together.

    Raises `ServiceUnavailable` if nobody can keep a task.
    """
    if not events:
        return
    kinds = frozenset(events)
    clocks = known(kinds, (await calendar_of(work)).nation)
    for task, of in sorted({(clock.task, clock.of) for clock in clocks if clock.ends_with(kinds)}):
        for about in _about(of, around):
            await finish_all(work, [task], outcome="happened", **about)
    for clock in clocks:
        if kinds & clock.starts:
            for about in _about(clock.of, around):
                await _start(work, clock, around, about)


async def _start(work: UnitOfWork, milestone: Milestone, around: Around, of: About) -> None:
    about = (
        ("meeting", around.meeting_id) if around.meeting_id and milestone.of == "meeting" else None
    )
    own = milestone.is_reporters
    await set_task(
        work,
        SetTask(
            milestone.task, child_id=of.get("child_id"), concern_id=around.concern_id, about=about,
            confidentiality=ANYONE if own else around.confidentiality, rule_id=milestone.rule,
            since=work.now if milestone.from_now else around.since, first=around.first,
            owner_id=around.reporter_id if own else None, urgent=own, barred=around.locked_out,
            dedupe=once(milestone.task, around.concern_id) if milestone.of == "report" else None,
            is_alone=True,
            tells=own or (around.tells and not milestone.is_quiet),
        ),
    )  # fmt: skip


def _about(of: str, around: Around) -> Iterator[About]:
    """Yield the subject of each clock to start."""
    concern = {"concern_id": around.concern_id}
    if of == "report":
        yield from [concern] if around.concern_id else []
        return
    for child_id in around.child_ids:
        child = {"child_id": child_id}
        if of == "meeting":
            yield child | {"about_id": around.meeting_id}
        else:
            yield child | concern if of == "concern" else child
