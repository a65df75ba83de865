"""Access to bereavement cases, and reads of cases and their parts; every view is logged."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor, AuditEvent, Permission
from app.db.cards import picked
from app.db.models import AffectedPerson, BereavementCase, BereavementDate
from app.db.paging import Conditions, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.safety import bereavement_cases as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.deadlines.commands import calendar_of
from app.domain.common.deadlines.rules import rule_on
from app.domain.errors import PermissionMissing, StateConflict
from app.domain.etags import check_version, etag
from app.domain.safety.bereavement_cases import rules
from app.domain.safety.bereavement_cases.errors import CaseNotFound
from app.domain.safety.bereavement_cases.kind import BEREAVEMENT_CASE
from app.domain.steps import record_row, sees

CONTENT = (
    "text", "audience", "names_cause", "approvals", "found", "answered", "referred_to", "school",
    "person", "route", "happens_at", "reason",
)  # fmt: skip


def writes_all(actor: Actor) -> bool:
    """Whether the actor decides in every case of the school."""
    return bool(policy.may(actor, Permission.BEREAVEMENT_WRITE))


async def case_for(work: UnitOfWork, case_id: UUID, *, lock: bool = False) -> BereavementCase:
    """The case, for its readers. Raises `PermissionMissing`, `CaseNotFound`."""
    policy.require(work.actor, Permission.TASK_DO)
    reach = work.concerns.lock if lock else work.concerns.find
    case = await reach(BereavementCase, case_id)
    if case is None or not await sees(work, BEREAVEMENT_CASE, case_id):
        raise CaseNotFound
    return case


async def open_case_for(work: UnitOfWork, case_id: UUID) -> BereavementCase:
    """The case, locked, for who adds to it: while it is looked after, and after it was closed.

    Raises as `case_for`, `StateConflict`.
    """
    case = await case_for(work, case_id, lock=True)
    if case.state not in (rules.OPEN, rules.CLOSED):
        raise StateConflict
    return case


async def case_to_decide(
    work: UnitOfWork, case_id: UUID, version: int, *states: str
) -> BereavementCase:
    """The case, locked, at the version the client last saw, for who decides in it.

    Raises as `case_for`, `VersionStale`, `StateConflict`.
    """
    case = await case_for(work, case_id, lock=True)
    if not writes_all(work.actor):
        raise PermissionMissing
    check_version(case, version)
    if case.state not in states:
        raise StateConflict
    return case


def require_writer(actor: Actor) -> None:
    """Raise `PermissionMissing` unless the actor decides in cases."""
    if not writes_all(actor):
        raise PermissionMissing


async def list_cases(reading: Reading, *, ended: bool, paging: PageOf) -> Page[str]:
    """Cases that the actor reads, newest first: all of them, or of the teams they are in."""
    policy.require(reading.actor, Permission.TASK_DO)
    where = Conditions(reading.actor.school_id)
    BEREAVEMENT_CASE.keep(reading.actor, where, row="c")
    rows = await stored.page_of_cases(reading.driver, where, paging, ended=ended)
    return page_of(rows, paging, key="proposed_at", shape=lambda row: row["card"])


async def open_case(work: UnitOfWork, case_id: UUID) -> tuple[BereavementCase, dict[str, Any]]:
    """Open one case with its team and duties. Raises `PermissionMissing`, `CaseNotFound`."""
    case = await case_for(work, case_id)
    _looked(work, case, "case")
    return case, await whole(work, case)


async def whole(work: UnitOfWork, case: BereavementCase) -> dict[str, Any]:
    """Build the answer for a visible case, with the people to call first at the top."""
    driver, school_id = await work.driver(), work.actor.school_id
    names = await stored.beside(driver, school_id, case.id)
    team = await stored.team(driver, school_id, case.id)
    duties = await stored.duties(driver, school_id, case.id)
    links: Sequence[Any] = ()
    if case.child_id is not None and writes_all(work.actor):
        paused = await stored.paused_links(driver, school_id, case.child_id)
        links = await stored.links_told(driver, school_id, paused) if paused else ()
    return {
        **picked(
            case, "id", "state", "person_died", "person", "learned_from", "died_on",
            "authority", "confirmed_by", "confirmed_with", "cause_wording", "cause_approvals",
            "proposed_at", "decided_at", "ended_at",
        ),
        "first": first_of(names["contacts"]),
        "child": case.child_id and {"id": case.child_id, "name": names["child_name"]},
        "lead": {"id": case.lead_id, "name": names["lead_name"]},
        "proposed_by": {"id": case.proposed_by, "name": names["proposed_name"]},
        "decided_by": case.decided_by and {"id": case.decided_by, "name": names["decided_name"]},
        "pending": _pending(case, names["asked_name"]), "file_frozen_at": names["frozen_at"],
        "team": [_member(row) for row in team], "duties": [_duty(row) for row in duties],
        "paused_links": [dict(row) for row in links], "nation": names["nation"],
        "permissions": await _offered(work, case),
    }  # fmt: skip


async def _offered(work: UnitOfWork, case: BereavementCase) -> list[str]:
    """List what the actor may do next: not repeat a request that needs another person."""
    asked = case.pending
    verbs = rules.next_verbs(
        case.state, mine=case.proposed_by == work.actor.id, writes=writes_all(work.actor)
    )
    if asked is None or asked["by"] != str(work.actor.id) or await has_lapsed(work, asked):
        return verbs
    return [verb for verb in verbs if verb != f"{asked['kind']}_bereavement_case"]


async def has_lapsed(work: UnitOfWork, asked: Mapping[str, Any]) -> bool:
    """Whether a request lapsed because nobody agreed in time: it has to be made again."""
    calendar = await calendar_of(work)
    at = datetime.fromisoformat(asked["at"])
    rule = rule_on(rules.SECOND, calendar.local(at).date())
    return work.now > rule.due(at, calendar)


async def shown_again(work: UnitOfWork, case_id: UUID) -> tuple[BereavementCase, dict[str, Any]]:
    """Reload a case after a change, for the person who made it. Raises as `case_for`."""
    case = await case_for(work, case_id)
    return case, await whole(work, case)


async def summary(work: UnitOfWork, case: BereavementCase) -> dict[str, Any]:
    """A row of the list, for a person who may have just left the team."""
    names = await stored.beside(await work.driver(), work.actor.school_id, case.id)
    return {
        **picked(
            case, "id", "state", "person_died", "person", "proposed_at", "decided_at",
            "ended_at",
        ),
        "child": case.child_id and {"id": case.child_id, "name": names["child_name"]},
        "lead": {"id": case.lead_id, "name": names["lead_name"]},
    }  # fmt: skip


def first_of(contacts: str | None) -> dict[str, Any] | None:
    """Who an authority wants called first, and who not yet; None without its contacts."""
    if contacts is None:
        return None
    content = orjson.loads(contacts)
    empty = dict.fromkeys(("name", "number", "hours", "note"))
    first = [{**empty, **item} for item in content.get("call_first") or ()]
    return {"call_first": first, "do_not_yet": content.get("do_not_yet") or []}


def _pending(case: BereavementCase, name: str | None) -> dict[str, Any] | None:
    if case.pending is None:
        return None
    asked = case.pending
    return {
        "kind": asked["kind"],
        "by": {"id": asked["by"], "name": name},
        "at": asked["at"],
        "reason": asked["reason"],
    }


def _member(row: Any) -> dict[str, Any]:
    return {
        "id": row["id"],
        "role": row["role"],
        "person": {"id": row["staff_id"], "name": row["staff_name"]},
        "deputy": row["deputy_id"] and {"id": row["deputy_id"], "name": row["deputy_name"]},
        "added_at": row["added_at"],
        "left_at": row["left_at"],
        "etag": etag(row["version"]),
    }


def _duty(row: Any) -> dict[str, Any]:
    owner = {"id": row["owner_id"], "name": row["owner_name"]}
    facts = {name: row[name] for name in ("kind", "duty", "due_at", "due_rule", "state")}
    return {"task_id": row["id"], **facts, "owner": owner, "ended_at": row["ended_at"]}


async def list_people(work: UnitOfWork, case_id: UUID) -> list[dict[str, Any]]:
    """List who may be affected, and log the view in the case. Raises as `case_for`."""
    case = await case_for(work, case_id)
    _looked(work, case, "people")
    rows = await stored.people(await work.driver(), work.actor, case.id)
    return [person_shown(row) for row in rows]


async def person_whole(work: UnitOfWork, row: AffectedPerson) -> dict[str, Any]:
    """Get a whole affected person, for someone who may see them."""
    (result,) = await stored.people(await work.driver(), work.actor, row.case_id, row.id)
    return person_shown(result)


def person_shown(row: Any) -> dict[str, Any]:
    """Build the answer for a person who may be affected."""
    plain = (
        "id", "reason_codes", "note", "offer", "next", "left_alone", "moved_to", "added_at",
        "ended_at",
    )  # fmt: skip
    return {
        **{name: row[name] for name in plain},
        "child": row["child_id"] and {"id": row["child_id"], "name": row["child_name"]},
        "staff": row["staff_id"] and {"id": row["staff_id"], "name": row["staff_name"]},
        "owner": {"id": row["owner_id"], "name": row["owner_name"]},
        "etag": etag(row["version"]),
    }


async def list_entries(
    work: UnitOfWork, case_id: UUID, kinds: Sequence[str], paging: PageOf
) -> Page[dict[str, Any]]:
    """List the entries of the case, newest first. Raises as `case_for`."""
    case = await case_for(work, case_id)
    _looked(work, case, "entries")
    rows = await stored.page_of_entries(
        await work.driver(), work.actor.school_id, case.id, kinds, paging
    )
    return page_of(rows, paging, key="at", shape=entry_shown)


async def entry_whole(work: UnitOfWork, entry_id: UUID) -> dict[str, Any]:
    """Get one visible entry."""
    return entry_shown(await stored.entry(await work.driver(), work.actor.school_id, entry_id))


def entry_shown(row: Any) -> dict[str, Any]:
    """Build the answer for an entry; fields that its kind lacks are null."""
    content: Mapping[str, Any] = orjson.loads(row["content"])
    plain = ("id", "kind", "about_id", "amends_id", "amended_by_id", "at")
    return {
        **{name: row[name] for name in plain},
        "by": {"id": row["by_id"], "name": row["by_name"]},
        **{name: content.get(name) for name in CONTENT},
    }


async def list_dates(work: UnitOfWork, case_id: UUID) -> list[dict[str, Any]]:
    """The days of a case. Raises as `case_for`."""
    case = await case_for(work, case_id)
    _looked(work, case, "dates")
    rows = await stored.dates(await work.driver(), work.actor.school_id, case.id)
    return [date_shown(row) for row in rows]


async def date_whole(work: UnitOfWork, row: BereavementDate) -> dict[str, Any]:
    """Get one visible day of a case."""
    driver, school_id = await work.driver(), work.actor.school_id
    (result,) = await stored.dates(driver, school_id, row.case_id, row.id)
    return date_shown(result)


def date_shown(row: Any) -> dict[str, Any]:
    """Build the answer for a day."""
    plain = ("id", "kind", "falls_on", "yearly", "days_before", "days_after", "ended_at")
    owner = {"id": row["owner_id"], "name": row["owner_name"]}
    own = {name: row[name] for name in plain}
    return {**own, "owner": owner, "etag": etag(row["version"])}


def _looked(work: UnitOfWork, case: BereavementCase, part: str) -> None:
    record_row(work, AuditEvent.BEREAVEMENT_OPENED, case, details={"part": part})
