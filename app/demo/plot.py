"""Plans some four months of the demo's concerns, so that every state and way to end is there."""

import itertools
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.core.words import Role
from app.demo import narrative
from app.demo.concerns import DAYS, HOURS, MINUTES, Story
from app.demo.narrative import scenarios, worded
from app.demo.people import Place
from app.demo.pupils import Child
from app.demo.stage import Player, Stage
from app.domain.disclosures import OF_CATEGORY

CONCERNS = 116
DUPLICATES = 4
STORY_DAYS = 110
RECENT = ("raised",) * 3 + ("acknowledged",) * 3 + ("triaged",) * 6
LATELY = (
    "in_progress", "closed", "monitoring", "pending_closure", "in_progress", "pending_error",
    "monitoring", "refused_closure", "in_progress", "closed", "in_progress", "overdue",
)  # fmt: skip
"""Of the last month, which is when most of what is open in a school began."""
MONTHLY = 24
OLDER = (
    "closed", "closed", "closed", "monitoring", "closed", "closed", "error", "reopened", "closed",
    "closed", "in_progress", "closed",
)  # fmt: skip
SIGNED_LEVELS = (3, 4)
WEIGHTS = (4, 6)
"""How the concerns are shared out among the schools."""


def all_endings() -> list[str]:
    """How far each concern of the demo has come, the oldest first."""
    before = CONCERNS - len(RECENT)
    lately = min(MONTHLY, before)
    older = itertools.islice(itertools.cycle(OLDER), before - lately)
    return [*older, *itertools.islice(itertools.cycle(LATELY), lately), *reversed(RECENT)]


