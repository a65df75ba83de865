"""Reads of rows that rosters brought in; reading children is logged, like a search."""

import base64
import binascii
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from app.core.words import Actor, AuditEvent, Permission
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.duty import calendars
from app.db.repositories.exchange import events, roster_facts
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.deadlines.commands import calendar_from
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.exchange.events.errors import PlaceUnknown
from app.domain.exchange.events.queries import BEGINNING, Seal
from app.domain.exchange.imports.queries import START
from app.domain.exchange.roster.errors import SourceNotOfKey
from app.domain.exchange.roster.rules import reason_told, sentence
from app.domain.exchange.roster_facts import rules
from app.formats.calendars import SchoolCalendar

SHOWN: Final = tuple(sorted({*rules.FACTS.values(), "roll_status"} - {*rules.KNOWN_NAMES}))
"""Fields of a child that every reader sees."""
MOST: Final = 20
"""Maximum rows of a look-up; a number belongs to one child, who may have several rows."""

LAYOUT: Final = struct.Struct(">BQq16s")
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Places:
    """Writes positions among a source's changes for clients, and reads those they send back.

    Sealed like those of events: transaction numbers reveal how much other schools write.
    """

    seal: Seal
    school_id: UUID
    source: str

    def written(self, place: tuple[int, int, UUID]) -> str:
        """The place as clients carry it."""
        turn, seq, link = place
        content = LAYOUT.pack(VERSION, turn, seq, link.bytes)
        sealed = self.seal.seal(content, self._bound_to())
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def read(self, text: str) -> tuple[int, int, UUID] | None:
        """Read the position a client sent back; None for any other text."""
        try:
            whole = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            content = self.seal.open(whole, self._bound_to())
            version, turn, seq, link = LAYOUT.unpack(content or b"")
        except (binascii.Error, ValueError, struct.error):
            return None
        place = (turn, seq, UUID(bytes=link))
        return place if version == VERSION and self.written(place) == text else None

    def _bound_to(self) -> bytes:
        return b"cairn.roster/" + self.school_id.bytes + self.source.encode()


async def list_children(
    work: UnitOfWork, source: str, asked: PageOf, **numbers: str | None
) -> Page[dict[str, Any]]:
    """The children a source knows. Raises `PermissionMissing`, `SourceNotOfKey`."""
    await _require_source(work.actor, await work.driver(), source)
    after = asked.after.id if asked.after is not None else None
    rows = await roster_facts.children_of(
        await work.driver(), work.actor.school_id, source, after, asked.fetch, **numbers
    )
    page = page_of(rows, asked, key=lambda row: Cursor(START, _id(row)), shape=_child)
    filters = sorted(name for name, value in numbers.items() if value is not None)
    _trace(work, source, filters, page.items)
    return page


def _trace(
    work: UnitOfWork, source: str, filters: Sequence[str], rows: Sequence[dict[str, Any]]
) -> None:
    only = rows[0]["child_id"] if filters and len(rows) == 1 else None
    work.record(
        AuditEvent.CHILDREN_SEARCHED, "child", only, child_id=only,
        details={"roster": source, "filters": [*filters], "found": len(rows)},
    )  # fmt: skip


async def list_changes(
    work: UnitOfWork, seal: Seal, source: str, since: str | None, limit: int
) -> dict[str, Any]:
    """The children of a source that changed after a place, and where the next answer begins.

    Raises `PermissionMissing`, `SourceNotOfKey`, `ValidationFailed`, `PlaceUnknown`.
    """
    driver, school_id = await work.driver(), work.actor.school_id
    await _require_source(work.actor, driver, source)
    places = Places(seal, school_id, source)
    oldest, ceiling = await events.horizon(driver)
    now = roster_facts.ChangePlace(oldest)
    if since is None:
        _trace(work, source, ["since"], [])
        return {"items": [], "next": places.written(now), "more": False}
    after = roster_facts.ChangePlace(*((0,) if since == BEGINNING else _place_of(places, since)))
    if after.turn > ceiling:
        raise PlaceUnknown
    rows = await roster_facts.changed_children(
        driver, school_id, source, after, until=oldest, fields=SHOWN, fetch=limit + 1
    )
    cut = rows[:limit]
    more = len(rows) > limit
    place = max(after, now)
    if more:
        place = roster_facts.ChangePlace(cut[-1]["turn"], cut[-1]["seq"], _id(cut[-1]))
    items = [_child({k: v for k, v in row.items() if k not in ("turn", "seq")}) for row in cut]
    _trace(work, source, ["since"], items)
    return {"items": items, "next": places.written(place), "more": more}


