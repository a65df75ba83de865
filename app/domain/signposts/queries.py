"""Reads of signposts: the program's for everybody, and all that a school shows to its people."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.vocabularies.terms import DRAFT
from app.core.words import Actor, Permission
from app.db.reading import Reading
from app.db.repositories import signposts as stored
from app.db.session import Driver
from app.domain import policy
from app.domain.etags import etag
from app.domain.signposts import rules
from app.domain.signposts.errors import LocalPackNotFound, SignpostNotFound
from app.domain.signposts.national import national, suits

CHANGES = ("change_signpost", "end_signpost")


def list_public(today: date, nation: str | None, audience: str | None) -> list[dict[str, Any]]:
    """What everybody is shown; it needs nothing but the program."""
    return [row for row in national(today) if suits(row, nation, audience)]


async def list_here(
    reading: Reading, nation: str | None, audience: str | None
) -> list[dict[str, Any]]:
    """The school's own signposts, what it adopted, and the rest of the national ones.

    Raises `PermissionMissing`.
    """
    policy.require(reading.actor, Permission.SCHOOL_READ)
    today = reading.today
    rows = await stored.signposts_of(reading.driver, reading.actor.school_id)
    own = [shown(row, reading.actor, today) for row in rows]
    adopted = {row["national"] for row in rows}
    others = [_beside(row) for row in national(today) if row["id"] not in adopted]
    first = [row for row in others if row["origin"] == "always"]
    found = [*first, *own, *(row for row in others if row["origin"] != "always")]
    return [row for row in found if suits(row, nation, audience)]


def _beside(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row, "signpost_id": None, "checked_by": None, "etag": None, "ended_at": None,
        "permissions": [],
    }  # fmt: skip


async def read_signpost(driver: Driver, actor: Actor, signpost_id: UUID) -> dict[str, Any]:
    """One of the school's, ended or not. Raises `PermissionMissing`, `SignpostNotFound`."""
    policy.require(actor, Permission.SCHOOL_READ)
    row = await stored.signpost_of(driver, actor.school_id, signpost_id)
    if row is None:
        raise SignpostNotFound
    return shown(row, actor, _today())


def shown(row: Mapping[str, Any], actor: Actor, today: date) -> dict[str, Any]:
    """A signpost of a school as it leaves."""
    content = stored.content_of(row)
    open_ = row["ended_at"] is None
    may = open_ and policy.may(actor, Permission.SIGNPOST_CHANGE).allowed
    return {
        "id": row["national"] or str(row["id"]),
        "signpost_id": row["id"],
        "origin": "adopted" if row["national"] else "school",
        "name": content["name"],
        "about": content.get("about"),
        "audiences": content["audiences"],
        "channels": content["channels"],
        "hours": content.get("hours"),
        "nations": content.get("nations") or [],
        "languages": content.get("languages") or [],
        "source": content.get("source"),
        **_check(row, today),
        "etag": etag(row["version"]),
        "ended_at": row["ended_at"],
        "permissions": list(CHANGES) if may else [],
        "vocabulary_status": DRAFT,
    }


async def list_packs(reading: Reading) -> list[dict[str, Any]]:
    """The school's packs, by authority. Raises `PermissionMissing`."""
    policy.require(reading.actor, Permission.SCHOOL_READ)
    rows = await stored.packs_of(reading.driver, reading.actor.school_id)
    return [pack_shown(row, reading.actor, reading.today) for row in rows]


async def read_pack(driver: Driver, actor: Actor, authority: str) -> dict[str, Any]:
    """The school's pack of an authority. Raises `PermissionMissing`, `LocalPackNotFound`."""
    policy.require(actor, Permission.SCHOOL_READ)
    row = await stored.pack_of(driver, actor.school_id, authority)
    if row is None:
        raise LocalPackNotFound
    return pack_shown(row, actor, _today())


def pack_shown(row: Mapping[str, Any], actor: Actor, today: date) -> dict[str, Any]:
    """A pack as it leaves."""
    may = policy.may(actor, Permission.SIGNPOST_CHANGE).allowed
    return {
        "authority": row["authority"],
        **stored.content_of(row),
        **_check(row, today),
        "etag": etag(row["version"]),
        "permissions": ["set_local_pack"] if may else [],
        "vocabulary_status": DRAFT,
    }


def _check(row: Mapping[str, Any], today: date) -> dict[str, Any]:
    return {
        "checked_on": row["checked_on"],
        "check_by": row["check_by"],
        "checked_by": {"id": row["checked_by"], "name": row["checked_by_name"]},
        "confirmed": rules.is_confirmed(row["check_by"], today),
    }


def _today() -> date:
    return clock.day_of(clock.now())
