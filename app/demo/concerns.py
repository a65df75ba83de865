"""The life of one concern of the demo, from the teacher's account to its end."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.schemas import ReasonIn
from app.core.words import Role
from app.db.models import Action, Concern
from app.db.unit_of_work import UnitOfWork
from app.demo import narrative
from app.demo.narrative import Wording
from app.demo.pupils import Child
from app.demo.stage import Player, Stage, school_time
from app.domain.common.category_rules.rules import following, immediacy_of
from app.domain.common.deadlines.rules import rule_on
from app.domain.record.actions.commands import add_action, complete_action, drop_action
from app.domain.record.actions.schemas import ActionIn, CompleteActionIn
from app.domain.record.concern_closures import commands as concern_closures
from app.domain.record.concern_closures.schemas import CloseIn, CountersignIn, MergeIn
from app.domain.record.concern_notes import commands as concern_notes
from app.domain.record.concern_notes.commands import AmendConcern
from app.domain.record.concern_notes.schemas import AdviceIn, DecisionIn
from app.domain.record.concern_reports import commands as concern_reports
from app.domain.record.concern_reports.commands import RaiseConcern
from app.domain.record.concerns import commands as concerns
from app.domain.record.concerns import queries, rules
from app.domain.record.concerns.errors import MergeTargetUnsuitable
from app.domain.record.concerns.schemas import AssignIn, MonitorIn, ReopenIn, TriageIn

MOST_ARE_TOLD = 0.9
MINUTES, HOURS, DAYS = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))


@dataclass(slots=True)
class Story:
    """One concern: who raises it, who works on it, and in which words."""

    stage: Stage
    chance: random.Random
    wording: Wording
    children: list[Child]
    reporter: Player
    worker: Player
    owner: Player
    raised_at: datetime
    id: UUID | None = None
    actions: list[tuple[UUID, Player, str]] = field(default_factory=list)
    when: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.when = self.raised_at

    @property
    def place(self) -> Any:
        """The school."""
        return self.children[0].place

    def then(self, after: timedelta, do: Callable[[], Any], *, school: bool = True) -> "Story":
        """Plan the next step some time after the one before."""
        self.when += after * self.chance.uniform(0.7, 1.3)
        if school:
            self.when = school_time(self.when)
        self.stage.at(self.when, do)
        return self

    async def _version(self, work: UnitOfWork) -> int:
        concern = await work.concerns.find(Concern, self.known())
        assert concern is not None  # noqa: S101 - it was raised before
        return concern.version

    def known(self) -> UUID:
        """Its id, once it was raised."""
        assert self.id is not None  # noqa: S101 - it was raised before
        return self.id

    async def raise_it(self) -> None:
        """The reporter writes it down; sometimes days after it happened."""
        scenario = self.wording.scenario
        late = self.chance.random() < 0.12
        before = (
            self.chance.uniform(30, 190) * HOURS if late else self.chance.uniform(5, 150) * MINUTES
        )
        occurred_at = (self.raised_at - before).replace(second=0, microsecond=0)
        roles = scenario.get("roles", ["subject"])
        rows: list[dict[str, Any]] = [
            {"whom": whom, "name": None, "at": occurred_at.isoformat(), "note": None}
            for whom in scenario.get("told", ())
        ]
        parents = scenario.get("parents_told", {"value": "not_yet", "reason_code": "left_to_lead"})
        unsure = self.chance.random() < 0.25
        command = RaiseConcern(
            id=None,
            children=[(child.id, role) for child, role in zip(self.children, roles, strict=True)],
            account=self.wording.account(self.chance),
            occurred_at=occurred_at,
            occurred_precision="about" if late else self.chance.choice(("exact", "exact", "about")),
            reported={
                "place": self.chance.choice(scenario["places"]),
                "source": scenario.get("source", "staff_observation"),
                "context": scenario["context"],
                "alleged_source_of_harm": scenario.get("harm"),
                "told_already": rows,
                "parents_told": {"reason": None, "reason_code": None, **parents},
            },
            immediacy=scenario.get("immediacy", "routine"),
            categories=["not_sure"] if unsure else scenario["categories"],
            body_map=self.wording.body_map(self.children[0]),
        )
        self.id = (
            await self.stage.act(
                self.reporter, lambda work: concern_reports.raise_concern(work, command)
            )
        ).id

    async def mail(self) -> None:
        """The worker has mailed the alerts there are."""
        await self.stage.mail_alerts(self.place, self.known())

    async def acknowledge(self) -> None:
        """A lead opens it and says so."""

        async def do(work: UnitOfWork) -> None:
            await queries.open_concern(work, self.known())
            await concerns.acknowledge_concern(work, self.known(), await self._version(work))
            await self.stage.acknowledge_alerts(work, self.worker, self.known())

        await self.stage.act(self.worker, do)

    async def triage(self) -> None:
        """The lead's judgement."""
        scenario = self.wording.scenario
        body = TriageIn(
            level=self.wording.level,
            level_label=None,
            primary_category=scenario["categories"][0],
            categories=scenario["categories"],
            confidentiality=self.wording.confidentiality,
            owner_id=self.owner.id,
            due_at=clock.now() + self._days(self.chance.choice((3, 5, 7, 10))) * DAYS,
            reason=self.wording.fill(scenario["triage"]),
            tell_reporter=narrative.THANKS if self.chance.random() < MOST_ARE_TOLD else None,
        )

        async def do(work: UnitOfWork) -> None:
            version = await self._version(work)
            await concerns.triage_concern(work, self.known(), version, body)

        await self.stage.act(self.worker, do)

    def _days(self, wanted: int) -> int:
        """As many as a due time of this concern may lie away."""
        scenario = self.wording.scenario
        follows = following(scenario["categories"], harm_from=scenario.get("harm"))
        soon = immediacy_of(follows, scenario.get("immediacy", "routine"))
        furthest = rules.furthest(self.wording.level, soon)
        return min(wanted, *map(longest, furthest))

    async def amend(self) -> None:
        """The reporter adds to the account or corrects it."""
        kind, text, reason = self.chance.choice(narrative.AMENDMENTS)
        command = AmendConcern(None, kind, None, self.wording.fill(text), reason)
        await self.stage.act(
            self.reporter, lambda work: concern_notes.amend_concern(work, self.known(), command)
        )

    async def comment(self) -> None:
        """Somebody who works on it adds to the discussion."""
        texts = self.wording.scenario["comments"]
        if not texts:
            return
        text = self.wording.fill(self.chance.choice(texts))
        await self.stage.act(
            self.chance.choice((self.worker, self.owner)),
            lambda work: concern_notes.add_comment(work, self.known(), None, text),
        )

    async def decide(self) -> None:
        """The lead decides, with a reason."""
        decision = self.wording.scenario["decision"]
        text = self.wording.fill
        body = DecisionIn(
            kind=decision["kind"],
            question=text(decision["question"]),
            options=[text(option) for option in decision["options"]],
            decision=text(decision["decision"]),
            reason=text(decision["reason"]),
            advice=[
                AdviceIn.model_validate({**item, "at": clock.now(), "text": text(item["text"])})
                for item in decision.get("advice", ())
            ],
            review_on=clock.now() + 28 * DAYS,
        )
        await self.stage.act(
            self.worker, lambda work: concern_notes.record_decision(work, self.known(), body)
        )

    def add_action(self, number: int, days: int) -> Callable[[], Any]:
        """Something is to be done by a day; the outcome is told later."""
        what, outcome = self.wording.scenario["actions"][
            number % len(self.wording.scenario["actions"])
        ]
        # Only those who see the class have a restricted action put on them.
        helpers = [self.worker] if self.wording.confidentiality == "K5" else [
            self.worker, self.owner, self.reporter,
        ]  # fmt: skip
        who, due_at = self.chance.choice(helpers), self.when + days * DAYS

        async def do() -> None:
            command = ActionIn(what=self.wording.fill(what), owner_id=who.id, due_at=due_at)
            action = await self.stage.act(
                self.worker, lambda work: add_action(work, self.known(), command)
            )
            self.actions.append((action.id, who, self.wording.fill(outcome)))
            await self.mail()

        return do

    async def finish_actions(self) -> None:
        """Every action is done by its owner; now and then one is dropped instead."""
        for action_id, who, outcome in self.actions:
            await self._end(action_id, who, outcome, dropped=self.chance.random() < 0.15)
        self.actions.clear()

    async def finish_first(self) -> None:
        """The first action is done, the others stay open."""
        if self.actions:
            action_id, who, outcome = self.actions.pop(0)
            await self._end(action_id, who, outcome, dropped=False)

    async def _end(self, action_id: UUID, who: Player, outcome: str, *, dropped: bool) -> None:
        async def do(work: UnitOfWork) -> None:
            action = await work.concerns.find(Action, action_id)
            assert action is not None  # noqa: S101 - it was set before
            if dropped:
                command = ReasonIn(reason=narrative.DROPPED)
                await drop_action(work, action_id, action.version, command)
            else:
                done = CompleteActionIn(outcome=outcome)
                await complete_action(work, action_id, action.version, done)

        await self.stage.act(self.worker if dropped else who, do)

    async def assign(self) -> None:
        """Another lead who may own it takes it over, where there is one."""
        sealed = self.wording.confidentiality == "K5"
        others = [
            player
            for role in ((Role.DSL,) if sealed else (Role.DSL, Role.DEPUTY_DSL))
            for player in self.stage.team(self.place, role)
            if player.id != self.owner.id
        ]
        if not others:
            return
        self.owner = self.chance.choice(others)

        async def do(work: UnitOfWork) -> None:
            version = await self._version(work)
            await concerns.assign_concern(
                work,
                self.known(),
                version,
                AssignIn(owner_id=self.owner.id, reason=narrative.ASSIGNED),
            )

        await self.stage.act(self.worker, do)

    def monitor(self, days: int) -> Callable[[], Any]:
        """Watch, and look again after some days."""
        maximum = longest(rules.furthest_watch(self.wording.level))
        review_at = self.when + min(days, maximum) * DAYS

        async def do() -> None:
            async def step(work: UnitOfWork) -> None:
                version = await self._version(work)
                await concerns.monitor_concern(
                    work,
                    self.known(),
                    version,
                    MonitorIn(review_at=review_at, reason=narrative.MONITORED),
                )

            await self.stage.act(self.worker, step)

        return do

    async def close(self) -> None:
        """Close with outcome and reason; at level 3 and 4 this only proposes it."""
        scenario = self.wording.scenario
        reason = self.wording.fill(scenario["closing"])

        async def do(work: UnitOfWork) -> None:
            version = await self._version(work)
            await concern_closures.close_concern(
                work, self.known(), version, CloseIn(outcome=scenario["outcome"], reason=reason)
            )

        await self.stage.act(self.worker, do)

    def sign(self, *, agree: bool, reason: str) -> Callable[[], Any]:
        """A second person agrees or does not."""

        async def do() -> None:
            async def step(work: UnitOfWork) -> None:
                version = await self._version(work)
                await concern_closures.countersign_concern(
                    work, self.known(), version, CountersignIn(agree=agree, reason=reason)
                )

            await self.stage.act(self._second_person(), step)

        return do

    def _second_person(self) -> Player:
        role = Role.HEADTEACHER if self.worker.actor.role is Role.DSL else Role.DSL
        return self.stage.team(self.place, role)[0]

    async def reopen(self) -> None:
        """Take it up again."""

        async def do(work: UnitOfWork) -> None:
            version = await self._version(work)
            body = ReopenIn(reason=narrative.REOPENED)
            await concerns.reopen_concern(work, self.known(), version, body)

        await self.stage.act(self.worker, do)

    async def withdraw(self) -> None:
        """Propose that it was entered in error."""

        async def do(work: UnitOfWork) -> None:
            version = await self._version(work)
            await concern_closures.withdraw_concern(
                work, self.known(), version, ReasonIn(reason=narrative.WITHDRAWN)
            )

        await self.stage.act(self.worker, do)

    def merge_into(self, other: "Story") -> Callable[[], Any]:
        """It is the same event as another concern; both stay where more people read the other."""

        async def do() -> None:
            async def step(work: UnitOfWork) -> None:
                version = await self._version(work)
                await concern_closures.merge_concern(
                    work,
                    self.known(),
                    version,
                    MergeIn(into=other.known(), reason=narrative.MERGED),
                )

            with suppress(MergeTargetUnsuitable):
                await self.stage.act(self.worker, step)

        return do


def longest(rule_id: str) -> int:
    """Days up to which a person may put a due time off by this rule."""
    return rule_on(rule_id, clock.now().date()).limit.days
