"""Look up what a person has in front of them, as far as they may know of it."""

import re
from functools import partial
from typing import Any, Final

import orjson

from app.core.pointers import pointer
from app.core.words import Actor, AuditEvent, Permission
from app.db.paging import PageOf
from app.db.repositories.record import look_up as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import kinds, policy
from app.domain.record.children.queries import SearchChildren, search_children

REFERENCE: Final = re.compile(r"[A-Z]{1,3}-[0-9]{4}-[0-9]{1,9}")
DIGIT: Final = re.compile(r"[0-9]")
MOST: Final = 20


async def look_up(work: UnitOfWork, asked: str) -> list[dict[str, Any]]:
    """Find a reference, a child by a number, or children by name. Raises `PermissionMissing`.

    A search for a child is logged like every other; a reference names nobody.
    """
    policy.require(work.actor, Permission.CHILD_SEARCH)
    text = " ".join(asked.split())
    if REFERENCE.fullmatch(text.upper()):
        return await _by_reference(work, text.upper())
    if DIGIT.search(text) and (result := await _by_number(work, text)):
        return result
    page = await search_children(work, SearchChildren(text, None, None, None, PageOf(MOST)))
    cards = [orjson.loads(summary) for summary in page.items]
    return [_result("child", item["id"], item["name"], "name") for item in cards]


async def _by_reference(work: UnitOfWork, reference: str) -> list[dict[str, Any]]:
    rows = await stored.by_reference(
        await work.driver(), work.actor.school_id, reference, _kept_by_kind(work.actor)
    )
    return [_result(row["kind"], row["id"], row["title"], "reference") for row in rows]


def _kept_by_kind(actor: Actor) -> dict[str, Any]:
    """Conditions for what the reader sees of each kind they list."""
    listed = [item for item in kinds.every_kind() if item.permits(actor)]
    return {item.name: partial(item.keep, actor) for item in listed}


async def _by_number(work: UnitOfWork, text: str) -> list[dict[str, Any]]:
    """Search as typed and without spaces: numbers are saved in capitals, addresses in lower."""
    joined = text.replace(" ", "")
    values = {text, joined, joined.upper(), joined.lower()}
    rows = await stored.by_number(
        await work.driver(), work.actor.school_id, sorted(values), limit=MOST,
        suppressed=bool(policy.may(work.actor, Permission.CHILD_SAFEGUARD)),
    )  # fmt: skip
    if rows:
        work.record(
            AuditEvent.CHILDREN_SEARCHED, "child", None,
            details={
                "by_number": True, "found": len(rows),
                "children": [str(row["id"]) for row in rows],
            },
        )  # fmt: skip
    return [_result("child", row["id"], row["title"], "number") for row in rows]


def _result(kind: str, id_: Any, title: str, found_by: str) -> dict[str, Any]:
    return pointer(kind, id_) | {"title": title, "found_by": found_by}
