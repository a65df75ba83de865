"""Reports that are a person's own legal duty: the reporter of the concern makes them.

Nobody approves such a report, and nobody else changes, sends or stops it: a lead may add answers.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.moments import written
from app.core.schemas import ReasonIn
from app.core.vocabularies.adults import ADULT_ADVISERS
from app.core.words import AuditEvent, Permission, Role
from app.db.models import AdultConcern, Agency, Concern, Referral
from app.db.repositories.sharing import referrals, shares
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.conflicts.queries import candidates_for
from app.domain.adults.adult_concerns import commands as adult_concerns
from app.domain.adults.moved_work.commands import ADULTS_ONLY, BECAUSE
from app.domain.common.alerts.commands import tell
from app.domain.errors import ConcernNotFound, FieldProblem, StateConflict, ValidationFailed
from app.domain.etags import check_version
from app.domain.sharing.mandatory_reports.errors import MandatoryReportNotFound
from app.domain.sharing.mandatory_reports.schemas import DutySendingIn, MandatoryReportIn
from app.domain.sharing.referral_deliveries.commands import LINK, WEBHOOK, trace_sending, went
from app.domain.sharing.referral_drafts.commands import (
    BY_ANOTHER,
    Filled,
    answers_of,
    begin,
    check_fields,
    facts_of,
    merged,
    new_referral,
)
from app.domain.sharing.referral_drafts.queries import answers
from app.domain.sharing.referral_forms.queries import form_for
from app.domain.sharing.referral_forms.rules import form_of
from app.domain.sharing.referrals import rules
from app.domain.sharing.referrals.commands import Note, end, move, note, traced
from app.domain.sharing.shares.commands import check_moment
from app.domain.sharing.snapshots.rules import known_name
from app.domain.steps import new, record_row

POLICE, OTHER = "police", "other"
TOLD = frozenset({Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER})
THEIR_OWN = frozenset({"child", "concern", "statements", "marks", "me", "lead"})
"""Parts of the record that fill such a report: what its writer said and already knows."""
OF_CHILD = frozenset(
    {
        "legal_given_name", "legal_family_name", "known_given_name", "known_family_name",
        "year_group", "registration_group", "school",
    }
)  # fmt: skip


async def begin_mandatory_report(work: UnitOfWork, body: MandatoryReportIn) -> Referral:
    """Begin a personal report, and alert the leads.

    Raises `PermissionMissing`, `ConcernNotFound` (also for another person's concern),
    `ValidationFailed`.
    """
    policy.require(work.actor, Permission.CONCERN_RAISE)
    if body.kind not in rules.PERSONAL:
        problem = FieldProblem("/kind", "not_personal", "This is not anybody's own duty in law.")
        raise ValidationFailed(problems=[problem])
    await _own_concern(work, body.concern_id, body.child_id)
    agency = await _agency(work, body.agency_id)
    form = form_of(body.kind)
    fields = answers_of(body.fields)
    check_fields(form, fields)
    filled = Filled(*answers(form, await _own_record(work, body)))
    referral = new_referral(
        work, body, form, filled, fields, agency_id=agency.id, urgency="urgent", items=[],
        lawful_basis="legal_obligation", duty_of=work.actor.id,
    )  # fmt: skip
    record_row(
        work, AuditEvent.REFERRAL_DRAFTED, referral, child_id=body.child_id,
        after=facts_of(referral), details={"own_duty": True},
    )  # fmt: skip
    await begin(work, referral)
    await _tell_leads(work, referral)
    return referral


async def open_mandatory_report(work: UnitOfWork, referral_id: UUID) -> Referral:
    """Open the actor's own report. Raises `PermissionMissing`, `MandatoryReportNotFound`."""
    referral = await _duty_for(work, referral_id)
    traced(work, referral, AuditEvent.REFERRAL_OPENED, {"own_duty": True})
    return referral


async def update_mandatory_report(
    work: UnitOfWork, referral_id: UUID, version: int, fields: Mapping[str, Any]
) -> Referral:
    """Change answers; null removes one.

    Raises as `open_mandatory_report`, and `VersionStale`, `StateConflict`, `ValidationFailed`.
    """
    referral = await _unsent(work, referral_id, version)
    before = facts_of(referral)
    answers = merged(referral.fields, fields)
    check_fields(await form_for(work, referral), answers)
    referral.fields = answers
    referral.sources = {
        name: source for name, source in referral.sources.items() if name not in fields
    }
    move(work, referral, referral.state)
    record_row(
        work, AuditEvent.REFERRAL_CHANGED, referral, before=before, after=facts_of(referral),
        details={"fields": ["fields"], "own_duty": True},
    )  # fmt: skip
    return referral


async def record_mandatory_report_sent(
    work: UnitOfWork, referral_id: UUID, version: int, body: DutySendingIn
) -> Referral:
    """Record that the report was made; it is frozen as it is, even if incomplete.

    The concern's owner follows it up. Raises as `update_mandatory_report`.
    """
    referral = await _unsent(work, referral_id, version)
    if body.route in (LINK, WEBHOOK):
        problem = FieldProblem("/route", "not_by_oneself", "Say how you made the report yourself.")
        raise ValidationFailed(problems=[problem])
    check_moment(work, body.at, referral.drafted_at)
    referral.agency_reference = body.agency_reference
    concern = (
        await work.concerns.find(Concern, referral.concern_id) if referral.concern_id else None
    )
    if concern is not None and concern.owner_id is not None:
        referral.owner_id = concern.owner_id
    await went(work, referral, body.at, body.route)
    note(
        work, referral,
        Note("sent", body.at, work.actor.id, route=body.route, text=body.note,
             details={"to": body.to}),
    )  # fmt: skip
    trace_sending(work, referral, body.route)
    if (moved := await _moved(work, referral)) is not None:
        await _leave_to_adult_register(work, referral, moved, body)
    await _tell_leads(work, referral)
    return referral


async def _leave_to_adult_register(
    work: UnitOfWork, referral: Referral, concern: AdultConcern, body: DutySendingIn
) -> None:
    """End the report: its concern moved, and a reader of the adult register follows it up."""
    move(work, referral, "closed")
    end(work, referral, "closed")
    note(work, referral, Note("closed", work.now, work.actor.id, text=BECAUSE))
    traced(work, referral, AuditEvent.REFERRAL_CLOSED, {"from": "sent", "own_duty": True})
    agency = await work.sharing.find(Agency, referral.agency_id)
    adviser = agency.kind if agency is not None and agency.kind in ADULT_ADVISERS.codes else OTHER
    adult_concerns.take_step(
        work, concern, AuditEvent.ADULT_REFERRED,
        details={"from": adviser, "at": written(body.at)},
        content={
            "kind": "referral", "name": body.to, "reference": body.agency_reference,
            "advice": body.note,
        },
    )  # fmt: skip


async def withdraw_mandatory_report(
    work: UnitOfWork, referral_id: UUID, version: int, body: ReasonIn
) -> Referral:
    """Stop a personal report that was not made, with a reason; alerts the leads.

    Raises as `update_mandatory_report`.
    """
    referral = await _unsent(work, referral_id, version)
    move(work, referral, "closed")
    end(work, referral, "closed")
    note(work, referral, Note("closed", work.now, work.actor.id, text=body.reason))
    traced(work, referral, AuditEvent.REFERRAL_CLOSED, {"from": "draft", "own_duty": True})
    await _tell_leads(work, referral)
    return referral


async def to_response(work: UnitOfWork, referral: Referral) -> dict[str, Any]:
    """Build the answer for its writer; in a conflict of interest, without others' additions."""
    beside = await shares.beside(
        await work.driver(), shares.BESIDE_REFERRAL, work.actor.school_id, referral.id
    )
    names = (
        "id", "reference", "child_id", "concern_id", "kind", "agency_id",
        "form_version", "state", "agency_reference", "due_at", "due_rule", "sent_at", "ended_at",
        "drafted_at", "changed_at",
    )  # fmt: skip
    form = await form_for(work, referral)
    open_ = referral.sent_at is None and referral.ended_at is None
    hidden = await _hidden(work, referral)
    missing = [problem.pointer for problem in rules.missing_fields(form, referral.fields)]
    return {
        **{name: getattr(referral, name) for name in names},
        "fields": {name: field for name, field in referral.fields.items() if name not in hidden},
        "sources": {
            name: source for name, source in referral.sources.items() if name not in hidden
        },
        "child_name": known_name(beside),
        "agency_name": beside["agency_name"],
        "missing": missing if open_ else [],
        "permissions": list(OPERATIONS) if open_ else [],
    }


async def _hidden(work: UnitOfWork, referral: Referral) -> frozenset[str]:
    """Answers of others that the writer does not read: their duty stays, the file is not theirs."""
    conflicts = work.actor.conflicts
    about = await work.concerns.child_ids(referral.concern_id) if referral.concern_id else []
    related = not conflicts.children.isdisjoint({referral.child_id, *about})
    if not related and referral.concern_id not in conflicts.concerns:
        return frozenset()
    return frozenset(name for name, source in referral.sources.items() if source == BY_ANOTHER)


OPERATIONS = (
    "update_mandatory_report",
    "record_mandatory_report_sent",
    "withdraw_mandatory_report",
)


async def _own_concern(work: UnitOfWork, concern_id: UUID, child_id: UUID) -> Concern:
    concern = await work.concerns.find(Concern, concern_id)
    if concern is None or concern.reporter_id != work.actor.id:
        raise ConcernNotFound
    if child_id not in await work.concerns.child_ids(concern_id):
        problem = FieldProblem("/child_id", "unknown_child", "This child is not in your concern.")
        raise ValidationFailed(problems=[problem])
    return concern


async def _own_record(work: UnitOfWork, body: MandatoryReportIn) -> dict[str, Any]:
    """What the writer already knows, and nothing else of the record."""
    record = await referrals.record_for_draft(
        await work.driver(), work.actor.school_id, body.child_id, body.concern_id,
        work.actor.id, work.now,
    )  # fmt: skip
    own = {
        name: value if name in THEIR_OWN else [] if isinstance(value, list) else None
        for name, value in record.items()
    }
    child = own["child"] or {}
    return {**own, "child": {name: child[name] for name in child if name in OF_CHILD}}


async def _agency(work: UnitOfWork, agency_id: UUID | None) -> Agency:
    """The named agency, or the school's police; made if the school has none yet.

    Missing set-up must not delay anyone.
    """
    if agency_id is not None:
        result = await work.sharing.find(Agency, agency_id)
    else:
        result = await work.sharing.first_agency(POLICE)
    if result is not None and result.retired_at is None:
        return result
    if agency_id is not None:
        problem = FieldProblem(
            "/agency_id", "unknown_agency", "Cairn cannot find this agency among those in use."
        )
        raise ValidationFailed(problems=[problem])
    return await _police(work)


async def _police(work: UnitOfWork) -> Agency:
    agency = new(
        work, Agency, name="Police (101)", kind=POLICE, phone="101", route="phoned",
        form_variants={},
    )  # fmt: skip
    work.sharing.add(agency)
    record_row(work, AuditEvent.AGENCY_ADDED, agency, details={"own_duty": True})
    await work.session.flush()
    return agency


async def _duty_for(work: UnitOfWork, referral_id: UUID, *, lock: bool = False) -> Referral:
    policy.require(work.actor, Permission.CONCERN_RAISE)
    result = await (work.sharing.lock if lock else work.sharing.find)(Referral, referral_id)
    if result is None or result.duty_of != work.actor.id:
        raise MandatoryReportNotFound
    return result


async def _unsent(work: UnitOfWork, referral_id: UUID, version: int) -> Referral:
    referral = await _duty_for(work, referral_id, lock=True)
    check_version(referral, version)
    if referral.sent_at is not None or referral.ended_at is not None:
        raise StateConflict
    return referral


async def _moved(work: UnitOfWork, referral: Referral) -> AdultConcern | None:
    """Its concern as the adult register has it, locked; None if the concern has not moved."""
    if referral.concern_id is None:
        return None
    concern = await work.concerns.held(Concern, referral.concern_id)
    if concern is None or concern.confidentiality != ADULTS_ONLY:
        return None
    return await work.adults.lock(AdultConcern, concern.id)


async def _tell_leads(work: UnitOfWork, referral: Referral) -> None:
    """Alert the leads to the report, without its content; never people locked out of it.

    If its concern moved to the adult register, alert those who work on it there instead.
    """
    if (moved := await _moved(work, referral)) is not None:
        await adult_concerns.tell_of_more(work, moved)
        return
    people = await candidates_for(work, referral.concern_id, [referral.child_id])
    items = {item.id for item in people if item.role in TOLD and not item.in_conflict}
    for person in sorted(items - {work.actor.id}):
        tell(work, person, "mandatory_reported", urgent=True, about=("referral", referral.id))
