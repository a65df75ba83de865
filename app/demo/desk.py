"""What a school of the demo does each Friday, so that Monday's inboxes hold a week's work."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, select

from app.core import clock
from app.core.words import Role
from app.db.models import Action, Alert, Concern, Review, Task
from app.db.unit_of_work import UnitOfWork
from app.demo import narrative
from app.demo.concerns import DAYS, longest
from app.demo.people import Place
from app.demo.stage import Player, Stage
from app.domain.duty.alerts.commands import acknowledge_alerts
from app.domain.duty.tasks.commands import complete_task
from app.domain.duty.tasks.rules import OF_RECORDS
from app.domain.duty.tasks.schemas import CompleteTaskIn
from app.domain.record.actions.commands import complete_action
from app.domain.record.actions.schemas import CompleteActionIn
from app.domain.record.concerns import rules
from app.domain.record.concerns.commands import assign_concern, monitor_concern
from app.domain.record.concerns.schemas import AssignIn, MonitorIn
from app.domain.record.reviews.commands import complete_review
from app.domain.record.reviews.schemas import CompleteReviewIn

FRIDAY: Final = 4
AFTERNOON: Final = timedelta(hours=15)
READS_TRAYS: Final = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.PASTORAL, Role.STAFF)
AHEAD, LATE, NEW = 4 * DAYS, 7 * DAYS, 14 * DAYS
"""What falls due until Tuesday is done; actions come late; new concerns run by their first date."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The lead's desk of one school."""

    stage: Stage
    place: Place

    def plan(self, days: int) -> None:
        """Plan every Friday of the story."""
        today = self.stage.now.replace(hour=0, minute=0, second=0, microsecond=0)
        for back in range(days, -1, -1):
            day = today - back * DAYS
            if day.weekday() == FRIDAY:
                self.stage.at(day + AFTERNOON, self.clear)

    async def clear(self) -> None:
        """Do what is owed: tasks and reviews in time, actions late, and look at concerns again."""
        for player in self._people():
            await self.stage.act(player, _read_inbox)
        soon, late = clock.now() + AHEAD, clock.now() - LATE
        lead = self.stage.team(self.place, Role.DSL)[0]
        await self._each(
            Task, (Task.due_at < soon, Task.kind.not_in(OF_RECORDS)), lambda _: lead, _do_task
        )
        await self._each(Review, (Review.due_at < soon,), lambda _: lead, _review)
        await self._each(Action, (Action.due_at < late,), lambda row: self._who(row) or lead, _act)
        older = Concern.recorded_at < clock.now() - NEW
        again = (Concern.due_at < soon, Concern.pending.is_(None), older)
        await self._each(Concern, again, lambda _: lead, _look_again)

    def _people(self) -> list[Player]:
        return [item for role in READS_TRAYS for item in self.stage.team(self.place, role)]

    def _who(self, action: Action) -> Player | None:
        """Its owner, in the first of their roles."""
        return next((item for item in self._everybody() if item.id == action.owner_id), None)

    def _everybody(self) -> Iterator[Player]:
        for (place_id, _), players in self.stage.players.items():
            yield from players if place_id == self.place.id else ()

    async def _each(
        self,
        model: type[Any],
        which: tuple[ColumnElement[bool], ...],
        who: Callable[[Any], Player],
        do: Callable[[UnitOfWork, Any], Awaitable[Any]],
    ) -> None:
        """Do the same with each open row, as the person it is for, in a transaction of its own."""

        async def rows(work: UnitOfWork) -> list[Any]:
            of_school = (model.school_id == self.place.id, model.ended_at.is_(None))
            return list(await work.session.scalars(select(model).where(*of_school, *which)))

        for row in await self.stage.act(self._people()[0], rows):
            await self.stage.act(who(row), partial(_again, model, row.id, do))


async def _again(
    model: type[Any],
    id_: UUID,
    do: Callable[[UnitOfWork, Any], Awaitable[Any]],
    work: UnitOfWork,
) -> None:
    await do(work, await work.concerns.find(model, id_))


async def _read_inbox(work: UnitOfWork) -> None:
    mine = (Alert.school_id == work.actor.school_id, Alert.recipient_id == work.actor.id)
    unread = (Alert.acknowledged_at.is_(None), Alert.ended_at.is_(None))
    rows = await work.session.scalars(select(Alert.id).where(*mine, *unread))
    await acknowledge_alerts(work, list(rows))


async def _do_task(work: UnitOfWork, task: Task) -> None:
    await complete_task(work, task.id, task.version, CompleteTaskIn(note=narrative.TASK_DONE))


async def _review(work: UnitOfWork, review: Review) -> None:
    complete_review_in = CompleteReviewIn(note=narrative.LOOKED, outcome="end")
    await complete_review(work, review.id, review.version, complete_review_in)


async def _act(work: UnitOfWork, action: Action) -> None:
    done = CompleteActionIn(outcome=narrative.ACTED)
    await complete_action(work, action.id, action.version, done)


async def _look_again(work: UnitOfWork, concern: Concern) -> None:
    """Put its date off, as far as its level allows."""
    if concern.state == "monitoring":
        maximum = longest(rules.furthest_watch(concern.level))
        watch = MonitorIn(
            review_at=clock.now() + min(28, maximum) * DAYS, reason=narrative.MONITORED
        )
        await monitor_concern(work, concern.id, concern.version, watch)
    elif concern.state in ("triaged", "in_progress"):
        maximum = min(map(longest, rules.furthest(concern.level, concern.immediacy)))
        goes_on = AssignIn(
            owner_id=concern.owner_id, due_at=clock.now() + min(14, maximum) * DAYS,
            reason=narrative.GOES_ON,
        )  # fmt: skip
        await assign_concern(work, concern.id, concern.version, goes_on)
