"""Send a report about a child that is about an adult to the adult register, whole."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core import clock
from app.core.words import Permission
from app.db.repositories.record.concern_reports import RaisingFacts
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.adults.adult_concerns.commands import (
    HEAD,
    RaiseAdultConcern,
    is_about_head,
    keep_adult_concern,
)
from app.domain.adults.adult_concerns.errors import SubjectUnknown
from app.domain.adults.adult_concerns.rules import NOBODY_HERE, Placement
from app.domain.adults.adult_concerns.rules import may_mean_head as names_any_head
from app.domain.adults.adult_concerns.schemas import AdultIn
from app.domain.adults.allegations import rules
from app.domain.common.category_rules.commands import in_common_codes
from app.domain.common.category_rules.rules import is_about_adult
from app.domain.common.deadlines.commands import calendar_from
from app.domain.errors import FieldProblem
from app.domain.record.concern_reports import commands as concern_reports
from app.domain.record.concern_reports.commands import RaiseConcern, Raised
from app.domain.record.concern_reports.rules import in_register
from app.domain.record.concerns.rules import check_occurred
from app.domain.safety.self_harm_messages.rules import first_words

AN_ADULT: Final = "adult_concern"
ABOUT_SELF_HARM: Final = {"kind": "told_by", "told_by": "Cairn", "text": rules.KEPT_APART}


async def raise_report(work: UnitOfWork, command: RaiseConcern, adult: AdultIn | None) -> Raised:
    """Save a report where it belongs: about an adult whatever else it says, or about children.

    Raises `ChildUnknown`, `StaffUnknown`, `SubjectUnknown`, `OccurredInFuture`, and
    `ValidationFailed` for a word that the school does not use.
    """
    command = await _in_common_codes(work, command)
    if adult is None and not is_about_adult(command.categories):
        return await concern_reports.raise_concern(work, command)
    policy.require(work.actor, Permission.CONCERN_RAISE)
    if command.occurred_at is not None:
        check_occurred(command.occurred_at, work.now)
    command, facts = await concern_reports.with_facts(work, command)
    calendar = calendar_from(*facts.calendar)
    named = (
        command.categories
        if is_about_adult(command.categories)
        else [*command.categories, AN_ADULT]
    )
    ruled = replace(command, categories=named).with_rules(calendar.categories)
    report = await _report_of(work, command, ruled, adult, facts)
    concern, result = await keep_adult_concern(work, report.command, about_head=report.about_head)
    if ruled.self_harm is not None:
        meant = await _meant(work, ruled, report)
        await _keep_pupils_safe(work, ruled, facts, {*meant, *concern.namesakes})
    follows = replace(ruled.follows, immediacy=ruled.effective_immediacy)
    tell = await _who_to_tell(work, result, report)
    if ruled.self_harm is None:
        first = follows.first(calendar.nation, f"{tell} {rules.KEEP_QUIET}", command.source)
    else:
        first = [*first_words(ruled.self_harm), tell, rules.TO_LEAD]
    return Raised(
        concern.id, concern.reference, concern.recorded_at, None, ruled.effective_immediacy,
        first, follows.never, in_register(follows.questions, command.categories),
        rules.DONE if result.readable else rules.DONE_NOBODY, in_adult_register=True,
    )  # fmt: skip


async def _in_common_codes(work: UnitOfWork, command: RaiseConcern) -> RaiseConcern:
    """Translate the school's own words to common codes, and keep both."""
    named = {f"/categories/{index}": code for index, code in enumerate(command.categories)}
    result = await in_common_codes(work, named)
    if not result.words:
        return command
    words = {"reported_own_categories": result.words, "own_categories": result.words}
    return replace(command, categories=result.categories, reported={**command.reported, **words})


@dataclass(frozen=True, slots=True)
class Report:
    """A report as the adult register keeps it, and who it may be about."""

    command: RaiseAdultConcern
    about_head: bool
    named: bool


async def _report_of(
    work: UnitOfWork,
    command: RaiseConcern,
    ruled: RaiseConcern,
    adult: AdultIn | None,
    facts: RaisingFacts,
) -> Report:
    occurred_at, precision = command.occurred_at or work.now, command.occurred_precision
    if command.occurred_at is None and precision == "exact":
        precision = "about"
    named = [item for item in command.staff_named if adult is None or item != adult.staff_id]
    heads = await heads_among(work, adult, named, occurred_at)
    about = adult or adult_of_report([*heads, *named], command.categories)
    about_head = bool(heads)
    if adult is None and not named:
        about_head = await may_mean_head(work, occurred_at, rules.texts_of(command.account))
    return Report(
        RaiseAdultConcern(
            id=command.id,
            about=about,
            kind=rules.kind_of(command.categories),
            account=command.account,
            occurred_at=occurred_at,
            occurred_precision=precision,
            place=command.reported.get("place"),
            children=[id_ for id_, _ in command.children if id_ in facts.children],
            immediate_risk=ruled.effective_immediacy == "immediate_danger",
            anonymity_asked=False,
            child_report=_child_report(command),
            urgent=ruled.rings,
            kept_out=sorted(({*named} - {work.actor.id}) | facts.locked_out),
        ),
        about_head,
        named=bool(adult or named),
    )


