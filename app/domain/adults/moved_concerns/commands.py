"""Move a concern about an adult to the adult register, with everything written about it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.vocabularies.category_rules import IMMEDIACY
from app.core.words import AuditEvent, Permission
from app.db.models import AdultConcern, AdultNote, Amendment, Concern
from app.db.repositories.access import conflicts as stored_conflicts
from app.db.repositories.adults import moved_concerns as stored
from app.db.repositories.record.concern_reports import facts_for_raising
from app.db.unit_of_work import UnitOfWork
from app.domain.access.concern_access.queries import own_concern_to_work_on
from app.domain.access.conflicts.commands import keep_named
from app.domain.adults.adult_concerns.commands import HEAD, RaiseAdultConcern, keep_adult_concern
from app.domain.adults.adult_concerns.schemas import AdultIn
from app.domain.adults.allegations import rules as allegations
from app.domain.adults.allegations.commands import (
    adult_of_report,
    heads_among,
    marked,
    may_mean_head,
)
from app.domain.adults.moved_concerns.errors import ConcernHasOpenWork, KeepsPupilSafe
from app.domain.adults.moved_concerns.schemas import MoveIn
from app.domain.adults.moved_work.commands import ADULTS_ONLY, ENDED, GOES_ON, end_open_work
from app.domain.common.category_rules.commands import in_common_codes
from app.domain.common.category_rules.rules import is_about_adult, joined, strictest
from app.domain.disclosures import UNSAID, kind_of
from app.domain.errors import Conflict
from app.domain.record.concern_amendments.rules import MORE_TOLD, Answers
from app.domain.record.concern_notes import commands as concern_notes
from app.domain.record.concern_notes.commands import AmendConcern
from app.domain.record.concerns import commands as concerns
from app.domain.record.concerns import rules
from app.domain.record.concerns.schemas import TriageIn
from app.domain.steps import new

SAID_SINCE: Final = "What was said since is about an adult."
SAID_SINCE_OF_PUPIL: Final = "More was told about the pupil."


async def triage_concern(
    work: UnitOfWork, concern_id: UUID, version: int, body: TriageIn
) -> Concern:
    """Triage a concern; one found to be about an adult moves to the adult register instead.

    Raises as `triage_concern` and `move_concern`, and `ValidationFailed` for a word that the school
    does not use.
    """
    named = {"/primary_category": body.primary_category}
    named |= {f"/categories/{index}": code for index, code in enumerate(body.categories)}
    result = await in_common_codes(work, named)
    first, *more = result.categories
    body = body.model_copy(update={"primary_category": first, "categories": more})
    if not is_about_adult(result.categories):
        return await concerns.triage_concern(work, concern_id, version, body, words=result.words)
    concern = await concerns.concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    rules.next_state("triage", concern.state)
    concern.primary_category, concern.categories = first, result.categories
    concern.own_categories = result.words
    return await _move(work, concern, None, body.reason)


async def move_concern(work: UnitOfWork, concern_id: UUID, version: int, body: MoveIn) -> Concern:
    """Move a concern about an adult to the adult register, whose readers continue it.

    Nobody else can read it from then on, including the person who moves it. Raises
    `KeepsPupilSafe`, `ConcernHasOpenWork`, `SubjectUnknown` and the errors of every step.
    """
    concern = await concerns.concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    return await _move(work, concern, body.adult, body.reason)


async def amend_concern(work: UnitOfWork, concern_id: UUID, command: AmendConcern) -> Amendment:
    """Amend a concern; an amendment about an adult moves it to the adult register.

    If the concern has to stay, only the new statement goes there, and the concern keeps none of it.
    Raises as `concern_notes.amend_concern`, and `ValidationFailed` for a word that the school does
    not use.
    """
    command = await _in_common_codes(work, command)
    if not is_about_adult(command.answers.categories):
        return await concern_notes.amend_concern(work, concern_id, command)
    concern = await own_concern_to_work_on(work, concern_id, Permission.CONCERN_AMEND, adds=True)
    amendment = await concern_notes.amendment_of(work, concern, command)
    answers = command.answers
    if await _has_to_stay(work, concern, answers):
        await _report_apart(work, concern, amendment)
        if answers.self_harm is not None or kind_of(answers.categories) is not None:
            await concern_notes.amend_concern(work, concern_id, _of_pupil_alone(command))
        return amendment
    work.concerns.add(amendment)
    concern_notes.record_amendment(work, amendment, command)
    concern.categories = list(dict.fromkeys([*concern.categories, *answers.categories]))
    concern.own_categories = joined(concern.own_categories, answers.own_categories)
    concern.immediacy = strictest(
        IMMEDIACY, [item for item in (answers.immediacy, concern.immediacy) if item is not None]
    )
    await _move(work, concern, None, SAID_SINCE, since=command.text)
    return amendment


async def _in_common_codes(work: UnitOfWork, command: AmendConcern) -> AmendConcern:
    named = {f"/categories/{at}": code for at, code in enumerate(command.answers.categories)}
    result = await in_common_codes(work, named)
    answers = replace(command.answers, categories=result.categories, own_categories=result.words)
    return replace(command, answers=answers)


async def _has_to_stay(work: UnitOfWork, concern: Concern, answers: Answers) -> bool:
    """Whether the concern must not move.

    It keeps a pupil safe, is frozen, has ended, is being sent, or needs a second signature.
    """
    if answers.self_harm is not None or kind_of(answers.categories) is not None:
        return True
    if concern.pending or concern.frozen_at is not None:
        return True
    if concern.state not in rules.TRANSITIONS["move"]:
        return True
    return await _why_it_stays(work, concern.id) is not None


def _of_pupil_alone(command: AmendConcern) -> AmendConcern:
    """The part of an amendment that keeps the pupil safe, without the account of an adult's act."""
    answers = command.answers
    disclosure = answers.self_harm or {}
    names = ("kind", *allegations.BY_WORDS)
    of_pupil = {"kind": kind_of(answers.categories) or UNSAID}
    of_pupil |= {name: disclosure[name] for name in names if disclosure.get(name) is not None}
    return AmendConcern(
        None, "addition", None, MORE_TOLD, SAID_SINCE_OF_PUPIL,
        Answers(immediacy=answers.immediacy, self_harm=of_pupil),
    )  # fmt: skip


