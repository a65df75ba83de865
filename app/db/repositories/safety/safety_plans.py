"""SQL for safety plans: versions of a child's plan, one whole, and those of a chosen adult."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import SafetyPlan, SafetyPlanHolder, SupportPlan
from app.db.paging import Conditions, PageOf
from app.db.repositories.repository import lock_where
from app.db.session import Driver

NAME = (
    "coalesce(k.known_given_name, k.legal_given_name) || ' ' || "
    "coalesce(k.known_family_name, k.legal_family_name)"
)
DUE = """
(select min(t.due_at) from task t where t.school_id = $1 and t.about_id = p.id
   and t.kind = 'sh_plan_review' and t.ended_at is null and cardinality(t.barred) = 0)
"""
PEOPLE = """
join child k on k.school_id = $1 and k.id = p.child_id
join staff l on l.school_id = $1 and l.id = p.lead_id
left join staff a on a.school_id = $1 and a.id = p.chosen_adult_id
left join staff v on v.school_id = $1 and v.id = p.cover_adult_id
left join concern c on c.school_id = $1 and c.id = p.concern_id
"""
CARD = f"""
select p.number, p.id, p.state, p.made_at, p.agreed_at, p.used_at, p.ended_at,
       p.last_read_with_pupil as last_read_with_pupil_at, p.supersedes_id, p.record_id,
       p.lead_id, l.name as lead_name,
       p.chosen_adult_id, a.name as chosen_name, p.cover_adult_id, v.name as cover_name,
       {DUE} as review_due_at
from safety_plan p {PEOPLE}
where p.school_id = $1 and {{where}}
order by p.made_at desc, p.id desc limit {{limit}}
"""
BESIDE = f"""
select {NAME} as child_name, l.name as lead_name, a.name as chosen_name, v.name as cover_name,
       c.reference, coalesce(c.confidentiality, p.confidentiality) as confidentiality,
       m.name as made_by_name, g.name as agreed_by_name, e.name as ended_by_name,
       (select n.id from safety_plan n where n.school_id = $1 and n.supersedes_id = p.id
          and n.used_at is not null order by n.used_at limit 1) as superseded_by_id,
       (select u.id from safety_plan u where u.school_id = $1 and u.child_id = p.child_id
          and u.state in ('in_use', 'under_review')) as present_id,
       (select jsonb_build_object('task_id', t.id, 'due_at', rfc3339(t.due_at),
          'owner', jsonb_build_object('id', t.owner_id, 'name', o.name))::text
        from task t join staff o on o.school_id = $1 and o.id = t.owner_id
        where t.school_id = $1 and t.about_id = p.id and t.kind = 'sh_plan_review'
          and t.ended_at is null and cardinality(t.barred) = 0 order by t.due_at limit 1) as review
from safety_plan p {PEOPLE}
join staff m on m.school_id = $1 and m.id = p.made_by
left join staff g on g.school_id = $1 and g.id = p.agreed_by
left join staff e on e.school_id = $1 and e.id = p.ended_by
where p.school_id = $1 and p.id = $2
"""
HOLDERS = """
select h.id, h.kind, h.person, h.copy, h.given_at, h.consent::text as consent, h.noted_at,
       h.noted_by, s.name as noted_by_name, h.recalled_at, h.recall_task_id,
       t.state as recall_state
from safety_plan_holder h
join staff s on s.school_id = $1 and s.id = h.noted_by
left join task t on t.school_id = $1 and t.id = h.recall_task_id
where h.school_id = $1 and h.plan_id = $2 order by h.given_at, h.id
"""
MINE = f"""
select p.id, p.child_id, {NAME} as child_name, p.content::text as content,
       p.chosen_adult_id = {{me}} as chosen
from safety_plan p join child k on k.school_id = $1 and k.id = p.child_id
where p.school_id = $1 and {{where}}
order by child_name, p.id limit 200
"""
FILES = """
select distinct f.id, f.concern_id
from attachment f
join concern_child x on x.school_id = $1 and x.id = f.concern_id
where f.school_id = $1 and f.id = any($3::uuid[]) and x.child_id = $2 and f.state <> 'held'
"""


async def page_of_plans(
    driver: Driver, where: Conditions, child_id: UUID, paging: PageOf
) -> Sequence[Any]:
    """Versions of a child's plan, newest first; `where` limits them to what the reader sees."""
    where.add("p.child_id = {}", child_id)
    limit = where.page(paging, "p.made_at")
    return await driver.rows(CARD.format(where=where, limit=limit), *where.values)


async def beside(driver: Driver, school_id: UUID, plan_id: UUID) -> Any:
    """Names and times shown with a plan that must exist."""
    return await driver.row(BESIDE, school_id, plan_id)


async def holders_of(driver: Driver, school_id: UUID, plan_id: UUID) -> Sequence[Any]:
    """People with a copy, oldest first."""
    return await driver.rows(HOLDERS, school_id, plan_id)


