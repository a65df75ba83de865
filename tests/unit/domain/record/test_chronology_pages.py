"""A page with much text leaves the server free to answer others meanwhile."""

import asyncio
from typing import Any

import orjson

from app.core import clock
from app.core.ids import new_id
from app.db.paging import Page, PageOf
from app.domain.record.chronology.queries import MUCH_TEXT, page_shown

KEPT = ("Alex", "Marsh", None, None, None)
OTHERS = [("Eloise", "Vale", None, None, None), ("Robin", "Valentine", None, None, None)]


def a_row(summary: str) -> dict[str, Any]:
    """A row of a concern about several children."""
    entry = {
        "summary": summary, "child_said": None, "decision": None, "reason": None, "outcome": None,
    }  # fmt: skip
    return {
        "occurred_at": clock.now(),
        "id": new_id(),
        "entry": orjson.dumps(entry).decode(),
        "names": OTHERS,
    }


async def beats_during(rows: list[dict[str, Any]]) -> tuple[int, Page[str]]:
    """How often another task had its turn while the page was made, and the page."""
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    heart = asyncio.create_task(beat())
    page = await page_shown(rows, PageOf(50), KEPT)
    heart.cancel()
    return beats, page


class TestPageShown:
    async def test_lets_others_have_their_turn_while_much_text_is_read(self) -> None:
        text = "Eloix and Robix saw Eloise Vale. " * 2_000
        beats, page = await beats_during([a_row(text)])
        assert beats > 1
        assert "Eloise" not in page.items[0]
        assert page.items[0].count("another pupil") == 2_000

    async def test_shows_a_short_page_at_once(self) -> None:
        beats, page = await beats_during([a_row("Alex pushed Eloise.")])
        assert beats == 0
        assert "Alex pushed another pupil." in page.items[0]

    async def test_counts_the_text_of_all_entries_together(self) -> None:
        beats, _ = await beats_during([a_row("Eloise. " * (MUCH_TEXT // 40))] * 6)
        assert beats > 1