async def _report_apart(work: UnitOfWork, concern: Concern, amendment: Amendment) -> None:
    """Save the new statement as a separate report, with the children of the concern."""
    school_id = work.actor.school_id
    all_said = await stored.said_of(await work.driver(), school_id, concern.id)
    children = [UUID(child["child_id"]) for child in all_said["children"]]
    facts = await facts_for_raising(await work.driver(), work.actor.school_id, children, work.today)
    result = await stored_conflicts.named_in(await work.driver(), school_id, [concern.id])
    named = list(result)
    heads = await heads_among(work, None, named, work.now)
    statement = {
        "kind": "not_said",
        "text": amendment.text,
        "prompted_by": None,
        "told_by": None,
        "basis": None,
    }
    report = {
        **_child_report(
            concern, {**all_said, "amendments": [], "body_map": [], "unmatched": []}, named
        ),
        "categories": list(amendment.categories),
        "immediacy": amendment.immediacy or concern.immediacy,
        "context": None, "alleged_source_of_harm": None, "told_already": amendment.told_already,
        "parents_told": None, "self_harm": amendment.self_harm, "attachments": [],
    }  # fmt: skip
    await keep_adult_concern(
        work,
        RaiseAdultConcern(
            id=amendment.id,
            about=adult_of_report([*heads, *named], amendment.categories),
            kind=allegations.kind_of(amendment.categories),
            account=[statement],
            occurred_at=work.now,
            occurred_precision="about",
            place=None,
            children=children,
            immediate_risk=amendment.immediacy == "immediate_danger",
            anonymity_asked=False,
            child_report=report,
            kept_out=sorted(({*named} - {work.actor.id}) | facts.locked_out),
            urgent=True,
        ),
        about_head=bool(heads) or await may_mean_head(work, work.now, amendment.text),
    )


