"""Whatever rosters say in whatever order, each child keeps a lead who can read the record."""

import random
from typing import Any
from uuid import UUID

import pytest

from app.core.words import Role
from tests.api.access.test_conflicts import live
from tests.api.access.test_conflicts_confirmed import judge
from tests.api.exchange.test_roster_conflicts import LEADS, a_child, emails, send, undo
from tests.api.exchange.test_roster_keys import a_key
from tests.rosters import Roster
from tests.sampling import drawn
from tests.world import School, World

CHILDREN, STEPS = 3, 8
HOME = "f@home.example"


class Days:
    """A school that gets batches, undoes them and judges what they suggest, as the dice say."""

    def __init__(self, world: World, school: School, roster: Roster, dice: random.Random) -> None:
        self.world, self.school, self.roster, self.dice = world, school, roster, dice
        self.done: list[str] = []
        self.children: list[UUID] = []

    async def batch(self) -> None:
        team = [*emails(self.school, *LEADS), HOME]
        lines = [
            a_child(n, *self.dice.sample(team, self.dice.randint(1, len(team))))
            for n in range(CHILDREN)
        ]
        done, self.children = await send(self.roster, *lines)
        self.done.append(done["id"])

    async def undo(self) -> None:
        if self.done:
            await undo(self.world, self.roster, self.done.pop())

    async def typed(self) -> None:
        """An administrator writes a lead's address."""
        body = {"kind": "aunt_or_uncle", "name": "Jo Hill",
                "email": self.school[self.dice.choice(LEADS)].email}  # fmt: skip
        path = f"/v1/children/{self.dice.choice(self.children)}/contacts"
        answer = await self.school.api(Role.SCHOOL_ADMIN).post(path, body)
        assert answer.status_code == 201, answer.text

    async def judged(self) -> None:
        for one in await _suggested(self.school):
            by = self.school.api(self.dice.choice(LEADS))
            status, _ = await judge(self.world, by, one["id"], self.dice.choice(("confirm", "end")))
            assert status in (200, 403, 409), status


async def _suggested(school: School) -> list[dict[str, Any]]:
    return await live(school, state="suggested")


@pytest.mark.parametrize("seed", drawn(range(40), "test_conflict_sequences", 3))
async def test_no_sequence_leaves_a_child_without_a_lead(
    world: World, school: School, seed: int
) -> None:
    _, roster = await a_key(world, school)
    days = Days(world, school, roster, random.Random(seed))
    await days.batch()
    for _ in range(STEPS):
        await days.dice.choice((days.batch, days.undo, days.typed, days.judged))()
        for child in days.children:
            answers = [await school.api(role).get(f"/v1/children/{child}") for role in LEADS]
            assert 200 in [answer.status_code for answer in answers], child
