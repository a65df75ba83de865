"""One pupil of the demo who told how they are, and what people have done for them since."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.api.schemas.informing_parents import ParentsDecidedIn
from app.api.schemas.safety_checks import SafetyCheckIn
from app.api.schemas.safety_plans import GivePlanCopyIn, PlanIn
from app.api.schemas.self_harm import LeftSafelyIn, SelfHarmIn, WithAdultIn
from app.api.schemas.support_plans import SupportPlanIn
from app.api.shapes import informing_parents, records, safety_plans, self_harm, support_plans
from app.core import clock
from app.core.words import Role
from app.db.models import CheckIn, Concern
from app.db.unit_of_work import UnitOfWork
from app.demo.people import SECONDARY
from app.demo.pupils import Child
from app.demo.stage import Player, Stage
from app.domain.record.concern_reports import commands as concern_reports
from app.domain.record.concern_reports.commands import RaiseConcern
from app.domain.record.concerns import commands as concerns
from app.domain.record.concerns import queries
from app.domain.safety.check_ins.commands import CheckInResult, complete_check_in
from app.domain.safety.safety_checks.commands import keep_check
from app.domain.safety.safety_plan_versions import commands as safety_plan_versions
from app.domain.safety.self_harm_steps import commands
from app.domain.safety.self_harm_steps.queries import StepReport
from app.domain.safety.support_plans.commands import make_plan
from app.domain.safety.support_services.commands import (
    Check,
    CreateSupportService,
    add_support_service,
)
from app.domain.sharing.informing_parents.commands import decide_parents
from app.domain.sharing.safety_plan_handouts import commands as safety_plan_handouts

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
YEAR_GROUP: Final = "9"
ACCOUNT: Final = "'It is all too much, and I do not feel safe with it.'"
DISCLOSURE: Final = {
    "kind": "thoughts_of_self_harm",
    "own_words": {"value": "I want it to be quiet in my head."},
    "with_now": "Hannah Clarke",
    "led_up_to": {"none": "declined"},
}
CHECK: Final = {
    "kind": "safety_check",
    "seen_by": {"value": "Amara Okafor"},
    "where": {"value": "The quiet room"},
    "asked_directly": {"answer": "yes", "question": "Do you think of ending your life?",
                       "reply": "No. I want it to stop being loud."},
    "has_a_way_in_mind": {"value": "no"},
    "taken_anything": {"value": "no"},
    "alone_tonight": {"value": "no"},
    "what_helps_keep_safe": {"value": "Gran, and drawing."},
    "what_they_want_to_happen": {"value": "That somebody asks how I am."},
    "who_they_trust": {"value": "Ms Petrie in the library."},
    "anyone_hurting_you": {"none": "declined"},
    "actions": ["call_parents", "plan", "check_in"],
}  # fmt: skip
PARENTS: Final = {
    "outcome": "told",
    "reason": "Home is where the help is, and the pupil wanted to be there when we phoned.",
}
PLAN: Final = {
    "made_with": "joint",
    "helped_by": "Lorna Petrie",
    "formats": ["words"],
    "steps": {
        "signs": [{"words": "I stop answering."}],
        "alone": [{"words": "I draw with music on."}],
        "company": [{"words": "The library at lunch."}],
        "helpers": [{"name": "Gran", "number": "01632 960333", "when": "Any time",
                     "agreed": {"value": True}}],
        "services": [{"name": "Childline", "number": "0800 1111", "when": "Day and night"}],
        "safer_space": [{"what": "Mum sits with me after school.", "where": "home", "who": "Mum"}],
    },
    "hold_on_to": [{"words": "My cat."}],
    "at_school": {"exit_card": "Green card", "room": "The library"},
}  # fmt: skip
SUPPORT_SERVICE: Final = {
    "name": "Harbour youth drop-in",
    "audiences": ["pupils"],
    "channels": [{"kind": "phone", "contact": "01632 960444"}],
}
PLACE: Final = "The library, before lunch"
TIMES: Final = [{"from": "11:45", "to": "12:15"}]


@dataclass(slots=True)
class KeptSafe:
    """The pupil, who is there for them, and the records that come one after the other."""

    stage: Stage
    child: Child
    concern: UUID | None = None
    plan: UUID | None = None
    teacher: Player = field(init=False)
    lead: Player = field(init=False)
    adult: Player = field(init=False)

    def __post_init__(self) -> None:
        staff = self.stage.team(SECONDARY, Role.STAFF)
        self.teacher, self.adult = staff[0], staff[-1]
        self.lead = self.stage.team(SECONDARY, Role.DSL)[0]

    def plan_days(self) -> None:
        """Two school days ago: told, seen, parents, a plan, home; and somebody there since."""
        today = self.stage.now.replace(hour=0, minute=0, second=0, microsecond=0)
        then, since = (_weekday(today, back) for back in (2, 1))
        self.stage.at(then - 90 * DAY, self.adds_support_service)
        steps: Sequence[tuple[datetime, Callable[[], Awaitable[None]]]] = [
            (then + 620 * MINUTE, self.is_told),
            (then + 621 * MINUTE, self.mailed),
            (then + 624 * MINUTE, self.takes_it),
            (then + 660 * MINUTE, self.checks),
            (then + 700 * MINUTE, self.decides),
            (then + 760 * MINUTE, self.agrees),
            (then + 780 * MINUTE, self.supports),
            (then + 900 * MINUTE, self.leaves),
            (since + 550 * MINUTE, self.speaks),
            (since + 720 * MINUTE, self.meets),
        ]
        for moment, do in steps:
            self.stage.at(moment, do)

    async def _by(self, player: Player, do: Callable[[UnitOfWork], Awaitable[Any]]) -> Any:
        return await self.stage.act(player, do)

    def _known(self) -> UUID:
        assert self.concern is not None  # noqa: S101 - it was raised before
        return self.concern

    async def adds_support_service(self) -> None:
        """A number of the town that has not been looked up since."""
        today = clock.now().date()
        command = CreateSupportService(Check(today, today + 60 * DAY), SUPPORT_SERVICE)
        await self._by(self.lead, lambda work: add_support_service(work, command))

    async def is_told(self) -> None:
        """A child and one sentence."""
        command = RaiseConcern(
            id=None, children=[(self.child.id, "subject")],
            account=[{"kind": "child_said", "text": ACCOUNT, "prompted_by": None, "told_by": None,
                      "basis": None}],
            occurred_at=None, occurred_precision="about",
            reported={"place": "Room 12", "source": "child_disclosure"},
            immediacy="today", categories=["not_sure"], body_map=[],
            self_harm=self_harm.disclosure_of(SelfHarmIn.model_validate(DISCLOSURE)),
        )  # fmt: skip
        self.concern = (
            await self._by(self.teacher, lambda work: concern_reports.raise_concern(work, command))
        ).id

    async def mailed(self) -> None:
        """The worker has mailed the alerts there are."""
        await self.stage.mail_alerts(SECONDARY, self._known())

    async def takes_it(self) -> None:
        """The lead has it, and knows who is with the pupil."""
        here = WithAdultIn(name=self.teacher.person.name, staff_id=self.teacher.id)

        async def do(work: UnitOfWork) -> None:
            await queries.open_concern(work, self._known())
            await concerns.acknowledge_concern(work, self._known(), await self._version(work))
            await self.stage.acknowledge_alerts(work, self.lead, self._known())
            await commands.with_adult(work, self._known(), self_harm.step_report(here))

        await self._by(self.lead, do)

    async def checks(self) -> None:
        """The lead speaks with the pupil."""
        body = SafetyCheckIn.model_validate({**CHECK, "concern_id": self._known()})
        command = records.check_command(body)
        await self._by(self.lead, lambda work: keep_check(work, self.child.id, command))

    async def decides(self) -> None:
        """What parents are told, and why."""
        command = informing_parents.command(ParentsDecidedIn.model_validate(PARENTS))
        await self._by(self.lead, lambda work: decide_parents(work, self._known(), command))

    async def agrees(self) -> None:
        """A plan in the pupil's words, in use, with a card in the pupil's bag."""
        body = PlanIn.model_validate({**PLAN, "concern_id": self._known()})
        copy = GivePlanCopyIn.model_validate({"kind": "pupil", "copy_kind": "card"})

        async def do(work: UnitOfWork) -> None:
            made = await safety_plan_versions.begin_plan(
                work, self.child.id, safety_plans.command(body)
            )
            await work.session.flush()
            await safety_plan_versions.agree_plan(work, made.id, made.version, None)
            await work.session.flush()
            await safety_plan_versions.use_plan(work, made.id, made.version)
            await work.session.flush()
            given = safety_plans.copy_given(copy)
            await safety_plan_handouts.give_copy(work, made.id, made.version, given)
            self.plan = made.id

        await self._by(self.lead, do)

    async def supports(self) -> None:
        """Who is there for the pupil from now on."""
        body = SupportPlanIn.model_validate(
            {"adult_id": self.adult.id, "cover_id": self.teacher.id, "place": PLACE,
             "times": TIMES, "concern_id": self._known(),
             "holiday_arrangement": "Gran phones the lead on the first day."}
        )  # fmt: skip
        command = support_plans.command(body)
        await self._by(self.lead, lambda work: make_plan(work, self.child.id, command))

    async def leaves(self) -> None:
        """The mother fetches the pupil."""
        body = LeftSafelyIn(
            handed_to="The mother", relationship="mother", call_tonight="Gran",
            home_made_safer={"value": True},
        )  # fmt: skip

        async def do(work: UnitOfWork) -> None:
            version = await self._version(work)
            await commands.leave_safely(
                work, self._known(), version, self_harm.step_report(body), None
            )

        await self._by(self.lead, do)

    async def speaks(self) -> None:
        """On the next school day the lead speaks with the pupil."""

        async def do(work: UnitOfWork) -> None:
            await commands.contact(work, self._known(), "spoke_with_pupil", StepReport({}))

        await self._by(self.lead, do)

    async def meets(self) -> None:
        """The chosen adult has seen the pupil at every time that has come."""

        async def do(work: UnitOfWork) -> None:
            rows = await work.session.scalars(
                select(CheckIn).where(
                    CheckIn.school_id == SECONDARY.id, CheckIn.child_id == self.child.id,
                    CheckIn.ended_at.is_(None), CheckIn.opens_at <= work.now,
                )
            )  # fmt: skip
            for row in list(rows):
                went = CheckInResult(
                    "spoke", {"how_are_things": {"value": "Better with the music."}}
                )
                await complete_check_in(work, row.id, row.version, went)

        await self._by(self.adult, do)

    async def _version(self, work: UnitOfWork) -> int:
        concern = await work.concerns.find(Concern, self._known())
        assert concern is not None  # noqa: S101 - it was raised before
        return concern.version


def pupil_to_keep_safe(children: Sequence[Child]) -> Child:
    """The last of the year, who is in few other stories."""
    return [
        child for child in children if child.place is SECONDARY and child.year_group == YEAR_GROUP
    ][-1]


def _weekday(today: datetime, back: int) -> datetime:
    """The weekday so many weekdays before a day."""
    day = today
    while back:
        day -= DAY
        back -= day.weekday() < 5
    return day
