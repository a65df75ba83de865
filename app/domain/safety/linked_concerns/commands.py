"""Link rows by a rule, review them jointly, mark them and compare them with the calendar."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.schemas import ReasonIn
from app.core.words import AuditEvent, Permission
from app.db.models import (
    CalendarNote,
    ConcernMark,
    LinkedConcern,
    LinkedRow,
    NamedContent,
    SiteRequest,
    Task,
)
from app.db.paging import Page, PageOf, cut_cards
from app.db.reading import Reading
from app.db.repositories.duty import calendars
from app.db.repositories.duty.calendars import NoteFilter
from app.db.repositories.safety import child_groups, named_content
from app.db.repositories.safety import linked_concerns as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concern_access.queries import access_filter, concern_to_work_on
from app.domain.common.deadlines.commands import calendar_of
from app.domain.duty.tasks.commands import SetTask, finish_all, open_tasks, owner_for, set_task
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.etags import check_version
from app.domain.record.relationships.commands import queue_link_check
from app.domain.safety.linked_concerns import rules
from app.domain.safety.linked_concerns.errors import (
    AlreadyMarked,
    CalendarNoteNotFound,
    NamedContentNotFound,
)
from app.domain.safety.linked_concerns.queries import linked_concern_to_change
from app.domain.safety.linked_concerns.rules import Book, Event, Found, Link, book
from app.domain.safety.linked_concerns.schemas import CalendarNoteIn, JointReviewIn
from app.domain.steps import new, record_row, touch

ADDRESS: Final = re.compile(r"://|www\.|\S\.\w{2,}/", re.IGNORECASE)


async def find_linked_concerns(work: UnitOfWork) -> list[LinkedConcern]:
    """Fire every rule whose rows did not fire before, and keep open ones in their class.

    Repeating it changes nothing, whatever the order of rows and child groups.
    """
    await work.organisations.lock_own()  # two must not look at the same time
    driver, school_id, rule_book = await work.driver(), work.actor.school_id, book()
    await _keep_classes(work)
    events = await read_events(work, rule_book)
    if not events:
        return []
    links = await _links(work, rule_book, events)
    fired = await stored.fired_sets(driver, school_id)
    new = rules.new_ones(rules.find(rule_book, events, links, work.now), fired)
    known = {event.id: event for event in events}
    made = [await fire(work, item, [known[id_] for id_ in item.events]) for item in new]
    return [item for item in made if item is not None]


async def read_events(work: UnitOfWork, rule_book: Book) -> list[Event]:
    """Read the rows for the rules. A row with an unmatched child is left until it is matched."""
    events_since = await stored.events_since(
        await work.driver(),
        work.actor.school_id,
        work.now - rule_book.reads_back,
        sorted(rule_book.parts),
    )
    return [
        Event(
            row["id"], frozenset(row["children"]), row["occurred_at"], row["confidentiality"],
            frozenset(row["places"]), frozenset(row["named"]), row["kind"] in rule_book.kinds,
        )
        for row in events_since
        if row["children"]
    ]  # fmt: skip


async def _links(work: UnitOfWork, rule_book: Book, events: Sequence[Event]) -> list[Link]:
    driver, school_id = await work.driver(), work.actor.school_id
    children = sorted({child for event in events for child in event.children})
    years = await stored.years_of(driver, school_id, children)
    return [
        *(_child_group(rule_book, row) for row in await stored.child_groups_among(
            driver, school_id, children, sorted(rule_book.relationships), work.today
        )),
        *rules.year_links(events, years),
        *await _deaths(work, rule_book),
        *await _places(work, events),
        *(
            Link("named_content", str(tag), "named_content")
            for tag in sorted({tag for event in events for tag in event.tags})
        ),
    ]  # fmt: skip


def _child_group(rule_book: Book, row: Any) -> Link:
    kind = rule_book.relationships.get(row["kind"], row["kind"])
    return Link("child_group", str(row["id"]), kind, frozenset(row["children"]), row["confirmed"])


async def _deaths(work: UnitOfWork, rule_book: Book) -> list[Link]:
    days = max(item.days for item in rule_book.rules.values() if item.by == "death")
    since = (work.now - rule_book.looks_back - timedelta(days=days)).date()
    deaths_since = await stored.deaths_since(await work.driver(), work.actor.school_id, since)
    return [
        Link(
            "death", str(row["id"]), "death", frozenset(row["children"]), since=row["since"],
            until=row["since"] + timedelta(days=days),
        )
        for row in deaths_since
        if row["children"]
    ]  # fmt: skip


async def _places(work: UnitOfWork, events: Sequence[Event]) -> list[Link]:
    """Make one link for each place and each term in which something happened there."""
    calendar = await calendar_of(work)
    result: dict[tuple[UUID, date | None], Link] = {}
    for event in events:
        day = calendar.local(event.at).date()
        terms = [term for term in calendar.terms if term.starts_on <= day <= term.ends_on]
        first = terms[0].starts_on if terms else None
        since = calendar.at(terms[0].starts_on, rules.MIDNIGHT) if terms else None
        until = calendar.at(terms[0].ends_on + timedelta(days=1), rules.MIDNIGHT) if terms else None
        for place in event.places:
            result[place, first] = Link("place", str(place), "place", since=since, until=until)
    return list(result.values())


async def fire(work: UnitOfWork, result: Found, events: Sequence[Event]) -> LinkedConcern | None:
    """Save what a rule links, with a review task for a lead; None if nobody could have it.

    Nobody with an interest in a row, or without access to its class, is asked or alerted.
    """
    concerns = sorted(result.events)
    locked_out = await stored.barred_from(await work.driver(), work.actor.school_id, concerns)
    linked = new(
        work, LinkedConcern, rule_id=result.rule.id, rule_version=result.rule.version,
        fired_at=work.now, confidentiality=rules.class_of(events), event_ids=concerns,
        links=[{"by": link.by, "ref": link.ref, "kind": link.kind} for link in result.links],
        state=rules.OPEN,
    )  # fmt: skip
    command = SetTask(
        rules.TASK, about=(rules.NOUN, linked.id), confidentiality=linked.confidentiality,
        barred=locked_out, facts={"rule": result.rule.id}, dedupe=f"{rules.NOUN}:{linked.id}",
    )  # fmt: skip
    if work.actor.is_system and await owner_for(work, command) == work.actor.id:
        return None  # nobody is here: the next check finds it again
    work.session.add(linked)
    await work.session.flush()
    for event in events:
        for child in sorted(event.children):
            work.session.add(
                new(work, LinkedRow, id=linked.id, concern_id=event.id, child_id=child)
            )
    record_row(
        work, AuditEvent.LINKED_CONCERN_FIRED, linked,
        details={"rule": result.rule.id, "version": result.rule.version, "rows": len(concerns)},
    )  # fmt: skip
    await set_task(work, command)
    return linked


async def _keep_classes(work: UnitOfWork) -> None:
    """Move open ones to the class of their rows; their tasks leave people who may not have them."""
    driver, school_id = await work.driver(), work.actor.school_id
    for row in await stored.open_classes(driver, school_id):
        locked_out = await stored.barred_from(driver, school_id, row["event_ids"])
        if row["narrowest"] == row["confidentiality"] and locked_out == list(row["barred"] or ()):
            continue
        linked = await work.concerns.lock(LinkedConcern, row["id"])
        if linked is None or linked.ended_at is not None:
            continue
        linked.confidentiality, linked.changed_at = row["narrowest"], work.now
        for task in await open_tasks(work, kinds=[rules.TASK], about_id=linked.id):
            _follow(task, linked, locked_out)
        record_row(work, AuditEvent.LINKED_CONCERN_FOLLOWED, linked)


def _follow(task: Task, linked: LinkedConcern, locked_out: Sequence[UUID]) -> None:
    task.confidentiality, task.barred = linked.confidentiality, list(locked_out)
    task.version += 1
    task.changed_at = linked.changed_at


async def record_joint_review(
    work: UnitOfWork, linked_concern_id: UUID, version: int, body: JointReviewIn
) -> LinkedConcern:
    """Save the result of a joint review, and end the task.

    Raises as `linked_concern_to_change`, `ValidationFailed`.
    """
    if body.at > work.now:
        problem = FieldProblem("/at", "in_future", "This is in the future.")
        raise ValidationFailed(problems=[problem])
    linked = await linked_concern_to_change(work, linked_concern_id, version)
    for item in await _with_those_inside(work, linked):
        item.looked_at, item.looked_with, item.follows = body.at, body.with_whom, body.follows
        await _end(work, item, rules.TOGETHER)
        record_row(
            work, AuditEvent.LINKED_CONCERN_LOOKED, item, after={"follows": body.follows},
            details={"rule": item.rule_id},
        )  # fmt: skip
    return linked


async def dismiss(
    work: UnitOfWork, linked_concern_id: UUID, version: int, body: ReasonIn
) -> LinkedConcern:
    """Dismiss linked concerns with a reason; they stay silent until something is new.

    Raises as `linked_concern_to_change`.
    """
    linked = await linked_concern_to_change(work, linked_concern_id, version)
    for item in await _with_those_inside(work, linked):
        item.reason = body.reason
        await _end(work, item, rules.DISMISSED)
        record_row(work, AuditEvent.LINKED_CONCERN_DISMISSED, item, details={"rule": item.rule_id})
    return linked


async def _with_those_inside(work: UnitOfWork, linked: LinkedConcern) -> list[LinkedConcern]:
    """This one, and visible open ones of its rule whose rows are all among its own."""
    driver = await work.driver()
    ids = await stored.inside(driver, work.actor.school_id, linked.rule_id, linked.event_ids)
    seen = await stored.visible_ids(driver, access_filter(work.actor), ids)
    items = [linked]
    for id_ in ids:
        if id_ != linked.id and id_ in seen:
            smaller = await work.concerns.lock(LinkedConcern, id_)
            if smaller is not None and smaller.ended_at is None:
                items.append(smaller)
    return items


async def _end(work: UnitOfWork, linked: LinkedConcern, state: str) -> None:
    linked.state, linked.ended_by, linked.ended_at = state, work.actor.id, work.now
    touch(work, linked)
    await finish_all(work, [rules.TASK], about_id=linked.id)


# Cairn never reads free text for this: a person names it. Addresses are refused, so that nobody
# is led to the named content.
async def add_named(work: UnitOfWork, id_: UUID | None, kind: str, label: str) -> NamedContent:
    """Add named content, in words. Raises `PermissionMissing`, `ValidationFailed`."""
    policy.require(work.actor, Permission.SAFETY_WRITE)
    if ADDRESS.search(label):
        problem = FieldProblem("/label", "address", "Say what it is called, without its address.")
        raise ValidationFailed(problems=[problem])
    row = new(
        work, NamedContent, id=id_ or new_id(), kind=kind, label=label, stated_by=work.actor.id,
        stated_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    record_row(work, AuditEvent.NAMED_ADDED, row, details={"kind": kind})
    return row


async def list_named(reading: Reading, paging: PageOf) -> Page[str]:
    """List named content, newest first, without its concerns."""
    policy.require(reading.actor, Permission.LINKED_CONCERNS_READ)
    rows = await named_content.page_of_named(reading.driver, reading.actor.school_id, paging)
    return cut_cards(rows, paging)


def to_response(row: NamedContent, by: Any) -> dict[str, Any]:
    """Build the answer for named content."""
    return {
        "id": row.id, "kind": row.kind, "label": row.label, "stated_by": by,
        "stated_at": row.stated_at,
    }  # fmt: skip


async def mark_concern(
    work: UnitOfWork, concern_id: UUID, named_content_id: UUID | None, site_request_id: UUID | None
) -> list[dict[str, Any]]:
    """Mark named content, or a place on the site, on a concern.

    Raises `PermissionMissing`, `ConcernNotFound`, `FileLocked`, `NamedContentNotFound`,
    `AlreadyMarked`.
    """
    concern = await concern_to_work_on(work, concern_id, Permission.SAFETY_WRITE)
    if named_content_id is not None:
        known: Any = await work.concerns.find(NamedContent, named_content_id)
    else:
        known = await work.concerns.find(SiteRequest, site_request_id) if site_request_id else None
    if known is None:
        raise NamedContentNotFound
    before = await marks_of(work, concern.id)
    if known.id in {item["about_id"] for item in before}:
        raise AlreadyMarked
    row = new(
        work, ConcernMark, concern_id=concern.id, named_content_id=named_content_id,
        site_request_id=site_request_id, marked_by=work.actor.id, marked_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    record_row(work, AuditEvent.MARK_ADDED, concern)
    queue_link_check(work)
    return await marks_of(work, concern.id)


async def marks_of(work: UnitOfWork, concern_id: UUID) -> list[dict[str, Any]]:
    """List the marks on a visible concern."""
    rows: Sequence[Any] = await named_content.marks_of(
        await work.driver(), work.actor.school_id, concern_id
    )
    return [
        {
            "id": row["id"], "by": row["by"], "about_id": row["about_id"], "label": row["label"],
            "marked_by": {"id": row["marked_by"], "name": row["marked_by_name"]},
            "marked_at": row["marked_at"],
        }
        for row in rows
    ]  # fmt: skip


async def add_note(work: UnitOfWork, body: CalendarNoteIn) -> CalendarNote:
    """Add a note. Raises `PermissionMissing`, `ValidationFailed`."""
    policy.require(work.actor, Permission.SAFETY_WRITE)
    if body.ends_on < body.starts_on:
        problem = FieldProblem("/ends_on", "before_start", "It ends before it begins.")
        raise ValidationFailed(problems=[problem])
    note = new(work, CalendarNote, body)
    work.session.add(note)
    record_row(work, AuditEvent.CALENDAR_NOTE_ADDED, note, details={"kind": body.kind})
    return note


async def end_note(work: UnitOfWork, note_id: UUID, version: int) -> CalendarNote:
    """Remove a note that was added by mistake.

    Raises `PermissionMissing`, `CalendarNoteNotFound`, `VersionStale`.
    """
    policy.require(work.actor, Permission.SAFETY_WRITE)
    note = await work.concerns.lock(CalendarNote, note_id)
    if note is None or note.ended_at is not None:
        raise CalendarNoteNotFound
    check_version(note, version)
    note.ended_by, note.ended_at = work.actor.id, work.now
    touch(work, note)
    record_row(work, AuditEvent.CALENDAR_NOTE_ENDED, note)
    return note


async def list_notes(reading: Reading, asked: NoteFilter, paging: PageOf) -> Page[str]:
    """Notes, latest first."""
    policy.require(reading.actor, Permission.LINKED_CONCERNS_READ)
    rows = await calendars.page_of_notes(reading.driver, reading.actor.school_id, asked, paging)
    return cut_cards(rows, paging)


async def whole(work: UnitOfWork, note: CalendarNote) -> dict[str, Any]:
    """Build the answer for a note."""
    names = await child_groups.names_of(await work.driver(), work.actor.school_id, [note.added_by])
    return {
        "id": note.id, "kind": note.kind, "label": note.label, "starts_on": note.starts_on,
        "ends_on": note.ends_on, "added_by": names[note.added_by], "added_at": note.added_at,
        "ended_at": note.ended_at,
    }  # fmt: skip
