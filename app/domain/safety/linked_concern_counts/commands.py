"""Counts for a trust by month, saved as words so that nothing else can leak.

Months do not overlap, there are no filters, and each count is below five or a step of five: no
difference between two answers reveals one concern or one school.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from app.core.words import AuditEvent, Permission
from app.db.models import LinkedConcern, LinkedCount
from app.db.reading import Reading
from app.db.repositories.safety import linked_concern_counts as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.safety.linked_concerns import rules
from app.domain.safety.linked_concerns.commands import fire, read_events
from app.domain.safety.linked_concerns.rules import Found, Link, Rule, book
from app.domain.steps import new

MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class OfSchool:
    """What one school adds: how often each rule fired in a month, and whether to suggest a talk."""

    fired: Mapping[tuple[date, str], int]
    speaks: bool
    """Whether a rule that several schools may speak about fired here within its time."""


def month_of(moment: datetime) -> date:
    """The month a moment is counted in."""
    return moment.date().replace(day=1)


def months_until(now: datetime) -> list[date]:
    """The months that are shown, the running one first."""
    months, first = [], month_of(now)
    for _ in range(MONTHS):
        months.append(first)
        first = (first - timedelta(days=1)).replace(day=1)
    return months


def together() -> Rule:
    """The rule about several schools of a trust."""
    return next(rule for rule in book().rules.values() if rule.by == "trust")


async def count_school(work: UnitOfWork) -> OfSchool:
    """Count what a school adds to its trust's counts; rows, names and children stay here."""
    rule = together()
    driver, school_id = await work.driver(), work.actor.school_id
    rows = await stored.fired_since(driver, school_id, months_until(work.now)[-1])
    fired: dict[tuple[date, str], int] = {}
    for row in rows:
        if row["rule_id"] != rule.id:
            key = month_of(row["fired_at"]), row["rule_id"]
            fired[key] = fired.get(key, 0) + 1
    since = work.now - rule.span
    speaks = any(row["rule_id"] == rule.of_rule and row["fired_at"] >= since for row in rows)
    return OfSchool(fired, speaks)


def totals(schools: Sequence[OfSchool], now: datetime) -> dict[tuple[date, str], tuple[str, str]]:
    """Total schools and linked concerns, in words, by month and rule."""
    result = {}
    for month in months_until(now):
        for rule in book().rules.values():
            if rule.by == "trust":
                continue
            counts = [school.fired.get((month, rule.id), 0) for school in schools]
            result[month, rule.id] = (
                rules.shown_to_trust(sum(1 for item in counts if item)),
                rules.shown_to_trust(sum(counts)),
            )
    return result


async def keep_counts(work: UnitOfWork, schools: Sequence[OfSchool]) -> bool:
    """Save a trust's counts as words; returns whether its leads may want to talk."""
    rule = together()
    speak = sum(1 for school in schools if school.speaks) >= rule.schools
    known = {
        (row.month, row.rule_id): row
        for row in await stored.counts_of(work.session, work.actor.school_id)
    }
    changed = 0
    for (month, rule_id), (of_schools, of_linked_concerns) in totals(schools, work.now).items():
        says = speak and month == month_of(work.now) and rule_id == rule.of_rule
        row = known.get((month, rule_id))
        if row is not None and (row.schools, row.linked_concerns, row.speak) == (
            of_schools, of_linked_concerns, says,
        ):  # fmt: skip
            continue
        if row is None:
            row = new(work, LinkedCount, month=month, rule_id=rule_id)
            work.session.add(row)
        row.schools, row.linked_concerns, row.speak, row.counted_at = (
            of_schools,
            of_linked_concerns,
            says,
            work.now,
        )
        changed += 1
    if changed:
        work.record(
            AuditEvent.LINKED_CONCERN_COUNTED, "linked_count", None, details={"changed": changed}
        )
    return speak


async def ask_to_speak(work: UnitOfWork) -> LinkedConcern | None:
    """Ask the leads of one school to talk with the trust, once for their own linked concerns.

    Reveals and saves nothing about another school: neither which nor how many.
    """
    rule = together()
    driver, school_id = await work.driver(), work.actor.school_id
    since = work.now - rule.span
    rows = await stored.fired_since(driver, school_id, since.date())
    own = [row for row in rows if row["rule_id"] == rule.of_rule and row["fired_at"] >= since]
    before = [frozenset(row["event_ids"]) for row in rows if row["rule_id"] == rule.id]
    newest = max(own, key=lambda row: row["fired_at"], default=None)
    if newest is None or any(frozenset(newest["event_ids"]) <= item for item in before):
        return None
    known = {event.id: event for event in await read_events(work, book())}
    events = [known[id_] for id_ in newest["event_ids"] if id_ in known]
    if not events:
        return None
    link = Link("trust", str(newest["id"]), "trust")
    result = Found(rule, frozenset(event.id for event in events), (link,), work.now)
    return await fire(work, result, events)


async def read_counts(reading: Reading) -> dict[str, Any]:
    """The counts of the reader's trust as they were last made. Raises `PermissionMissing`."""
    policy.require(reading.actor, Permission.LINKED_CONCERNS_COUNT)
    rows = await stored.shown_counts(
        reading.driver, reading.actor.school_id, months_until(reading.now)[-1]
    )
    titles = {rule.id: rule.title for rule in book().rules.values()}
    items = [
        {
            "month": row["month"], "rule_id": row["rule_id"],
            "title": titles.get(row["rule_id"], row["rule_id"]), "schools": row["schools"],
            "linked_concerns": row["linked_concerns"],
        }
        for row in rows
    ]  # fmt: skip
    return {
        "items": items,
        "speak_by_phone": any(row["speak"] for row in rows),
        "counted_at": max((row["counted_at"] for row in rows), default=None),
    }
