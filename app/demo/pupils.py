"""Founds the demo's trust and schools, and adds their staff, children and families."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.words import Actor, Cohort, Role
from app.db.models import Alert
from app.db.unit_of_work import UnitOfWork, open_work
from app.demo.families import Family, Pupil
from app.demo.people import Place
from app.demo.stage import Player, Stage
from app.domain.duty.alerts.commands import acknowledge_alerts
from app.domain.people.memberships.commands import add_membership
from app.domain.people.memberships.schemas import CohortIn, MembershipIn
from app.domain.people.schools.commands import CreateSchool, create_school, update_school
from app.domain.people.staff.commands import add_staff
from app.domain.policy import LEADS
from app.domain.record.children.commands import add_child
from app.domain.record.children.schemas import IdentifierIn
from app.domain.record.contacts.commands import TELLING_CHANGED, add_contact
from app.domain.record.relationships.commands import add_relationship
from app.domain.record.relationships.schemas import RelationshipIn
from app.domain.record.statuses.commands import AddStatus, add_status


@dataclass(slots=True)
class Child:
    """A child of the demo as the record knows them."""

    id: UUID
    place: Place
    pupil: Pupil
    family: Family
    contacts: dict[str, UUID]

    @property
    def name(self) -> str:
        """What staff call the child."""
        return self.pupil.given

    @property
    def year_group(self) -> str:
        """Such as `R` or `9`."""
        year: str = self.pupil.facts["year_group"]
        return year


async def found_organisations(stage: Stage, password_hash: str) -> None:
    """The trust and its schools with their staff, who all have the demo's password."""
    trust_id = next((place.id for place in stage.cast.places if place.kind == "trust"), None)
    for place in stage.cast.places:
        async with open_work(stage.database, Actor.system(place.id)) as work:
            await create_school(
                work,
                CreateSchool(
                    place.name, (), place.kind, trust_id if place.kind == "school" else None
                ),
            )
            await work.session.flush()
            if place.numbers:
                await update_school(work, place.id, 1, place.numbers)
            await _hire(stage, work, place, password_hash)


async def _hire(stage: Stage, work: UnitOfWork, place: Place, password_hash: str) -> None:
    for person in stage.cast.people:
        posts = [post for post in person.posts if post.place is place]
        if not posts:
            continue
        plain = tuple(post.role for post in posts if post.cohort == Cohort())
        account_id = await add_staff(work, person.name, person.email, plain, person.job_title)
        await work.session.flush()
        for post in posts:
            if post.cohort != Cohort():
                cohort = CohortIn(**asdict(post.cohort))
                await add_membership(work, account_id, MembershipIn(role=post.role, cohort=cohort))
        await work.session.flush()
        await work.staff.accept(account_id, work.now)
        account = await work.accounts.get(account_id)
        account.password_hash, account.password_set_at = password_hash, work.now
        stage.accounts[person.email] = account_id


async def admit(stage: Stage, family: Family) -> list[Child]:
    """Add the children of a family with their contacts, and connect those of one school."""
    children: list[Child] = []
    for place in stage.cast.schools:
        pupils = [pupil for pupil in family.pupils if pupil.place is place]
        if not pupils:
            continue
        player = stage.team(place, Role.DSL)[0]  # who says who holds parental responsibility
        async with open_work(stage.database, player.actor) as work:
            admitted = [
                await _admit(work, place, family, pupil, stage.id_for(place)) for pupil in pupils
            ]
            await work.session.flush()
            for item, other in itertools.combinations(admitted, 2):
                body = RelationshipIn(id=None, other_child_id=other.id, kind="sibling")
                await add_relationship(work, item.id, body)
        children += admitted
    return children


async def read_of_telling(stage: Stage) -> None:
    """Every lead has read that somebody wrote down who may be told."""
    for (place_id, role), players in stage.players.items():
        for player in players if role in (*LEADS, Role.HEADTEACHER) else ():
            async with open_work(stage.database, player.actor) as work:
                waiting = await work.session.scalars(
                    select(Alert.id).where(
                        Alert.school_id == place_id, Alert.recipient_id == player.id,
                        Alert.kind == TELLING_CHANGED, Alert.acknowledged_at.is_(None),
                    )
                )  # fmt: skip
                await acknowledge_alerts(work, waiting.all())


async def _admit(
    work: UnitOfWork, place: Place, family: Family, pupil: Pupil, id_: UUID | None
) -> Child:
    numbers = [IdentifierIn(system="upn", value=pupil.upn, valid_from=pupil.enrolled_from)]
    if pupil.nhs_number:
        numbers.append(IdentifierIn(system="nhs_number", value=pupil.nhs_number))
    record, _ = await add_child(work, pupil.facts, numbers, pupil.enrolled_from, id_=id_)
    child = Child(record["id"], place, pupil, family, {})
    for adult in family.adults:
        contact, _ = await add_contact(work, child.id, adult.facts)
        child.contacts.setdefault(adult.facts["kind"], contact["id"])
    return child


@dataclass(frozen=True, slots=True)
class Standing:
    """A status to give: how many children, since how long, and what is known about it."""

    kind: str
    number: int
    days: tuple[int, int]
    facts: dict[str, Any]
    details: tuple[str | None, ...] = (None,)
    ended: str | None = None