async def _why_it_stays(work: UnitOfWork, concern_id: UUID) -> type[Conflict] | None:
    """Why nobody may move it now.

    After a move nobody could read how the pupil is kept safe. Open work about it would continue
    unread: kinds for which the move has no rule prevent it.
    """
    if await work.concerns.pathway_of(concern_id) is not None:
        return KeepsPupilSafe
    driver, settled = await work.driver(), (*ENDED, *GOES_ON)
    if await stored.has_safety_record(driver, work.actor.school_id, concern_id):
        return KeepsPupilSafe
    if await stored.has_open(driver, work.actor.school_id, concern_id, settled):
        return ConcernHasOpenWork
    return None


async def _move(
    work: UnitOfWork, concern: Concern, adult: AdultIn | None, reason: str, *, since: str = ""
) -> Concern:
    rules.check_not_pending(concern.pending)
    state = rules.next_state("move", concern.state)
    why = await _why_it_stays(work, concern.id)
    if why is not None:
        raise why
    await work.session.flush()
    report = await stored.said_of(await work.driver(), work.actor.school_id, concern.id)
    adult_concern = await _keep(work, concern, adult, report, since)
    await _bar(work, adult_concern)
    await end_open_work(work, adult_concern)
    was, concern.confidentiality = concern.confidentiality, ADULTS_ONLY
    concerns.take_step(work, concern, AuditEvent.CONCERN_MOVED, state=state, reason=reason)
    _note(work, adult_concern, reason, work.actor.id, work.now)
    await concerns.follow_class(work, concern, was)
    for id_ in await work.concerns.merged_into(concern.id):
        merged = await work.concerns.lock(Concern, id_)
        if merged is not None:
            await _move(work, merged, adult, reason)
    return concern


async def _bar(work: UnitOfWork, adult_concern: AdultConcern) -> None:
    """Hide the concern and its move from everyone it is or may be about.

    Only the adult register's own log records this: no lead learns who is meant.
    """
    meant = (
        {*adult_concern.namesakes} if adult_concern.staff_id is None else {adult_concern.staff_id}
    )
    if adult_concern.about_head:
        meant |= {person for person, _ in await work.adults.people([HEAD], work.today)}
    driver, school_id = await work.driver(), work.actor.school_id
    known = await stored_conflicts.named_in(driver, school_id, [adult_concern.id])
    for person in meant - set(known):
        keep_named(work, adult_concern.id, person, None, register="adults")
    await work.session.flush()


async def _keep(
    work: UnitOfWork,
    concern: Concern,
    adult: AdultIn | None,
    report: Mapping[str, Any],
    since: str,
) -> AdultConcern:
    children = [UUID(child["child_id"]) for child in report["children"]]
    facts = await facts_for_raising(await work.driver(), work.actor.school_id, children, work.today)
    result = await stored_conflicts.named_in(
        await work.driver(), work.actor.school_id, [concern.id]
    )
    named = [item for item in result if adult is None or item != adult.staff_id]
    heads = await heads_among(work, adult, named, concern.occurred_at)
    about = adult or adult_of_report([*heads, *named], concern.categories)
    about_head = bool(heads)
    if adult is None and not about_head:
        everything = allegations.texts_of([*report["account"], *report["amendments"]])
        words = since if named else everything
        about_head = await may_mean_head(work, concern.occurred_at, words)
    adult_concern, _ = await keep_adult_concern(
        work,
        RaiseAdultConcern(
            id=concern.id,
            about=about,
            kind=allegations.kind_of(concern.categories),
            account=[{**item, "id": UUID(item["id"])} for item in report["account"]],
            occurred_at=concern.occurred_at,
            occurred_precision=concern.occurred_precision,
            place=concern.place,
            children=children,
            immediate_risk=concern.immediacy == "immediate_danger",
            anonymity_asked=False,
            child_report=_child_report(concern, report, list(result)),
            kept_out=sorted({*named, *facts.locked_out}),
            urgent=True,
            first_reported=(concern.reporter_id, concern.recorded_at),
        ),
        about_head=about_head,
    )
    _keep_beside(work, adult_concern, report)
    return adult_concern