async def chosen_for(driver: Driver, where: Conditions, staff_id: UUID) -> Sequence[Any]:
    """Plans that `where` keeps, each with whether the pupil chose the person."""
    statement = MINE.format(where=where, me=where.place(staff_id))
    return await driver.rows(statement, *where.values)


async def next_number(driver: Driver, school_id: UUID, child_id: UUID) -> int:
    """The number of the next version; the caller locks the child's row."""
    number: int = await driver.value(
        "select coalesce(max(number), 0) + 1 from safety_plan "
        "where school_id = $1 and child_id = $2",
        school_id, child_id,
    )  # fmt: skip
    return number


async def review_due(driver: Driver, school_id: UUID, plan_id: UUID) -> datetime | None:
    """When the review of a version is due."""
    row = await driver.row(
        f"select {DUE} from safety_plan p where p.school_id = $1 and p.id = $2",
        school_id, plan_id,
    )  # fmt: skip
    moment: datetime | None = row[0] if row else None
    return moment


async def card_facts(
    driver: Driver, school_id: UUID, plan_id: UUID
) -> tuple[datetime | None, date | None, str]:
    """When a version's review is due, its pupil's date of birth, and the school's nation."""
    row = await driver.row(
        f"select {DUE}, k.date_of_birth, o.nation from safety_plan p "
        "join child k on k.school_id = $1 and k.id = p.child_id join organisation o on o.id = $1 "
        "where p.school_id = $1 and p.id = $2",
        school_id, plan_id,
    )  # fmt: skip
    assert row is not None  # noqa: S101 - the plan was read just now
    return row[0], row[1], row[2]


async def concerns_of_files(
    driver: Driver, school_id: UUID, child_id: UUID, files: Sequence[UUID]
) -> list[tuple[UUID, UUID]]:
    """The files that belong to a concern about a child, each with the concern."""
    rows = await driver.rows(FILES, school_id, child_id, list(files))
    return [(row[0], row[1]) for row in rows]


IN_FORCE = ("in_use", "under_review")
"""The states of the version in force: a child has one at most."""
ON_PAPER = ("paper", "card")


async def lock_plan_in_force(
    session: AsyncSession, school_id: UUID, child_id: UUID
) -> SafetyPlan | None:
    """Lock the version of a child's plan that is in force."""
    now = (SafetyPlan.child_id == child_id, SafetyPlan.state.in_(IN_FORCE))
    return next(iter(await lock_where(session, SafetyPlan, school_id, *now)), None)


async def lock_last_ended(
    session: AsyncSession, school_id: UUID, child_id: UUID, reason: str
) -> SafetyPlan | None:
    """Lock the used version of a child's plan that ended last for this reason."""
    safety_plan: SafetyPlan | None = await session.scalar(
        select(SafetyPlan)
        .where(
            SafetyPlan.school_id == school_id,
            SafetyPlan.child_id == child_id,
            SafetyPlan.state == "ended",
            SafetyPlan.end_reason == reason,
            SafetyPlan.used_at.is_not(None),
        )
        .order_by(SafetyPlan.ended_at.desc())
        .limit(1)
        .with_for_update(of=SafetyPlan, key_share=True)
    )
    return safety_plan


async def list_agreed(
    session: AsyncSession, school_id: UUID, child_id: UUID
) -> Sequence[SafetyPlan]:
    """Versions of a child's plan that are agreed or in force, oldest first."""
    rows = await session.scalars(
        select(SafetyPlan)
        .where(
            SafetyPlan.school_id == school_id,
            SafetyPlan.child_id == child_id,
            SafetyPlan.state.in_(("agreed", *IN_FORCE)),
        )
        .order_by(SafetyPlan.id)
    )
    return rows.all()


async def list_alone_without_holiday(
    session: AsyncSession, school_id: UUID
) -> Sequence[SafetyPlan]:
    """Versions in force without holiday arrangements, of children without a support plan."""
    supported = select(SupportPlan.child_id).where(
        SupportPlan.school_id == school_id, SupportPlan.ended_at.is_(None)
    )
    rows = await session.scalars(
        select(SafetyPlan).where(
            SafetyPlan.school_id == school_id,
            SafetyPlan.state.in_(IN_FORCE),
            SafetyPlan.holiday_arrangement.is_(None),
            SafetyPlan.child_id.not_in(supported),
        )
    )
    return rows.all()


async def list_on_paper(
    session: AsyncSession, school_id: UUID, plan_id: UUID
) -> Sequence[SafetyPlanHolder]:
    """People whose paper copy of a version has not been recalled, oldest first."""
    rows = await session.scalars(
        select(SafetyPlanHolder)
        .where(
            SafetyPlanHolder.school_id == school_id,
            SafetyPlanHolder.plan_id == plan_id,
            SafetyPlanHolder.copy.in_(ON_PAPER),
            SafetyPlanHolder.recalled_at.is_(None),
        )
        .order_by(SafetyPlanHolder.id)
    )
    return rows.all()