class Plot:
    """Draws stories from one seeded stream of chance and plans their steps on the stage."""

    def __init__(
        self,
        stage: Stage,
        chance: random.Random,
        children: list[Child],
        endings: Sequence[str] | None = None,
        days: int = STORY_DAYS,
    ) -> None:
        """`endings`: how far each concern has come, the oldest first; all in so many days."""
        self.days = days
        self.stage = stage
        self.chance = chance
        self.by_place = {
            place.id: [child for child in children if child.place is place]
            for place in stage.cast.schools
        }
        self.endings = endings or all_endings()
        self.stories: list[tuple[str, Story]] = []
        self.scenarios = scenarios()
        self._decks: dict[str, list[dict[str, Any]]] = {}

    @property
    def unread_from(self) -> datetime:
        """When the first of the concerns was raised that nobody has read yet."""
        return next(story.raised_at for ending, story in self.stories if ending == "raised")

    def plan(self) -> None:
        """Plan every concern; the newest are still at their beginning."""
        for moment, ending in zip(self._moments(), self.endings, strict=True):
            self._plan_one(moment, ending)
        solid = [story for ending, story in self.stories if ending == "in_progress"]
        for story in solid[:DUPLICATES]:
            self._plan_duplicate(story)

    def _moments(self) -> Iterator[datetime]:
        """School moments up to now, oldest first, a little denser towards today.

        They have a stream of chance of their own: how many draws fall on a weekend depends on
        the day the demo is made, and what happens in it must not.
        """
        chance, result = random.Random(self.chance.random()), set[datetime]()  # noqa: S311
        while len(result) < len(self.endings):
            days = self.days * (1 - chance.random() ** 0.7)
            day = (self.stage.now - timedelta(days=days)).replace(hour=0, minute=0, second=0,
                                                                  microsecond=0)  # fmt: skip
            moment = day + timedelta(minutes=chance.randint(8 * 60 + 40, 15 * 60 + 50))
            if moment.weekday() < 5 and moment < self.stage.now - 10 * MINUTES:
                result.add(moment)
        return iter(sorted(result))

    def _scenario(self, place: Place, ending: str) -> dict[str, Any]:
        """The next of a shuffled deck that suits the school and the ending."""
        deck = self._decks.setdefault(place.phase, [])
        for _ in range(2):
            for number, scenario in enumerate(deck):
                if _suits(scenario, ending):
                    return deck.pop(number)
            fresh = [item for item in self.scenarios if place.phase in item["phases"]]
            self.chance.shuffle(fresh)
            deck.extend(fresh)
        return deck.pop()

    def _plan_one(self, moment: datetime, ending: str) -> None:
        place = self.chance.choices(
            self.stage.cast.schools, WEIGHTS[: len(self.stage.cast.schools)]
        )[0]
        scenario = self._scenario(place, ending)
        children = self._cast(place, len(scenario.get("roles", ["subject"])))
        story = self._story(place, scenario, children, moment)
        story.stage.at(moment, story.raise_it)
        getattr(self, f"_{ending}")(story)
        self.stories.append((ending, story))

    def _story(
        self, place: Place, scenario: dict[str, Any], children: list[Child], moment: datetime
    ) -> Story:
        leads = self.stage.team(place, Role.DSL)
        deputies = self.stage.team(place, Role.DEPUTY_DSL)
        worker = self.chance.choice([*leads, *deputies])
        if scenario["class"] == "K5":
            worker = leads[0]
        owner = worker
        if scenario["class"] == "K2" and self.chance.random() < 0.6:
            owner = self._pastoral(place, children[0])
        reporters = [*self.stage.team(place, Role.STAFF), *self.stage.team(place, Role.PASTORAL)]
        reporter = self.chance.choice(reporters)
        return Story(
            self.stage, self.chance, worded(scenario, children), children, reporter, worker, owner,
            moment,
        )  # fmt: skip

    def _pastoral(self, place: Place, child: Child) -> Player:
        """Whoever works with the child's year group."""
        return next(
            player
            for player in self.stage.team(place, Role.PASTORAL)
            if child.year_group in player.person.posts[0].cohort.year_groups
        )

    def _cast(self, place: Place, number: int) -> list[Child]:
        """Children of about the same age; a third of the concerns come back to a known child.

        The first concern of a school is about a child with a parent who may not be told: one of
        the shares needs them.
        """
        known = [s.children[0] for _, s in self.stories if s.children[0].place is place]
        pool = self.by_place[place.id]
        repeats = known and self.chance.random() < 0.35
        restricted = [child for child in pool if child.family.kind == "restricted"]
        first = self.chance.choice(known if repeats else pool if known else restricted or pool)
        peers = [c for c in pool if c.year_group == first.year_group and c.id != first.id]
        return [first, *self.chance.sample(peers, number - 1)]

    # Each of the following plans what comes after raising, up to its ending.

    def _raised(self, story: Story) -> None:
        """Nobody has read it yet, and its alerts are still to be mailed."""

    def _acknowledged(self, story: Story) -> None:
        story.then(1 * MINUTES, story.mail, school=False)
        story.then(self.chance.choice((4, 25, 50)) * MINUTES, story.acknowledge)

    def _triaged(self, story: Story) -> None:
        self._acknowledged(story)
        story.then(2 * HOURS, story.triage)

    def _in_progress(self, story: Story) -> None:
        self._triaged(story)
        if self.chance.random() < 0.3:
            story.then(40 * MINUTES, story.amend)
        story.then(1 * HOURS, story.decide)
        story.then(30 * MINUTES, story.add_action(0, 6))
        story.then(1 * DAYS, story.comment)
        if self.chance.random() < 0.2:
            story.then(2 * HOURS, story.assign)
        story.then(3 * DAYS, story.finish_first)
        story.then(2 * HOURS, story.add_action(1, 90))

    def _overdue(self, story: Story) -> None:
        self._triaged(story)
        story.then(1 * HOURS, story.add_action(0, 4))
        story.then(1 * DAYS, story.comment)

    def _monitoring(self, story: Story) -> None:
        self._worked(story)
        story.then(2 * HOURS, story.monitor(self.chance.choice((14, 28, 60))))

    def _worked(self, story: Story) -> None:
        self._triaged(story)
        if self.chance.random() < 0.3:
            story.then(40 * MINUTES, story.amend)
        story.then(1 * HOURS, story.decide)
        story.then(30 * MINUTES, story.add_action(0, 6))
        story.then(20 * MINUTES, story.add_action(1, 10))
        story.then(1 * DAYS, story.comment)
        story.then(4 * DAYS, story.finish_actions)

    def _proposed(self, story: Story) -> None:
        self._worked(story)
        if self.chance.random() < 0.5:
            story.then(1 * HOURS, story.monitor(14))
            story.then(9 * DAYS, story.comment)
        story.then(4 * DAYS, story.close)

    def _closed(self, story: Story) -> None:
        self._proposed(story)
        if story.wording.level in SIGNED_LEVELS:
            story.then(5 * HOURS, story.sign(agree=True, reason=narrative.SIGNED))

    def _pending_closure(self, story: Story) -> None:
        self._proposed(story)

    def _refused_closure(self, story: Story) -> None:
        self._proposed(story)
        story.then(6 * HOURS, story.sign(agree=False, reason=narrative.SIGNATURE_REFUSED))

    def _reopened(self, story: Story) -> None:
        self._closed(story)
        story.then(12 * DAYS, story.reopen)
        story.then(1 * HOURS, story.add_action(0, 20))

    def _error(self, story: Story) -> None:
        self._pending_error(story)
        story.then(3 * HOURS, story.sign(agree=True, reason=narrative.WITHDRAWAL_SIGNED))

    def _pending_error(self, story: Story) -> None:
        self._acknowledged(story)
        story.then(2 * HOURS, story.withdraw)

    def _plan_duplicate(self, first: Story) -> None:
        """A second member of staff writes down the same event a little later."""
        scenario = first.wording.scenario
        moment = first.raised_at + 20 * MINUTES
        story = self._story(first.place, scenario, first.children, moment)
        story.worker = first.worker
        story.stage.at(moment, story.raise_it)
        self._acknowledged(story)
        story.then(30 * MINUTES, story.merge_into(first))
        self.stories.append(("duplicate", story))


def _suits(scenario: dict[str, Any], ending: str) -> bool:
    """Second signatures need a level 3 or 4 that somebody else may read, too.

    What starts the self-harm pathway has just been raised: its steps are for people, and one story
    of the demo takes all of them (`keeping_safe`).
    """
    if OF_CATEGORY.keys() & {*scenario["categories"]} and ending != "raised":
        return False
    if ending in ("pending_closure", "refused_closure"):
        return scenario["level"] in SIGNED_LEVELS and scenario["class"] != "K5"
    if ending in ("closed", "reopened", "error"):
        return bool(scenario["class"] != "K5")
    if ending == "in_progress":
        return bool(scenario["actions"])
    return True