def _child_report(concern: Concern, report: Mapping[str, Any], named: list[UUID]) -> dict[str, Any]:
    items = [
        *concern.told_already,
        *(item for row in report["amendments"] for item in row["told_already"]),
    ]
    return {
        "moved_from": concern.reference,
        "children": report["children"],
        "unmatched_child": report["unmatched"][0] if report["unmatched"] else None,
        "categories": list(dict.fromkeys([*concern.reported_categories, *concern.categories])),
        "own_categories": joined(concern.reported_own_categories, concern.own_categories),
        "immediacy": concern.immediacy,
        "source": concern.source,
        "context": concern.context,
        "alleged_source_of_harm": concern.alleged_source_of_harm,
        "told_already": items,
        "parents_told": concern.parents_told,
        "body_map": [marked(mark) for mark in report["body_map"]],
        "staff_named": [str(item) for item in named],
        "self_harm": None,
        "attachments": report["attachments"],
    }


def _keep_beside(work: UnitOfWork, adult_concern: AdultConcern, report: Mapping[str, Any]) -> None:
    """Save amendments beside the statements, and everything else as notes, in order."""
    for row in report["amendments"]:
        _note(work, adult_concern, row["text"], *_who_and_when(row), kind=row["kind"],
              statement_id=row["statement_id"], reason=row["reason"])  # fmt: skip
    notes = [
        *((row, row["text"]) for row in [*report["comments"], *report["questions"]]),
        *((row, _minute(row)) for row in report["minutes"]),
        *((row, _planned(row)) for row in report["meetings"]),
        *((row, f"{row['question']}\n{row['decision']}\n{row['reason']}")
          for row in report["decisions"]),
        *((row, "\n".join(item for item in (row["what"], row["outcome"], row["reason"]) if item))
          for row in report["actions"]),
        *((row, f"{row['verb']}: {row['reason']}") for row in report["events"]),
    ]  # fmt: skip
    for row, text in sorted(notes, key=lambda note: str(note[0]["recorded_at"])):
        _note(work, adult_concern, text, *_who_and_when(row))


def _minute(row: Mapping[str, Any]) -> str:
    """A meeting's minutes as lines of text."""
    dissent = [f"{item['who']}: {item['reason']}" for item in row["dissent"]]
    words = [row["result"].replace("_", " "), row["decisions"], *dissent, row["reason"]]
    return "\n".join(word for word in words if word)


def _planned(row: Mapping[str, Any]) -> str:
    """A planned meeting, and the people from outside who expect it."""
    where = f", {row['place']}" if row["place"] else ""
    people = [
        ", ".join(part for part in (item["name"], item["agency"]) if part)
        for item in row["invited"]
        if item["name"]
    ]
    when = f"{row['kind'].replace('_', ' ')}, {row['starts_at']}{where}"
    lines = [f"Planned meeting, cancelled when the concern moved: {when}."]
    return "\n".join([*lines, *(f"Invited: {person}" for person in people)])


def _who_and_when(row: Mapping[str, Any]) -> tuple[UUID, datetime]:
    return UUID(row["author_id"]), datetime.fromisoformat(row["recorded_at"])


def _note(
    work: UnitOfWork,
    adult_concern: AdultConcern,
    text: str,
    author_id: UUID,
    recorded_at: datetime,
    *,
    kind: str = "note",
    statement_id: str | None = None,
    reason: str | None = None,
) -> None:
    row = new(
        work,
        AdultNote,
        concern_id=adult_concern.id,
        statement_id=statement_id and UUID(statement_id),
        kind=kind,
        text=text,
        reason=reason,
        author_id=author_id,
        recorded_at=recorded_at,
    )
    work.adults.add(row)
