"""The demo's agencies, and shares and referrals at every step of their lives."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.schemas import ReasonIn
from app.core.words import Role
from app.db.models import Referral, Share
from app.db.unit_of_work import UnitOfWork
from app.demo.concerns import DAYS, HOURS, Story
from app.demo.people import Place
from app.demo.stage import Player, Stage, lived_at, school_time
from app.domain.sharing.agencies.commands import add_agency, update_agency
from app.domain.sharing.agencies.schemas import AgencyIn
from app.domain.sharing.parents_guards.queries import home_of
from app.domain.sharing.parents_guards.rules import Guard
from app.domain.sharing.referral_deliveries.commands import record_referral_sent
from app.domain.sharing.referral_deliveries.schemas import SendingIn
from app.domain.sharing.referral_drafts.commands import draft_referral
from app.domain.sharing.referral_drafts.schemas import ConsentIn, FieldAnswerIn, ReferralIn
from app.domain.sharing.referrals import commands as referring
from app.domain.sharing.referrals.schemas import AcknowledgementIn, OutcomeIn, ReferralApprovalIn
from app.domain.sharing.share_approvals.commands import approve_share
from app.domain.sharing.share_approvals.schemas import ShareApprovalIn
from app.domain.sharing.share_recipients.schemas import ContactRecipientIn
from app.domain.sharing.shares import commands as sharing
from app.domain.sharing.shares.schemas import (
    ConcernItemIn,
    DetrimentTestIn,
    HandOverIn,
    ResponseIn,
    ShareIn,
)

COUNTY = "Ourshire"


def _agency(name: str, kind: str, route: str, **more: str) -> AgencyIn:
    return AgencyIn.model_validate({"name": name, "kind": kind, "route": route, **more})


AGENCIES = (
    _agency("Single Point of Advice, children's services", "social_care", "agency_portal",
            local_authority=COUNTY, phone="01632 960110", out_of_hours_phone="01632 960111",
            email="spoa@county.example"),
    _agency("Police, safeguarding investigations", "police", "secure_email", phone="101",
            email="siu@police.example"),
    _agency("CAMHS single point of access", "camhs", "secure_email", phone="01632 960120",
            email="spa@camhs.example"),
    _agency("Early help hub", "early_help", "secure_email", local_authority=COUNTY,
              phone="01632 960130", email="earlyhelp@county.example"),
    _agency("Prevent education officer", "local_authority", "secure_email",
            local_authority=COUNTY, phone="01632 960140", email="prevent@county.example"),
    _agency("School nursing service", "health", "secure_email", phone="01632 960150",
            email="nursing@health.example"),
)  # fmt: skip
RETIRED = _agency("Youth counselling, Saltmarsh (closed)", "voluntary_organisation", "phoned")

SHARE_STEPS = ("draft", "approved", "available", "opened", "acknowledged", "revoked")
GUARDED = "guarded"
"""A share that two people approve."""
REFERRAL_STEPS = ("draft", "approved", "sent", "acknowledged", "outcome_received", "closed")
REFERRAL_KINDS = {
    "social_care": "childrens_social_care", "early_help": "early_help", "camhs": "camhs",
}  # fmt: skip
TOLD_LATELY = 100 * DAYS
READY = ("in_progress", "monitoring", "closed", "overdue")
SAFEGUARDING: dict[str, Any] = {
    "lawful_basis": "public_task",
    "special_category_condition": "safeguarding_para_18",
    "para18_limb": "consent_would_prejudice_protection",
}


async def add_agencies(stage: Stage, place: Place, mark: str = "") -> dict[str, UUID]:
    """The agencies of a school by kind; one of them out of use. Each address has the mark."""
    lead = stage.team(place, Role.DSL)[0]
    commands = [
        item.model_copy(update={"email": item.email and item.email.replace("@", f"{mark}@")})
        for item in AGENCIES
    ]

    async def do(work: UnitOfWork) -> dict[str, UUID]:
        ids = {command.kind: (await add_agency(work, command)).id for command in commands}
        old = await add_agency(work, RETIRED)
        await work.session.flush()
        await update_agency(work, old.id, old.version, {"state": "retired"})
        return ids

    return await stage.act(lead, do)


@dataclass(slots=True)
class Thread:
    """What one school shares and refers; every step by the right person at a later moment."""

    stage: Stage
    place: Place
    agencies: dict[str, UUID]
    coming: dict[str, list[str]] = field(
        default_factory=lambda: {"mother": [*reversed(SHARE_STEPS)], "father": [GUARDED]}
    )
    """What is still to be shown of shares with each parent, the furthest first."""

    @property
    def lead(self) -> Player:
        """The designated lead."""
        return self.stage.team(self.place, Role.DSL)[0]

    def plan(self, stories: Iterable[tuple[str, Story]]) -> None:
        """Plan one share and one referral for each step, about concerns that suit."""
        ready = [
            story
            for ending, story in stories
            if ending in READY and story.place is self.place
            and story.raised_at < self.stage.now - 16 * DAYS
        ]  # fmt: skip
        for story in ready:
            for parent in self._to_tell(story):
                if parent == "father" or story.raised_at > self.stage.now - TOLD_LATELY:
                    self._later(story, partial(self._share_next, story, parent))
        fitting = [story for story in ready if story.wording.confidentiality in ("K3", "K4")]
        for number, (step, story) in enumerate(
            zip(REFERRAL_STEPS, reversed(fitting), strict=False)
        ):
            agency = tuple(REFERRAL_KINDS)[number % 3]
            self._later(story, partial(self._refer, story, step, agency))

    @staticmethod
    def _to_tell(story: Story) -> Iterator[str]:
        """Parents a story may be shared with; the guarded share is for one with an order."""
        contacts = story.children[0].contacts
        yield from ("mother",) if "mother" in contacts else ()
        yield from ("father",) if story.children[0].family.kind == "restricted" else ()

    def _later(self, story: Story, do: Callable[[], Awaitable[None]]) -> None:
        self.stage.at(school_time(story.raised_at + 6 * DAYS), do)

    async def _step(self, player: Player, after: timedelta, do: Callable[[UnitOfWork], Any]) -> Any:
        """One step some time later in the same sitting, still within the story's past."""
        with lived_at(clock.now() + after):
            return await self.stage.act(player, do)

    async def _share_next(self, story: Story, parent: str) -> None:
        """Share a story as far as the next share is to come, where nothing guards its home.

        What guards it is asked of the record, as of now: what the reporter named, what social
        care said and what became of brothers and sisters is known there alone.
        """
        coming, child = self.coming[parent], story.children[0]

        async def guards(work: UnitOfWork) -> list[Guard]:
            home = await home_of(work, child.id, [story.known()])
            return home.guards(child.contacts[parent])

        if coming and not await self.stage.act(self.lead, guards):
            await self._share(story, coming.pop(0), parent)

    async def _share(self, story: Story, to: str, contact: str) -> None:
        child = story.children[0]
        body = ShareIn(
            child_id=child.id,
            recipient=ContactRecipientIn(via="contact", contact_id=child.contacts[contact]),
            purpose="inform_parent",
            purpose_detail=f"So that {child.name} is supported in the same way at home and here.",
            detriment_test=DetrimentTestIn(
                result="not_more_detrimental",
                reason="Knowing helps the parent to keep the child safe.",
            ),
            items=[_concern_item(story)],
            **SAFEGUARDING,
        )
        share_id = (
            await self._step(self.lead, timedelta(), lambda w: sharing.draft_share(w, body))
        ).id
        if to == "draft":
            return
        if to != "revoked":
            await self._approve_share(share_id, guarded=to == GUARDED)
        if to in ("approved", GUARDED):
            return
        if to == "revoked":
            await self._share_step(
                share_id, 2 * HOURS, sharing.revoke_share, ReasonIn,
                reason="The family asked to hear it in person first.",
            )  # fmt: skip
            return
        await self._share_step(
            share_id, 3 * HOURS, sharing.record_hand_over, HandOverIn,
            route="in_person", at=clock.now() + 3 * HOURS, to=f"{child.name}'s mother",
            note="Read together in the meeting room.",
        )  # fmt: skip
        answers = {"opened": ("opened",), "acknowledged": ("opened", "acknowledged")}.get(to, ())
        for number, kind in enumerate(answers):
            later = (4 + number) * HOURS
            await self._share_step(
                share_id, later, sharing.record_response, ResponseIn,
                kind=kind, at=clock.now() + later, text=None,
            )  # fmt: skip

    async def _approve_share(self, share_id: UUID, *, guarded: bool) -> None:
        reason = "Shares parental responsibility; the order allows news of health and schooling."
        people = [self.lead]
        if guarded:
            people.append(self.stage.team(self.place, Role.HEADTEACHER)[0])
        for number, player in enumerate(people):

            async def do(work: UnitOfWork) -> None:
                share = await _require_row(work, Share, share_id)
                await approve_share(
                    work, share_id, share.version,
                    ShareApprovalIn(
                        reason="Proportionate, relevant, and in the child's interest.",
                        guard_reason=reason if guarded else None,
                    ),
                )  # fmt: skip

            await self._step(player, (number + 1) * HOURS, do)

    async def _share_step(
        self, share_id: UUID, after: timedelta, command: Any, body: Any, **facts: Any
    ) -> None:
        async def do(work: UnitOfWork) -> None:
            share = await _require_row(work, Share, share_id)
            await command(work, share_id, share.version, body(**facts))

        await self._step(self.lead, after, do)

    async def _refer(self, story: Story, to: str, agency: str) -> None:
        child = story.children[0]
        kind = REFERRAL_KINDS[agency]
        body = ReferralIn(
            child_id=child.id,
            agency_id=self.agencies[agency],
            kind=kind,
            urgency="urgent" if story.wording.level == 4 else "routine",
            concern_id=story.id,
            fields=_answers(kind, story, self.lead),
            consent=ConsentIn(parents_informed="yes", consent_given="yes", by="Parent, by phone"),
            items=[_concern_item(story)],
            **SAFEGUARDING,
        )
        referral_id = (
            await self._step(self.lead, timedelta(), lambda w: draft_referral(w, body))
        ).id
        steps = REFERRAL_STEPS.index(to)
        for number, (command, made) in enumerate(_referral_steps(agency)[:steps]):
            await self._refer_step(referral_id, (number + 1) * HOURS, command, made)

    async def _refer_step(
        self, referral_id: UUID, after: timedelta, command: Any, made: Callable[..., Any]
    ) -> None:
        async def do(work: UnitOfWork) -> None:
            referral = await _require_row(work, Referral, referral_id)
            await command(work, referral_id, referral.version, made(referral_id, work.now))

        await self._step(self.lead, after, do)


