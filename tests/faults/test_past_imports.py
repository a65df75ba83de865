"""An import of past entries that is killed in the middle of a portion goes on where it was."""

import asyncio
import os
import signal
import sys

import pytest

from app.core.settings import Settings
from tests.past import Past, csv_of, row, upn
from tests.world import World

pytestmark = pytest.mark.machine_time
APPLY = """
import asyncio, os, signal, sys
from uuid import UUID
from app.db.session import Database
from app.domain import nouns
from app.domain.exchange.past_imports import rules
from app.domain.exchange.past_plans import commands

rules.PORTION, whole, calls = 3, commands.stored.note_applied, []

async def killed(*args):
    calls.append(args)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    await whole(*args)

commands.stored.note_applied = killed
database = Database(os.environ["CAIRN_DATABASE_URL"])
asyncio.run(commands.run_apply(database, UUID(sys.argv[1]), UUID(sys.argv[2])))
"""


async def test_killed_in_a_portion_it_goes_on_without_a_double(
    world: World, app_settings: Settings
) -> None:
    past = Past(await world.a_school())
    await past.child(1)
    content = csv_of(*(row(str(n), f"upn:{upn(1)}") for n in range(10)))
    found = await past.planned(content)
    await past.approve(found["id"])
    url = app_settings.database_url.get_secret_value()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", APPLY, str(past.school.id), found["id"],
        env=os.environ | {"CAIRN_DATABASE_URL": url},
    )  # fmt: skip
    assert await process.wait() == -signal.SIGKILL
    before = past.entries()
    assert len(before) == 6, "what a killed transaction wrote is gone"
    applied = await past.apply(found["id"])
    assert (applied["state"], applied["done"]) == ("applied", 10)
    after = past.entries()
    assert len(after) == 10
    assert {one[0] for one in before} <= {one[0] for one in after}
    told = past.sql(
        "select count(*), count(distinct thing_id) from chronology_entry where school_id = %s"
        " and kind = 'past_entry'", past.school.id,
    )  # fmt: skip
    assert told == [(10, 10)]
