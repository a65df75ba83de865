"""Reads of agencies and of their keys."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor, Permission
from app.db.cards import with_people
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.people import service_keys
from app.db.repositories.sharing import shares
from app.db.session import Driver
from app.domain import policy
from app.domain.access.share_access.errors import AgencyNotFound
from app.domain.policy import may


async def list_agencies(
    reading: Reading, kind: str | None, state: str, asked: PageOf
) -> Page[dict[str, Any]]:
    """Agencies in a state, newest first."""
    rows = await shares.agencies_of(
        reading.driver, reading.actor.school_id, kind, state=state, asked=asked
    )
    return page_of(rows, asked, key="created_at", shape=dict)


async def read_agency(driver: Driver, actor: Actor, agency_id: UUID) -> dict[str, Any]:
    """Get one agency, with what this reader may do next. Raises `AgencyNotFound`."""
    agency: Mapping[str, Any] | None = await shares.agency_of(driver, actor.school_id, agency_id)
    if agency is None:
        raise AgencyNotFound
    next_steps = ["update_agency"] if may(actor, Permission.AGENCY_CHANGE) else []
    variants = orjson.loads(agency["form_variants"])
    return {**agency, "form_variants": variants, "permissions": next_steps}


async def list_agency_keys(reading: Reading, agency_id: UUID) -> list[dict[str, Any]]:
    """The keys of an agency, ended ones too. Raises `PermissionMissing`, `AgencyNotFound`."""
    policy.require(reading.actor, Permission.REFERRAL_APPROVE)
    driver, school_id = reading.driver, reading.actor.school_id
    if await shares.agency_of(driver, school_id, agency_id) is None:
        raise AgencyNotFound
    rows: Sequence[Mapping[str, Any]] = await service_keys.keys_of_agency(
        driver, school_id, agency_id
    )
    return [with_people(row, "created_by") for row in rows]
