"""SQL for the links and sessions of recipients."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.db.models import RecipientLink, RecipientSession
from app.db.repositories.repository import Repository
from app.db.session import Driver

OF = {"share": RecipientLink.share_id, "referral": RecipientLink.referral_id}

LINK_TOLD = """
select l.secret_hash, case when l.share_id is null then 'referral' else 'share' end as noun,
       l.code_route, l.code_mac is null as code_used, l.locked_at, l.expires_at, l.ended_at,
       l.language, o.name as school, o.phone
from recipient_link l join organisation o on o.id = l.school_id
where l.school_id = $1 and l.id = $2
"""
SHARES_OVER = """
select s.id from share s
where s.school_id = $1 and s.ended_at is null and s.expires_at <= $2
  and s.state in ('approved', 'available', 'opened')
order by s.expires_at, s.id limit $3
"""
LINKS_OVER = """
select case when l.share_id is null then 'referral' else 'share' end as noun,
       coalesce(l.share_id, l.referral_id) as thing_id
from recipient_link l where l.school_id = $1 and l.ended_at is null and l.expires_at <= $2
order by l.expires_at, l.id limit $3
"""
OWNER = {
    "share": "select t.owner_id, t.child_id from share t where t.school_id = $1 and t.id = $2",
    "referral": (
        "select t.owner_id, t.child_id from referral t where t.school_id = $1 and t.id = $2"
    ),
}


class RecipientRepository(Repository):
    """Finds, locks and adds links, and ends their sessions."""

    async def live_link(
        self, resource_type: str, resource_id: UUID, *, lock: bool = False
    ) -> RecipientLink | None:
        """The open link to a share or referral, or None."""
        statement = select(RecipientLink).where(
            RecipientLink.school_id == self.school_id,
            OF[resource_type] == resource_id,
            RecipientLink.ended_at.is_(None),
        )
        if lock:
            statement = statement.with_for_update(
                of=RecipientLink, key_share=True
            ).execution_options(populate_existing=True)
        return (await self.session.scalars(statement)).one_or_none()

    async def end_sessions(self, link_id: UUID, at: datetime) -> None:
        """End all reading by this link."""
        await self.session.execute(
            update(RecipientSession)
            .where(
                RecipientSession.school_id == self.school_id,
                RecipientSession.link_id == link_id,
                RecipientSession.ended_at.is_(None),
            )
            .values(ended_at=at)
        )

    async def sealed_links(self) -> Sequence[RecipientLink]:
        """Live links with a sealed secret, locked."""
        rows = await self.session.scalars(
            select(RecipientLink)
            .where(
                RecipientLink.school_id == self.school_id,
                RecipientLink.ended_at.is_(None),
                RecipientLink.sealed.is_not(None),
            )
            .order_by(RecipientLink.id)
            .with_for_update(of=RecipientLink, key_share=True)
        )
        return rows.all()


async def link_told(driver: Driver, school_id: UUID, link_id: UUID) -> Any:
    """The facts that decide about a link before its code, and the school's name; or None."""
    return await driver.row(LINK_TOLD, school_id, link_id)


async def shares_over(
    driver: Driver, school_id: UUID, moment: datetime, limit: int
) -> Sequence[UUID]:
    """Expired shares that are still open."""
    rows = await driver.rows(SHARES_OVER, school_id, moment, limit)
    return [row["id"] for row in rows]


async def links_over(driver: Driver, school_id: UUID, moment: datetime, limit: int) -> Any:
    """Nouns and ids behind expired links that have not ended yet."""
    return await driver.rows(LINKS_OVER, school_id, moment, limit)


async def owner_of(driver: Driver, school_id: UUID, resource_type: str, resource_id: UUID) -> Any:
    """The owner of a share or a referral, and its child."""
    return await driver.row(OWNER[resource_type], school_id, resource_id)


async def school_name(driver: Driver, school_id: UUID) -> str:
    """The school's name."""
    name: str = await driver.value("select o.name from organisation o where o.id = $1", school_id)
    return name


RESPONSIBLE = ("dsl", "deputy_dsl", "headteacher", "pastoral", "staff")
SCHOOL_TOLD = """
select o.name, o.phone, s.name as person, s.job_title, r.role
from organisation o
left join lateral (
  select m.role from membership m
  where m.school_id = $1 and m.staff_id = $2 and m.valid_from <= $3
    and (m.valid_to is null or m.valid_to > $3)
  order by array_position($4::text[], m.role) nulls last, m.role limit 1
) r on true
left join staff s on s.school_id = $1 and s.id = $2 and r.role is not null
where o.id = $1
"""


async def school_told(driver: Driver, school_id: UUID, owner_id: UUID, today: date) -> Any:
    """The school's name and phone number, and the owner as contact if they have a role today.

    Of several roles, the first in `RESPONSIBLE`.
    """
    return await driver.row(SCHOOL_TOLD, school_id, owner_id, today, list(RESPONSIBLE))
