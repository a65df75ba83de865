"""The record's present facts about telling parents, and suggestions; a person decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.vocabularies.terms import DRAFT
from app.core.words import Permission
from app.db.cards import picked
from app.db.models import Child, Concern, Contact, SelfHarm
from app.db.repositories.safety import records as stored
from app.db.repositories.safety import self_harm as stored_concerns
from app.db.repositories.sharing import sharing_exceptions as stored_exceptions
from app.db.repositories.sharing.informing_parents import pathway_facts
from app.db.unit_of_work import UnitOfWork
from app.domain.access.child_access.queries import child_for, record_child_opened, sees_of_child
from app.domain.access.concern_access.queries import access_filter, concern_for
from app.domain.common.category_rules.rules import HOME
from app.domain.common.deadlines.commands import calendar_of
from app.domain.disclosures import SUICIDAL
from app.domain.record.children.queries import has_ended, shown_name
from app.domain.record.contacts.queries import (
    BY_A_PERSON,
    RESTRICTED_PERSON,
    as_somebody,
    hard_mark,
    hard_marks,
    may_be_told_among,
    may_be_told_of,
    one_person,
)
from app.domain.record.contacts.rules import is_professional
from app.domain.safety.records.queries import latest_record
from app.domain.safety.safety_checks import commands as safety_checks
from app.domain.safety.safety_checks.commands import KIND
from app.domain.safety.self_harm import commands as self_harm
from app.domain.safety.self_harm_concerns.queries import also_known_since
from app.domain.sharing.informing_parents import rules
from app.domain.sharing.informing_parents.errors import ChildToName
from app.domain.sharing.informing_parents.rules import ContactFacts, Facts, age_on
from app.domain.sharing.parents_guards.queries import Home, home_of
from app.domain.sharing.share_recipients.queries import family_meant

PARENTS = frozenset({"mother", "father", "parent", "step_mother", "step_father", "adoptive_parent"})


@dataclass(frozen=True, slots=True)
class Gathered:
    """The facts, and the rows behind them."""

    child: Child
    facts: Facts
    contacts: tuple[Contact, ...]
    known: tuple[Contact, ...]
    """All contacts, including ended ones."""
    excepted: frozenset[str]
    check_old: bool | None


async def child_of(
    work: UnitOfWork, concern: Concern, child_id: UUID | None, permission: Permission
) -> Child:
    """The child whose parents are meant: the named one, or the only one it is about.

    Raises `ChildToName`, and as `child_for`.
    """
    about = await self_harm.subjects_of(work, concern.id)
    if child_id is None and len(about) != 1:
        raise ChildToName
    chosen = child_id or about[0]
    if chosen not in about:
        raise ChildToName
    return await child_for(work, chosen, permission)


async def gather(
    work: UnitOfWork, concern: Concern, child: Child, words: frozenset[str] = frozenset()
) -> Gathered:
    """Gather the facts of a child of a concern: only what the actor may read."""
    today = work.today
    known = await work.children.contacts_of(child.id)
    contacts = [item for item in known if not has_ended(item.valid_to, today)]
    there = await work.concerns.pathway_of(concern.id)
    excepted = await stored_exceptions.excepted(
        await work.driver(), work.actor.school_id, child.id, work.now
    )
    row = await latest_record(work, child.id, KIND)
    check = stored.content_of(row) if row else {}
    written = await pathway_facts(await work.driver(), work.actor.school_id, concern.id, child.id)
    must_not = safety_checks.value_of(check, "who_must_not_know") or []
    facts = Facts(
        age=age_on(child.date_of_birth, today),
        contacts=tuple(_contact(contact, known, today) for contact in contacts),
        looked_after=await _is_looked_after(work, child, today),
        pathway_state=self_harm.state_of(there, child.id) if there else None,
        on_pathway=there is not None,
        words_about_dying=bool(there) and _about_dying(there),
        alleged_source_of_harm=concern.alleged_source_of_harm,
        harm_told_before=await _harm_told_before(work, concern, child),
        harm_decided=written.harm_decided,
        held_back=one_person(written.held_back, known),
        swallowed=written.swallowed or _swallowed(there),
        with_adult=await _is_today(work, written.with_adult_since),
        check_id=row["id"] if row else None,
        taken=safety_checks.taken(check),
        home_asked=safety_checks.value_of(check, "safe_at_home") in ("yes", "no"),
        unsafe_at_home=safety_checks.value_of(check, "safe_at_home") == "no",
        somebody_hurts=safety_checks.value_of(check, "anyone_hurting_you") is not None,
        must_not_know=bool(must_not),
        must_not_know_contacts=one_person(
            [UUID(item["contact_id"]) for item in must_not if item.get("contact_id")], known
        ),
        stated=words,
    )
    old = work.now > safety_checks.good_until(check) if row else None
    return Gathered(child, facts, tuple(contacts), tuple(known), excepted.marks, old)


async def _harm_told_before(work: UnitOfWork, concern: Concern, child: Child) -> UUID | None:
    """The newest other concern, within the period shown, with a source of harm at home."""
    since = await also_known_since(work)
    return await stored_concerns.harm_at_home(
        await work.driver(), access_filter(work.actor), concern.id, child.id, sorted(HOME), since
    )


def _swallowed(result: SelfHarm | None) -> bool:
    answer = (result.told.get("means_group") or {}) if result is not None else {}
    return bool(answer.get("value") == "swallowed")


async def _is_today(work: UnitOfWork, moment: datetime | None) -> bool:
    calendar = await calendar_of(work)
    today = calendar.local(work.now).date()
    return moment is not None and calendar.local(moment).date() == today


def _about_dying(result: SelfHarm | None) -> bool:
    return result is not None and result.kind in SUICIDAL


async def _is_looked_after(work: UnitOfWork, child: Child, today: date) -> bool:
    return any(
        status.valid_from <= today
        and not has_ended(status.valid_to, today)
        and sees_of_child(work.actor, "status", child, status.confidentiality)
        for status in await work.children.statuses_of_kind(child.id, "looked_after")
    )


def _contact(contact: Contact, known: Sequence[Contact], today: date) -> ContactFacts:
    return ContactFacts(
        id=contact.id,
        bar=_bar_of(contact, known, today),
        alleged_source_of_harm=contact.alleged_source_of_harm,
        lives_with=contact.lives_with,
        is_family=not is_professional(contact.kind),
        is_parent=contact.kind in PARENTS or contact.is_parent,
        has_orders=any(_in_force(order, today) for order in contact.court_orders),
        is_social_worker=contact.kind == "social_worker",
    )


def _in_force(order: dict[str, Any], today: date) -> bool:
    ends = order.get("ends_on")
    return ends is None or date.fromisoformat(str(ends)) >= today


def _bar_of(contact: Contact, known: Sequence[Contact], today: date) -> str | None:
    """The bar on a contact, as a code of `why_not_offered`; None without one.

    Judged among all contacts of the child: nobody is offered who may be a barred one.
    """
    if (mark := hard_mark(contact, today)) is not None:
        return codes_of_mark(mark)[0]
    if hard_marks(as_somebody(contact), known, today):
        return RESTRICTED_PERSON
    verdict = may_be_told_of(contact, today)
    if verdict.value or (is_professional(contact.kind) and verdict.reason == "unknown"):
        return None
    return verdict.reason


def is_excepted(
    contact: Contact, known: Sequence[Contact], today: date, excepted: frozenset[str]
) -> bool:
    """Whether a contact is barred and a sharing exception covers all of it."""
    marks = hard_marks(as_somebody(contact), known, today)
    return bool(marks) and marks <= excepted


def codes_of_mark(mark: str) -> list[str]:
    """The reasons in a mark, gravest first, as codes of `why_not_offered`."""
    reasons = mark.partition(":")[2].split("+")
    return ["may_not_be_told" if reason == BY_A_PERSON else reason for reason in reasons]


async def get_parents_options(
    work: UnitOfWork, concern_id: UUID, child_id: UUID | None, words: Sequence[str]
) -> dict[str, Any]:
    """List rows to consider with their reasons, and suggested people to tell.

    Nothing is decided and nothing is sent. Raises `PermissionMissing`, `ConcernNotFound`,
    `ChildToName`, `ConflictOfInterest`, `OutsideCohort`.
    """
    concern = await concern_for(work, concern_id, Permission.SAFETY_READ)
    child = await child_of(work, concern, child_id, Permission.SAFETY_READ)
    result = await gather(work, concern, child, frozenset(words))
    home = await home_of(work, child.id, [concern.id])
    record_child_opened(work, child, "who_to_tell")
    return {
        "concern_id": concern.id,
        "child": {"id": child.id, "name": " ".join(shown_name(child))},
        "facts": _facts(result),
        "suggestions": [_suggestion(suggestion) for suggestion in rules.suggestions(result.facts)],
        "guards": home.to_response(home.guards(None)),
        "social_care": home.call,
        "contacts": _contacts(work, result, home),
        "not_known": rules.not_known(result.facts),
        "words_to_send": rules.words_to_send(result.facts),
        "vocabulary_status": DRAFT,
    }


def _facts(gathered: Gathered) -> dict[str, Any]:
    facts = gathered.facts
    return {
        "age": facts.age,
        "looked_after": facts.looked_after,
        "pathway_state": facts.pathway_state,
        "words_about_dying": facts.words_about_dying,
        "alleged_source_of_harm": facts.alleged_source_of_harm,
        "latest_check_id": facts.check_id,
        "latest_check_old": gathered.check_old,
    }


def _suggestion(suggestion: rules.Suggestion) -> dict[str, Any]:
    row = suggestion.row
    return {
        "row": row.id,
        "situation": row.situation,
        "suggestion": row.default,
        "facts": [
            {"fact": fact.fact, "text": fact.text, "contact_id": fact.contact_id,
             "record_id": fact.record_id, "concern_id": fact.concern_id}
            for fact in suggestion.why
        ],
        "settle_first": list(suggestion.settle_first),
        "to_write": list(row.write),
        "second_lead": row.second_lead,
        "source": row.source,
    }  # fmt: skip


def _contacts(work: UnitOfWork, gathered: Gathered, home: Home) -> list[dict[str, Any]]:
    """Suggested contacts first, then the others in their own order."""
    facts = {contact.id: contact for contact in gathered.facts.contacts}
    items = [
        {
            **_offered_contact(contact, facts[contact.id], gathered, work.today),
            "guards": home.to_response(
                guard
                for id_ in family_meant(gathered.known, [as_somebody(contact)])
                for guard in home.guards(id_)
            ),
        }
        for contact in gathered.contacts
    ]
    return sorted(items, key=lambda item: not item["offered"])


def _offered_contact(
    contact: Contact, facts: rules.ContactFacts, gathered: Gathered, today: date
) -> dict[str, Any]:
    verdict = may_be_told_among(contact, gathered.known, today)
    excepted = is_excepted(contact, gathered.known, today, gathered.excepted)
    why_not = rules.why_not_offered(facts, gathered.facts, excepted=excepted)
    return {
        **picked(
            contact, "id", "name", "kind", "parental_responsibility", "lives_with",
            "alleged_source_of_harm", "court_orders",
        ),
        "may_be_told": verdict.to_response(),
        "has_sharing_exception": excepted, "offered": not why_not,
        "not_offered_reason_codes": why_not,
    }  # fmt: skip
