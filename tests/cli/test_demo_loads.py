"""The demo's story in small: everything that is told of its data in the nightly is made of this."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from app.core import clock
from app.core.settings import Settings
from app.core.words import Role
from app.db.migrate import migrate
from app.db.session import Database
from app.demo import plot
from app.demo.loader import load
from app.demo.people import PRIMARY, SECONDARY
from app.demo.sharing import SHARE_STEPS
from app.integrations.vault import Vault
from app.main import build_app, build_runtime
from tests.api.record.test_concerns import a_body
from tests.world import World

pytestmark = pytest.mark.machine_time

CONCERNS = len(plot.RECENT) + 6
SOCIAL_CARE = {"01632 960110", "01632 960111"}


def loaded(admin_url: str, keys: Path) -> tuple[str, str]:
    """The owner's and the application's URL of a new database with the story in it."""
    owner, app = World.new_database(admin_url, migrate)

    async def fill() -> None:
        database = Database(app, pool=2, application_name="cairn demo")
        try:
            await load(database, lambda: None, lambda *_: None, Vault(keys))
        finally:
            await database.close()

    asyncio.run(fill())
    return owner, app


async def told(owner: str, app: str, keys: Path, school: UUID) -> set[str]:
    """The numbers that a teacher of the story who reports neglect is given."""
    settings = Settings(
        database_url=app, keys_dir=keys, base_url="http://cairn.test", unsafe_database=True,
        unsafe_passwords=True, log_level="error",
    )  # fmt: skip
    runtime = build_runtime(settings)
    world = World(build_app(settings, runtime), runtime, owner_url=owner)
    teacher = await world.a_person(school, Role.STAFF)
    ((child,),) = world.sql("select id from child where school_id = %s limit 1", school)
    body = a_body(child, categories=["neglect"])
    answer = await world.as_token(teacher.token).post("/v1/concerns", body)
    assert answer.status_code == 201, answer.text
    await runtime.drain()
    await runtime.database.close()
    return {one["number"] for one in answer.json()["lead_availability"]["call"]}


@pytest.mark.long
@pytest.mark.parametrize("hours", [0, 7, 14, 52])
def test_a_share_is_at_every_step_whenever_the_demo_is_made(
    admin_url: str, tmp_path: Path, hours: int
) -> None:
    with clock.shifted(timedelta(hours=hours)):
        owner, _ = loaded(admin_url, tmp_path)
    with psycopg.connect(owner, autocommit=True) as connection:
        rows = connection.execute(
            "select school_id, array_agg(distinct state), max(jsonb_array_length(approvals))"
            " from share group by school_id"
        ).fetchall()
    assert {school: {*states} for school, states, _ in rows} == {
        place.id: {*SHARE_STEPS} for place in (PRIMARY, SECONDARY)
    }
    assert [signed for _, _, signed in rows] == [2, 2]


@pytest.mark.long
def test_a_lead_finds_a_week_of_work_and_no_more(admin_url: str, tmp_path: Path) -> None:
    """Each Friday somebody clears the desk: what is left is what a real Monday would show."""
    owner, _ = loaded(admin_url, tmp_path)
    with psycopg.connect(owner, autocommit=True) as connection:
        rows = connection.execute(
            "select school_id, count(*) from deadline where ended_at is null and due_at < %s"
            " group by school_id",
            [clock.now()],
        ).fetchall()
    assert len(rows) == 2
    assert all(10 < overdue < 45 for _, overdue in rows), rows


def test_a_shorter_story_loads_to_its_end(
    admin_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole of it, served and read as a newcomer does: tests/contract/test_demo.py."""
    monkeypatch.setattr(plot, "CONCERNS", CONCERNS)
    owner, app = loaded(admin_url, tmp_path)
    with psycopg.connect(owner, autocommit=True) as connection:
        rows = connection.execute(
            "select (select count(*) from organisation), (select count(*) from concern),"
            " (select count(*) from concern where owner_id is null and ended_at is null),"
            " (select count(*) from share), (select count(*) from safety_plan)"
        ).fetchall()
    organisations, concerns, unowned, shares, plans = rows[0]
    assert (organisations, unowned) == (3, 0)
    assert concerns >= CONCERNS
    assert shares > 0
    assert plans > 0
    for place in (PRIMARY, SECONDARY):
        numbers = asyncio.run(told(owner, app, tmp_path, place.id))
        assert numbers & SOCIAL_CARE, "its social care, by day or by night"