_WORKER = {"name": "Leanne Brookes", "role": "Social worker", "phone": "01632 960155"}
_CSC = "Ourshire children's services"
STANDINGS = (
    Standing("child_protection_plan", 5, (20, 150),
             {"source": "Conference minutes", "lead_agency": _CSC, "worker": _WORKER,
              "evidence": "Minutes and plan received by secure email."},
             ("NEG", "EMO", "PHY", "MUL", "NEG")),
    Standing("child_protection_plan", 2, (500, 700),
             {"source": "Conference minutes", "lead_agency": _CSC}, ("EMO",),
             ended="Stepped down at review conference; child in need plan."),
    Standing("child_in_need", 8, (30, 260),
             {"source": "Letter from social worker", "lead_agency": _CSC, "worker": _WORKER}),
    Standing("child_in_need", 3, (400, 600), {"source": "Letter from social worker"},
             ended="Plan finished; no further action after review."),
    Standing("early_help", 9, (15, 200), {"source": "Early help plan, shared with the family"}),
    Standing("has_social_worker", 10, (30, 300), {"source": "Virtual school list"}),
    Standing("young_carer", 7, (40, 400), {"source": "Young carer's assessment"}, ("P", "S")),
    Standing("previously_looked_after", 4, (300, 900), {"source": "Told by the parents"},
             ("A", "G")),
    Standing("kinship_care", 3, (60, 500), {"source": "Told by the carer"}),
    Standing("eal", 14, (100, 900), {"source": "Admission form"}),
    Standing("fsm", 45, (60, 900), {"source": "Eligibility check"}),
    Standing("pupil_premium", 30, (60, 900), {"source": "Authority's list"}),
    Standing("medical_plan", 6, (60, 500), {"source": "Healthcare plan, signed by parents"},
             ("Asthma", "Epilepsy", "Severe allergy: nuts", "Type 1 diabetes")),
    Standing("service_child", 3, (100, 900), {"source": "Admission form"}),
    Standing("marac", 2, (20, 120), {"source": "MARAC minutes, by secure email"}),
    Standing("part_time_timetable", 2, (10, 60), {"source": "Agreed with parents"}),
    Standing("youth_justice", 1, (40, 90), {"source": "Youth justice worker"}),
    Standing("police_bail_condition", 1, (20, 60), {"source": "Police, by phone"},
             ("An adult relative is not to contact the child.",)),
)  # fmt: skip


def statuses(
    chance: random.Random, children: list[Child], today: date
) -> Iterator[tuple[Child, AddStatus]]:
    """Which child gets which status; looked-after and ordered ones follow from the family."""
    for child in children:
        yield from _of_family(child, today)
    given: dict[str, set[UUID]] = {}
    for standing in STANDINGS:
        had = given.setdefault(standing.kind, set())
        free = [child for child in children if child.id not in had and _may_have(standing, child)]
        for number, child in enumerate(chance.sample(free, standing.number)):
            had.add(child.id)
            start = today - timedelta(days=chance.randint(*standing.days))
            yield child, _status(child, standing, number, start, today)
    for child in children:
        provision = child.pupil.facts["sen_provision"]
        if provision != "N":
            facts = {"source": "SENCO", "detail": provision}
            yield child, AddStatus(None, child.id, "sen", child.pupil.enrolled_from, None, None,
                                   facts)  # fmt: skip


def _may_have(standing: Standing, child: Child) -> bool:
    return standing.kind != "youth_justice" or child.year_group in ("9", "10", "11")


def _of_family(child: Child, today: date) -> Iterator[tuple[Child, AddStatus]]:
    since = today - timedelta(days=200)
    if child.family.kind == "foster":
        facts = {"source": "Placement plan", "lead_agency": _CSC, "worker": _WORKER,
                 "review_due": today + timedelta(days=40)}  # fmt: skip
        yield child, AddStatus(None, child.id, "looked_after", since, None, None, facts)
    if child.family.kind == "restricted":
        facts = {"source": "Copy of the order", "detail": "Non-molestation order",
                 "evidence": "Copy of the order read by the lead."}  # fmt: skip
        yield child, AddStatus(None, child.id, "court_order", since, None, None, facts)


def _status(child: Child, standing: Standing, number: int, start: date, today: date) -> AddStatus:
    facts = dict(standing.facts)
    detail = standing.details[number % len(standing.details)]
    if detail is not None:
        facts["detail"] = detail
    end = None
    if standing.ended:
        end, facts["end_reason"] = start + timedelta(days=240), standing.ended
    elif standing.kind in ("child_protection_plan", "child_in_need", "early_help"):
        facts["review_due"] = today + timedelta(days=7 + 9 * number)
    return AddStatus(None, child.id, standing.kind, start, end, None, facts)


async def stand(stage: Stage, child: Child, command: AddStatus) -> None:
    """The lead enters a status."""
    lead: Player = stage.team(child.place, Role.DSL)[0]
    await stage.act(lead, lambda work: add_status(work, command))


def first_day(today: datetime, months: int) -> datetime:
    """When the story begins: a morning so many months of thirty days ago."""
    return (today - timedelta(days=30 * months)).replace(hour=7, minute=30, second=0, microsecond=0)
