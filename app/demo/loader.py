"""Fills an empty record with the demo's trust, by the same commands as everybody's."""

import random
from collections.abc import Callable

from app.core import clock
from app.db.session import Database
from app.demo.desk import Desk
from app.demo.families import Maker
from app.demo.keeping_safe import KeptSafe, pupil_to_keep_safe
from app.demo.people import PASSWORD
from app.demo.plot import Plot
from app.demo.pupils import (
    Child,
    admit,
    first_day,
    found_organisations,
    read_of_telling,
    stand,
    statuses,
)
from app.demo.secrets_kept import Secrets, make_secrets
from app.demo.sharing import Thread, add_agencies
from app.demo.stage import Stage, lived_at
from app.demo.terms import set_calendars
from app.demo.watching import watch
from app.domain.people.second_factors.rules import Vault
from app.integrations.passwords import Argon2Passwords

Tick = Callable[[str, int, int], None]
"""Told what is being loaded, how much of it is there, and of how much."""
SEED = 20261125
STORY_MONTHS = 4


async def load(
    database: Database, forget_jobs: Callable[[], None], tick: Tick, vault: Vault
) -> Secrets:
    """Load everything; the same data for the same day, but for the secrets, which are answered.

    `forget_jobs` drops the jobs that the story's past has left behind; only those of the newest
    concerns, which nobody has read yet, are left to the worker.
    """
    hasher = Argon2Passwords(threads=1)
    stage = Stage(database, clock.now())
    chance = random.Random(SEED)  # noqa: S311 - the same story each time
    try:
        password_hash = await hasher.hash(PASSWORD)
        with lived_at(first_day(stage.now, STORY_MONTHS)):
            await found_organisations(stage, password_hash)
            await stage.sign_everybody_in()
            await set_calendars(stage, stage.cast.schools)
            children = await _admit_all(stage, chance, tick)
        await _live_through(stage, chance, children, tick, forget_jobs)
        await watch(stage, vault, children)
        secrets = await make_secrets(stage, vault)
    finally:
        hasher.close()
    await stage.sign_everybody_out()
    return secrets


async def _admit_all(stage: Stage, chance: random.Random, tick: Tick) -> list[Child]:
    children: list[Child] = []
    families = Maker(chance, stage.now.date()).families()
    number = sum(len(family.pupils) for family in families)
    for family in families:
        children += await admit(stage, family)
        tick("Children and families", len(children), number)
    await read_of_telling(stage)
    commands = list(statuses(chance, children, stage.now.date()))
    for count, (child, command) in enumerate(commands, start=1):
        await stand(stage, child, command)
        tick("Plans and statuses", count, len(commands))
    return children


async def _live_through(
    stage: Stage,
    chance: random.Random,
    children: list[Child],
    tick: Tick,
    forget_jobs: Callable[[], None],
) -> None:
    """Everything that happens in the story, at its moment, one thing after the other."""
    with lived_at(first_day(stage.now, STORY_MONTHS)):
        agencies = {place.id: await add_agencies(stage, place) for place in stage.cast.schools}
    plot = Plot(stage, chance, children)
    plot.plan()
    for place in stage.cast.schools:
        Thread(stage, place, agencies[place.id]).plan(plot.stories)
        Desk(stage, place).plan(plot.days)
    KeptSafe(stage, pupil_to_keep_safe(children)).plan_days()
    number = len(stage.plan)
    settled = False
    for done, (moment, do) in enumerate(stage.due(), start=1):
        if not settled and moment >= plot.unread_from:
            forget_jobs()
            settled = True
        with lived_at(moment):
            await do()
        tick("Four months of concerns", done, number)