def _place_of(places: Places, since: str) -> tuple[int, int, UUID]:
    result = places.read(since)
    if result is None:
        advice = "This cursor was not made for this source."
        raise ValidationFailed(problems=[FieldProblem("/query/since", "cursor_invalid", advice)])
    return result


async def _sources_of(actor: Actor, driver: Driver) -> frozenset[str] | None:
    """The sources a program may read; None for a person, who reads all."""
    policy.require(actor, Permission.ROSTER_READ)
    if not actor.is_service:
        return None
    return await roster_facts.sources_of_key(driver, actor.school_id, actor.id)


async def _require_source(actor: Actor, driver: Driver, source: str) -> None:
    """Raise `PermissionMissing`, or `SourceNotOfKey` for a source of others."""
    bound = await _sources_of(actor, driver)
    if bound is not None and source not in bound:
        raise SourceNotOfKey


async def look_up_child(
    work: UnitOfWork, source: str, numbers: Mapping[str, str | None]
) -> list[dict[str, Any]]:
    """A child by the numbers that are named.

    Raises `PermissionMissing`, `SourceNotOfKey`, `ValidationFailed`.
    """
    named = {name: value for name, value in numbers.items() if name != "source" and value}
    if not named:
        advice = "Name a upn, former_upn, mis_id or source_id."
        raise ValidationFailed(problems=[FieldProblem("", "required", advice)])
    return [*(await list_children(work, source, PageOf(MOST), **named)).items]


def _id(row: Mapping[str, Any]) -> UUID:
    return UUID(str(row["id"]))


def _child(row: Mapping[str, Any]) -> dict[str, Any]:
    numbers, contacts = orjson.loads(row["identifiers"]), orjson.loads(row["contacts"])
    return rules.child_as_sent(dict(row), numbers, contacts)


async def get_digests(reading: Reading, source: str) -> dict[str, Any]:
    """Count a source's present rows by kind, with a hash that the sender can compute.

    Raises `PermissionMissing`, `SourceNotOfKey`.
    """
    await _require_source(reading.actor, reading.driver, source)
    rows = await roster_facts.digests_of(reading.driver, reading.actor.school_id, source)
    result = {row["kind"]: {"count": row["count"], "sha256": row["sha256"]} for row in rows}
    parts = {part: result.get(kind, rules.NO_ROWS) for part, kind in rules.PARTS.items()}
    return {"source": source, **parts}


async def list_sources(reading: Reading, asked: PageOf) -> Page[dict[str, Any]]:
    """The sources of the school that the reader may read, the one with the newest import first."""
    school_id = reading.actor.school_id
    only = await _sources_of(reading.actor, reading.driver)
    rows = await roster_facts.sources_of(reading.driver, school_id, only, asked)
    known = await calendars.current(reading.driver, school_id)
    calendar = calendar_from(known["number"], known["nation"], known["content"])
    return page_of(
        rows, asked,
        key=lambda row: Cursor(row["created_at"], _id(row)),
        shape=lambda row: _source(row, calendar, reading),
    )  # fmt: skip


def _source(row: Mapping[str, Any], calendar: SchoolCalendar, reading: Reading) -> dict[str, Any]:
    since, days = row["good_at"] or row["first_at"], row["stale_days"]
    return {
        "source": row["source"],
        "last_import": {"id": row["id"], "state": row["state"], "at": row["created_at"]},
        "last_good": _good(row) if row["good_id"] is not None else None,
        "held": [_hold(reading.actor, item) for item in orjson.loads(row["held"])],
        "stale_after_school_days": days,
        "stale_since": rules.stale_since(since, days, calendar, reading.now),
    }


def _hold(actor: Actor, hold: dict[str, Any]) -> dict[str, Any]:
    code = reason_told(actor, hold["code"])
    return hold | {"code": code, "detail": sentence(str(code))}


def _good(row: Mapping[str, Any]) -> dict[str, Any]:
    counts = orjson.loads(row["counts"])
    return {"id": row["good_id"], "at": row["good_at"], **({"counts": counts} if counts else {})}