def adult_of_report(named: Sequence[UUID | None], categories: Sequence[str]) -> AdultIn:
    """The first person named, heads first, or an adult not yet named."""
    if named:
        return AdultIn(staff_id=named[0])
    return AdultIn(name=rules.NOBODY_NAMED, role=rules.role_of(categories))


async def may_mean_head(work: UnitOfWork, occurred_at: datetime, words: str) -> bool:
    """Whether a report that names nobody may mean a present or former head."""
    heads = await work.adults.names_of_heads(work.today, clock.day_of(occurred_at))
    return names_any_head(words, heads)


async def heads_among(
    work: UnitOfWork, adult: AdultIn | None, named: Sequence[UUID], occurred_at: datetime
) -> list[UUID | None]:
    """Find the heads among those it is about or names; None for one without an ID.

    Raises `SubjectUnknown`.
    """
    asked = [] if adult is None else [(adult, "/adult/staff_id")]
    asked += [
        (AdultIn(staff_id=person), f"/staff_named/{index}") for index, person in enumerate(named)
    ]
    return [item.staff_id for item, at in asked if await _is_head(work, item, occurred_at, at)]


async def _is_head(work: UnitOfWork, adult: AdultIn, occurred_at: datetime, pointer: str) -> bool:
    try:
        return await is_about_head(work, adult, occurred_at)
    except SubjectUnknown:
        problem = FieldProblem(pointer, SubjectUnknown.code, SubjectUnknown.title)
        raise SubjectUnknown(problems=[problem]) from None


def _child_report(command: RaiseConcern) -> dict[str, Any]:
    """The rest of the report, as it came."""
    return {
        "moved_from": None,
        "children": [{"child_id": str(id_), "role": role} for id_, role in command.children],
        "unmatched_child": command.unmatched,
        "categories": list(command.categories),
        "own_categories": command.reported.get("own_categories", []),
        "immediacy": command.immediacy,
        "source": command.source,
        "context": command.reported.get("context"),
        "alleged_source_of_harm": command.reported.get("alleged_source_of_harm"),
        "told_already": command.reported.get("told_already", []),
        "parents_told": command.reported.get("parents_told"),
        "body_map": [marked(mark) for mark in command.body_map],
        "staff_named": [str(item) for item in command.staff_named],
        "self_harm": command.self_harm,
        "attachments": [],
    }


def marked(mark: Mapping[str, Any]) -> dict[str, Any]:
    """A mark as it was drawn, and in words."""
    return {**mark, "words": rules.mark_in_words(mark)}


async def _meant(work: UnitOfWork, command: RaiseConcern, report: Report) -> set[UUID]:
    """Everyone a report is or may be about: every head if one is described."""
    items = {*command.staff_named}
    if report.command.about.staff_id is not None:
        return items | {report.command.about.staff_id}
    if report.about_head:
        items |= {person for person, _ in await work.adults.people([HEAD], work.today)}
    return items


async def _keep_pupils_safe(
    work: UnitOfWork, command: RaiseConcern, facts: RaisingFacts, meant: Collection[UUID]
) -> None:
    """Start the pathway for pupils who hurt themselves, without the account of the adult's act.

    An allegation is no reason to leave a pupil without a lead; its subject is never that lead.
    """
    assert command.self_harm is not None  # noqa: S101 - looked at by the caller
    disclosure = {
        name: command.self_harm[name] for name in rules.BY_WORDS if name in command.self_harm
    }
    readers = {person for person, _ in facts.people}
    await concern_reports.raise_concern(
        work,
        RaiseConcern(
            id=None,
            children=command.children,
            account=[{"prompted_by": None, "basis": None, **ABOUT_SELF_HARM}],
            occurred_at=command.occurred_at,
            occurred_precision=command.occurred_precision,
            reported={"source": command.source, "told_already": []},
            immediacy=command.immediacy,
            categories=["not_sure"],
            body_map=[],
            staff_named=sorted(readers.intersection(meant)),
            self_harm={"kind": command.self_harm["kind"], **disclosure},
            unmatched=command.unmatched,
        ),
    )


async def _who_to_tell(work: UnitOfWork, placement: Placement, report: Report) -> str:
    """Choose who the reporter tells in person: its readers, never anyone it may be about."""
    if not placement.readable:
        return NOBODY_HERE
    person = await work.adults.reached(placement.owner_id)
    if placement.head_away:
        return rules.TELL_AWAY.format(person=person)
    if report.about_head or placement.case_manager_id is not None:
        return rules.TELL_CHAIR.format(person=person)
    text = rules.TELL_HEAD.format(person=person)
    return text if report.named else f"{text} {rules.SAY_IF_HEAD}"
