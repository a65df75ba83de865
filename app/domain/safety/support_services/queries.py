"""Reads of support services: Cairn's for everyone, and all that a school shows to its people."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.vocabularies.terms import DRAFT
from app.core.words import Actor, Permission
from app.db.reading import Reading
from app.db.repositories.safety import support_services as stored
from app.db.session import Driver
from app.domain import policy
from app.domain.etags import etag
from app.domain.safety.support_services import rules
from app.domain.safety.support_services.errors import (
    AuthorityContactsNotFound,
    SupportServiceNotFound,
)
from app.domain.safety.support_services.rules import national, suits

CHANGES = ("update_support_service", "end_support_service")


def list_public(today: date, nation: str | None, audience: str | None) -> list[dict[str, Any]]:
    """List the support services that anyone may see; needs no database."""
    return [row for row in national(today) if suits(row, nation, audience)]


async def list_here(
    reading: Reading, nation: str | None, audience: str | None
) -> list[dict[str, Any]]:
    """List the school's own support services, adopted ones, and the rest of the national ones.

    Raises `PermissionMissing`.
    """
    policy.require(reading.actor, Permission.SCHOOL_READ)
    today = reading.today
    rows = await stored.support_services_of(reading.driver, reading.actor.school_id)
    own = [to_response(row, reading.actor, today) for row in rows]
    adopted = {row["national"] for row in rows}
    others = [_beside(row) for row in national(today) if row["id"] not in adopted]
    first = [row for row in others if row["origin"] == "always"]
    items = [*first, *own, *(row for row in others if row["origin"] != "always")]
    return [row for row in items if suits(row, nation, audience)]


def _beside(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row, "support_service_id": None, "checked_by": None, "etag": None, "ended_at": None,
        "permissions": [],
    }  # fmt: skip


async def read_support_service(
    driver: Driver, actor: Actor, support_service_id: UUID
) -> dict[str, Any]:
    """Get one of the school's, ended or not.

    Raises `PermissionMissing`, `SupportServiceNotFound`.
    """
    policy.require(actor, Permission.SCHOOL_READ)
    row = await stored.support_service_of(driver, actor.school_id, support_service_id)
    if row is None:
        raise SupportServiceNotFound
    return to_response(row, actor, _today())


def to_response(row: Mapping[str, Any], actor: Actor, today: date) -> dict[str, Any]:
    """Build the answer for a school's support service."""
    content = stored.content_of(row)
    open_ = row["ended_at"] is None
    may = open_ and policy.may(actor, Permission.SUPPORT_SERVICE_CHANGE).allowed
    return {
        "id": row["national"] or str(row["id"]),
        "support_service_id": row["id"],
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


async def list_authority_contacts(reading: Reading) -> list[dict[str, Any]]:
    """The school's contacts, by authority. Raises `PermissionMissing`."""
    policy.require(reading.actor, Permission.SCHOOL_READ)
    rows = await stored.all_authority_contacts(reading.driver, reading.actor.school_id)
    return [authority_contacts_shown(row, reading.actor, reading.today) for row in rows]


async def read_authority_contacts(driver: Driver, actor: Actor, authority: str) -> dict[str, Any]:
    """Contacts of an authority. Raises `PermissionMissing`, `AuthorityContactsNotFound`."""
    policy.require(actor, Permission.SCHOOL_READ)
    row = await stored.authority_contacts_of(driver, actor.school_id, authority)
    if row is None:
        raise AuthorityContactsNotFound
    return authority_contacts_shown(row, actor, _today())


def authority_contacts_shown(row: Mapping[str, Any], actor: Actor, today: date) -> dict[str, Any]:
    """Build the answer for an authority's contacts."""
    may = policy.may(actor, Permission.SUPPORT_SERVICE_CHANGE).allowed
    return {
        "authority": row["authority"],
        **stored.content_of(row),
        **_check(row, today),
        "etag": etag(row["version"]),
        "permissions": ["update_authority_contacts"] if may else [],
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
