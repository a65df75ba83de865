"""A short term: each lead's tray holds what still needs them, and nothing else."""

from datetime import timedelta

from app.core import clock
from bench.term import Plan, play
from tests.world import World


async def test_trays_hold_what_still_needs_their_leads(world: World) -> None:
    today = clock.now().date()
    monday = today + timedelta(days=7 - today.weekday())
    outcome = await play(world, Plan(monday, weeks=1, pupils=6, teachers=3, a_day=3))
    assert outcome.reports >= 15
    assert [(tray.stale, tray.unheard) for tray in outcome.trays] == [(0, 0)] * 3
    assert all(tray.waiting < tray.never_read for tray in outcome.trays)
    assert outcome.mails
