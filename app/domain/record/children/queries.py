"""Finding children: by name, by year and registration group, by whether they are on roll."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.core.words import Actor, AuditEvent, Permission
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.repositories.record import child_reads
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.record.children import rules
from app.domain.record.children.names import name_tokens

MOST_WORDS = 6
NO_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
"""Children are not ordered by time, and a cursor holds no name: the id alone says where we are."""


@dataclass(frozen=True, slots=True)
class SearchChildren:
    """A wish for a page of children. `name` is as typed; None means whatever the value."""

    name: str | None
    year_group: str | None
    registration_group: str | None
    roll_status: str | None
    page: PageOf

    @property
    def filter(self) -> child_reads.ChildFilter:
        """What the repository filters by, beside the name."""
        return child_reads.ChildFilter(self.year_group, self.registration_group, self.roll_status)


async def search_children(work: UnitOfWork, wish: SearchChildren) -> Page[str]:
    """Cards as JSON texts, by shown name; that leaves a trace, with a hash of what was typed.

    Names match word by word from their beginning; where nobody does, children with a name
    like it come on one page, the nearest first.
    """
    found = await _search(work.actor, await work.driver(), wish)
    words = words_of(wish.name)
    filters = {"year_group": wish.year_group, "registration_group": wish.registration_group}
    work.record(
        AuditEvent.CHILDREN_SEARCHED, "child", None,
        after={"school_id": work.actor.school_id, "words": words} if words else None,
        details={
            "by_name": bool(words), "found": len(found.items),
            "filters": sorted(name for name, value in filters.items() if value is not None),
        },
    )  # fmt: skip
    return found


async def _search(actor: Actor, driver: Driver, wish: SearchChildren) -> Page[str]:
    policy.require(actor, Permission.CHILD_SEARCH)
    words = words_of(wish.name)
    if wish.name is not None and not words:
        return Page([], None)
    after = wish.page.after.id if wish.page.after is not None else None
    found = await child_reads.children(
        driver, actor.school_id, wish.filter, words, after, wish.page.fetch
    )
    if found or not words or after is not None:
        return page_of(found, wish.page, key=_place, shape=_card)
    return await _alike(driver, actor.school_id, wish, words)


def words_of(name: str | None) -> list[str]:
    """The first few folded words of what was typed, the longest first."""
    return sorted(name_tokens(name), key=lambda word: (-len(word), word))[:MOST_WORDS]


async def _alike(
    driver: Driver, school_id: UUID, wish: SearchChildren, words: list[str]
) -> Page[str]:
    spellings = {word: _spellings(word) for word in words}
    looked_up = await child_reads.words_near(driver, school_id, spellings)
    near = {word: rules.neighbours(word, looked_up[word]) for word in words}
    if not any(near.values()):
        return Page([], None)
    found = await child_reads.children_named_like(
        driver, school_id, wish.filter, near, wish.page.limit
    )
    return Page([_card(row) for row in found], None)


def _spellings(word: str) -> frozenset[str]:
    return rules.one_edit_away(word) if len(word) <= rules.SHORT_WORD else frozenset()


def _place(row: Any) -> Cursor:
    return Cursor(NO_MOMENT, row["id"])


def _card(row: Any) -> str:
    card: str = row["card"]
    return card
