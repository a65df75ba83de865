"""A short term: each lead's inbox holds what still needs them, and nothing else."""

from datetime import timedelta

from app.core import clock
from bench.term import Plan, play
from tests.world import World


async def test_inboxes_hold_what_still_needs_their_leads(world: World) -> None:
    today = clock.now().date()
    monday = today + timedelta(days=7 - today.weekday())
    outcome = await play(world, Plan(monday, weeks=1, pupils=6, teachers=3, a_day=3))
    assert outcome.reports >= 15
    assert [(inbox.stale, inbox.unheard) for inbox in outcome.inboxes] == [(0, 0)] * 3
    assert all(inbox.waiting < inbox.never_read for inbox in outcome.inboxes)
    assert outcome.mails
