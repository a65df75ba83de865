"""The demo's story in small: everything that is told of its data in the nightly is made of this."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from app.cli.demo import plot
from app.cli.demo.loader import load
from app.db.migrate import migrate
from app.db.session import Database
from app.integrations.vault import Vault
from tests.world import World

pytestmark = pytest.mark.machine_time

CONCERNS = len(plot.RECENT) + 6


def test_a_shorter_story_loads_to_its_end(
    admin_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole of it, served and read as a newcomer does: tests/contract/test_demo.py."""
    monkeypatch.setattr(plot, "CONCERNS", CONCERNS)
    owner, app = World.new_database(admin_url, migrate)

    async def loaded() -> None:
        database = Database(app, pool=2, application_name="cairn demo")
        try:
            await load(database, lambda: None, lambda *_: None, Vault(tmp_path))
        finally:
            await database.close()

    asyncio.run(loaded())
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