async def _require_row(work: UnitOfWork, model: Any, resource_id: UUID) -> Any:
    return await work.sharing.find(model, resource_id)


def _concern_item(story: Story) -> ConcernItemIn:
    return ConcernItemIn(kind="concern", id=story.known())


def _referral_steps(agency: str) -> list[tuple[Any, Callable[..., Any]]]:
    """Approve, send, acknowledge, record the outcome and close, in this order."""
    outcome = {
        "social_care": "child_in_need_referral", "early_help": "accepted",
        "camhs": "specialist_support",
    }[agency]  # fmt: skip
    return [
        (
            referring.approve_referral,
            lambda id_, now: ReferralApprovalIn(
                reason="Threshold met; the family knows and agrees."
            ),
        ),
        (
            record_referral_sent,
            lambda id_, now: SendingIn(
                route="secure_email", at=now, to="Duty desk", note="Read receipt kept."
            ),
        ),
        (
            referring.record_acknowledgement,
            lambda id_, now: AcknowledgementIn(
                by="Duty desk", at=now, agency_reference=f"ES-{id_.int % 90000 + 10000}"
            ),
        ),
        (
            referring.record_outcome,
            lambda id_, now: OutcomeIn(
                outcome=outcome,
                at=now,
                returned_by="Duty worker",
                reason="Allocated to a named worker.",
            ),
        ),
        (
            referring.close_referral,
            lambda id_, now: ReasonIn(reason="The agency leads; school has its part in the plan."),
        ),
    ]


