"""Looking through a school's rows for what a rule links, and asking leads to look together."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.models import LinkedConcern, LinkedRow, Task
from app.db.repositories.safety import linked_concerns as stored
from app.db.unit_of_work import Job, UnitOfWork
from app.domain.clocks.keeping import calendar_of
from app.domain.duty.tasks.setting import SetTask, open_tasks, owner_for, set_task
from app.domain.safety.linked_concerns import rules
from app.domain.safety.linked_concerns.book import Book, book
from app.domain.safety.linked_concerns.rules import Event, Found, Link

LOOK = "child_groups.look"


def queue_link_check(work: UnitOfWork) -> None:
    """Have the rules look after this commit: something they look at has changed."""
    work.enqueue(Job(LOOK, {}, lock=f"{LOOK}:{work.actor.school_id}"))


async def look(work: UnitOfWork) -> list[LinkedConcern]:
    """Fire every rule whose rows did not fire before, and keep what is open in its class.

    Looking again changes nothing, in whatever order rows and child groups came.
    """
    await work.organisations.lock_own()  # two must not look at the same time
    driver, school_id, kept = await work.driver(), work.actor.school_id, book()
    await _keep_classes(work)
    events = await read_events(work, kept)
    if not events:
        return []
    links = await _links(work, kept, events)
    fired = await stored.fired_sets(driver, school_id)
    new = rules.new_ones(rules.find(kept, events, links, work.now), fired)
    known = {one.id: one for one in events}
    made = [await fire(work, one, [known[id_] for id_ in one.events]) for one in new]
    return [one for one in made if one is not None]


async def read_events(work: UnitOfWork, kept: Book) -> list[Event]:
    """The rows that rules look at. One whose child is not known yet waits until it is."""
    found = await stored.events_since(
        await work.driver(), work.actor.school_id, work.now - kept.reads_back, sorted(kept.parts)
    )
    return [
        Event(
            row["id"], frozenset(row["children"]), row["occurred_at"], row["confidentiality"],
            frozenset(row["places"]), frozenset(row["named"]), row["kind"] in kept.kinds,
        )
        for row in found
        if row["children"]
    ]  # fmt: skip


async def _links(work: UnitOfWork, kept: Book, events: Sequence[Event]) -> list[Link]:
    driver, school_id = await work.driver(), work.actor.school_id
    children = sorted({child for one in events for child in one.children})
    years = await stored.years_of(driver, school_id, children)
    return [
        *(_child_group(kept, row) for row in await stored.child_groups_among(
            driver, school_id, children, sorted(kept.relationships), work.today
        )),
        *rules.year_links(events, years),
        *await _deaths(work, kept),
        *await _places(work, events),
        *(
            Link("named_content", str(tag), "named_content")
            for tag in sorted({tag for one in events for tag in one.tags})
        ),
    ]  # fmt: skip


def _child_group(kept: Book, row: Any) -> Link:
    kind = kept.relationships.get(row["kind"], row["kind"])
    return Link("child_group", str(row["id"]), kind, frozenset(row["children"]), row["confirmed"])


async def _deaths(work: UnitOfWork, kept: Book) -> list[Link]:
    days = max(one.days for one in kept.rules.values() if one.by == "death")
    since = (work.now - kept.looks_back - timedelta(days=days)).date()
    found = await stored.deaths_since(await work.driver(), work.actor.school_id, since)
    return [
        Link(
            "death", str(row["id"]), "death", frozenset(row["children"]), since=row["since"],
            until=row["since"] + timedelta(days=days),
        )
        for row in found
        if row["children"]
    ]  # fmt: skip


async def _places(work: UnitOfWork, events: Sequence[Event]) -> list[Link]:
    """One link for each place and each term in which something was there."""
    calendar = await calendar_of(work)
    found: dict[tuple[UUID, date | None], Link] = {}
    for one in events:
        day = calendar.local(one.at).date()
        terms = [term for term in calendar.terms if term.starts_on <= day <= term.ends_on]
        first = terms[0].starts_on if terms else None
        since = calendar.at(terms[0].starts_on, rules.MIDNIGHT) if terms else None
        until = calendar.at(terms[0].ends_on + timedelta(days=1), rules.MIDNIGHT) if terms else None
        for place in one.places:
            found[place, first] = Link("place", str(place), "place", since=since, until=until)
    return list(found.values())


async def fire(work: UnitOfWork, found: Found, events: Sequence[Event]) -> LinkedConcern | None:
    """Keep what a rule links, and give a lead the task to look; None where nobody could have it.

    Nobody with an interest in a row, or who does not read its class, is asked or told.
    """
    concerns = sorted(found.events)
    barred = await stored.barred_from(await work.driver(), work.actor.school_id, concerns)
    linked = LinkedConcern(
        school_id=work.actor.school_id, id=new_id(), rule_id=found.rule.id,
        rule_version=found.rule.version, fired_at=work.now,
        confidentiality=rules.class_of(events), event_ids=concerns,
        links=[{"by": one.by, "ref": one.ref, "kind": one.kind} for one in found.links],
        state=rules.OPEN, version=1, changed_at=work.now,
    )  # fmt: skip
    wish = SetTask(
        rules.TASK, about=(rules.NOUN, linked.id), confidentiality=linked.confidentiality,
        barred=barred, facts={"rule": found.rule.id}, dedupe=f"{rules.NOUN}:{linked.id}",
    )  # fmt: skip
    if work.actor.is_system and await owner_for(work, wish) == work.actor.id:
        return None  # nobody is here: the next look finds it again
    work.session.add(linked)
    await work.session.flush()
    for one in events:
        for child in sorted(one.children):
            work.session.add(
                LinkedRow(
                    school_id=linked.school_id, id=linked.id, concern_id=one.id, child_id=child
                )
            )
    work.record(
        AuditEvent.LINKED_CONCERN_FIRED, rules.NOUN, linked.id,
        details={"rule": found.rule.id, "version": found.rule.version, "rows": len(concerns)},
    )  # fmt: skip
    await set_task(work, wish)
    return linked


async def _keep_classes(work: UnitOfWork) -> None:
    """Open ones follow the class of their rows, and their tasks whoever may not have them."""
    driver, school_id = await work.driver(), work.actor.school_id
    for row in await stored.open_classes(driver, school_id):
        barred = await stored.barred_from(driver, school_id, row["event_ids"])
        if row["narrowest"] == row["confidentiality"] and barred == list(row["barred"] or ()):
            continue
        linked = await work.concerns.lock(LinkedConcern, row["id"])
        if linked is None or linked.ended_at is not None:
            continue
        linked.confidentiality, linked.changed_at = row["narrowest"], work.now
        for task in await open_tasks(work, kinds=[rules.TASK], about_id=linked.id):
            _follow(task, linked, barred)
        work.record(AuditEvent.LINKED_CONCERN_FOLLOWED, rules.NOUN, linked.id)


def _follow(task: Task, linked: LinkedConcern, barred: Sequence[UUID]) -> None:
    task.confidentiality, task.barred = linked.confidentiality, list(barred)
    task.version += 1
    task.changed_at = linked.changed_at
