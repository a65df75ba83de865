"""The offline queue of both clients: killed at any step, a concern is raised exactly once."""

import asyncio
import re
import signal
from pathlib import Path

import pytest

from app.core.ids import new_id
from app.core.words import Role
from tests.clients.between import Between
from tests.clients.installed import Home
from tests.sampling import drawn
from tests.world import School, World

pytestmark = pytest.mark.machine_time

PROGRAMS = {"typescript": "queue.ts", "python": "queue_.py"}
TOURS = {"typescript": "queue-tour.ts", "python": "queue_tour.py"}
Reporter = tuple[Home, str, dict[str, str]]
AT_ONCE = 2


class Device:
    """A device with a queue in a folder, and somebody who reports."""

    def __init__(self, home: Home, program: str, said: dict[str, str], folder: Path) -> None:
        self._home, self._program, self._said = home, program, said
        self.folder, self.name = folder, str(new_id())

    async def live(self, act: str = "add", at: int = 0) -> tuple[int, str]:
        """One life of the program; `at`: the step at which it is killed."""
        words = (str(self.folder), self.name, str(at), act)
        return await self._home.end(self._program, *words, **self._said)


@pytest.fixture(params=PROGRAMS)
async def reporter(
    request: pytest.FixtureRequest,
    homes: dict[str, Home],
    world: World,
    school: School,
    origin: str,
) -> Reporter:
    token = world.token_of(school[Role.STAFF])
    said = {"CAIRN_URL": origin, "TOKEN": token, "CHILD": str(await school.child())}
    return homes[request.param], PROGRAMS[request.param], said


def concerns_of(world: World, school: School) -> int:
    count = "select count(*) from concern where school_id = %s"
    return int(world.sql(count, school.id)[0][0])


class TestKilled:
    async def test_at_any_step_a_concern_is_raised_exactly_once(
        self, world: World, school: School, reporter: Reporter, tmp_path: Path
    ) -> None:
        code, told = await Device(*reporter, tmp_path / "whole").live()
        assert code == 0, told
        steps = int(re.findall(r"done after (\d+) steps", told)[0])
        assert steps > 20
        chosen = drawn(range(1, steps + 1), reporter[1], 3)
        space = asyncio.Semaphore(AT_ONCE)

        async def killed(at: int) -> None:
            device = Device(*reporter, tmp_path / str(at))
            async with space:
                code, told = await device.live(at=at)
                assert code == -signal.SIGKILL, told
                # What was said to be kept is only sent; what was not is added again.
                code, told = await device.live("send" if "added" in told else "add")
            assert code == 0, told

        await asyncio.gather(*map(killed, chosen))
        assert concerns_of(world, school) == len(chosen) + 1


class TestTheTour:
    @pytest.mark.parametrize("language", TOURS)
    async def test_ends_well(
        self,
        world: World,
        school: School,
        homes: dict[str, Home],
        middle: Between,
        language: str,
        tmp_path: Path,
    ) -> None:
        child = await school.child()
        middle.lose(f"PATCH /v1/children/{child} ", 6)
        told = await homes[language].run(
            TOURS[language], CAIRN_URL=middle.origin, CHILD=str(child), FOLDER=str(tmp_path),
            TOKEN=world.token_of(school[Role.DSL]), OTHER=world.token_of(school[Role.STAFF]),
        )  # fmt: skip
        assert told == "done\n"
        assert len(middle.lost) == 1
        assert concerns_of(world, school) == 1