def _answers(kind: str, story: Story, lead: Player) -> dict[str, FieldAnswerIn]:
    """The required fields of a kind, in the words of the concern."""
    text = story.wording.fill
    scenario = story.wording.scenario
    child = story.children[0]
    referrer = {"name": lead.person.name, "role": "Designated safeguarding lead",
                "organisation": story.place.name}  # fmt: skip
    worry = text(scenario["triage"])
    wanted = text(scenario["decision"]["decision"])
    texts: dict[str, dict[str, Any]] = {
        "childrens_social_care": {
            "request": "child_in_need", "address": child.pupil.facts["address"],
            "current_location": "At school", "worry": worry,
            "household": [{"name": adult.facts["name"], "relationship": adult.facts["kind"]}
                          for adult in child.family.adults],
            "parental_responsibility": ", ".join(
                adult.facts["name"] for adult in child.family.adults
                if adult.facts["parental_responsibility"] == "yes"),
            "harm": text(scenario["decision"]["reason"]), "analysis": worry,
            "support_tried": text(scenario["actions"][0][1]), "desired_outcome": wanted,
        },
        "early_help": {
            "needs": worry, "family_view": "They want one person to talk to.",
            "support_tried": text(scenario["actions"][0][1]),
        },
        "camhs": {
            "problem": worry, "duration": "Since the beginning of term.",
            "impact": "Sleep, friendships and schoolwork.", "risk": "None known to others.",
            "young_person_agrees": True, "carer_agrees": True,
        },
    }  # fmt: skip
    said_here = {**texts[kind], "referrer": referrer}
    answers = {name: FieldAnswerIn(state="value", value=value) for name, value in said_here.items()}
    if kind == "childrens_social_care":
        answers["wishes_and_feelings"] = FieldAnswerIn(state="not_known")
    return answers
