"""SQL for users and groups of an identity provider, and for the roles groups propose."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, text

from app.db.models import (
    Membership,
    RoleProposal,
    ScimGroupMember,
    ScimUser,
    Staff,
)
from app.db.repositories.repository import Repository, change_rows

RESOURCE_ID = "coalesce(u.id, md5(s.school_id::text || s.id::text)::uuid)"
"""Of a person (alias `s`) who may not be provisioned yet (alias `u`)."""
STAFF_OF = text(f"""
select s.id, {RESOURCE_ID} as resource_id
from staff s left join scim_user u on u.school_id = :school_id and u.staff_id = s.id
where s.school_id = :school_id and s.removed_at is null
  and {RESOURCE_ID} = any(:ids)
""")
NAME_TAKEN = text("""
select exists (
  select from staff s left join scim_user u on u.school_id = :school_id and u.staff_id = s.id
  where s.school_id = :school_id and s.removed_at is null and s.id is distinct from :staff_id
    and lower(coalesce(u.user_name, s.email)) = lower(:user_name))
""")
SEEN_BY = text("""
select set_config('app.account_id', :account_id, true)
""")
ELSEWHERE = text("""
select exists (select from staff t
               where t.id = :account_id and t.removed_at is null
                 and not (t.school_id = :school_id))
""")
WANTED = text("""
select g.id as group_id, g.display_name, g.role, m.id as group_member_id, m.staff_id, g.mapped_by
from scim_group_member m join scim_group g on g.school_id = :school_id and g.id = m.group_id
where m.school_id = :school_id and m.staff_id = any(:staff) and g.role is not null
order by m.created_at, m.id
""")
LEADS = text("""
select m.staff_id, m.role from membership m
join staff s on s.school_id = :school_id and s.id = m.staff_id
where m.school_id = :school_id and m.role = any(:roles) and s.suspended_at is null
  and s.removed_at is null and s.accepted_at is not null
  and m.valid_from <= :day and (m.valid_to is null or m.valid_to > :day)
order by m.created_at, m.id
""")


class Wanted(NamedTuple):
    """A role that a group gives somebody, or proposes."""

    group_id: UUID
    group_name: str
    role: str
    group_member_id: UUID
    mapped_by: UUID | None
    """Who said that the group stands for the role."""


class ProvisioningRepository(Repository):
    """Finds, locks and adds what an identity provider keeps here."""

    async def staff_ids(self, resource_ids: Collection[UUID]) -> dict[UUID, UUID]:
        """The people behind resource ids, by resource id; unknown ids are left out."""
        found = await self.session.execute(
            STAFF_OF, {"school_id": self.school_id, "ids": list(resource_ids)}
        )
        return {row.resource_id: row.id for row in found}

    async def user_of(self, staff_id: UUID) -> ScimUser | None:
        """What the identity provider keeps of a person, or None."""
        found = await self.session.scalars(
            select(ScimUser).where(
                ScimUser.school_id == self.school_id, ScimUser.staff_id == staff_id
            )
        )
        return found.one_or_none()

    async def name_is_taken(self, user_name: str, staff_id: UUID | None = None) -> bool:
        """Whether somebody else of this school goes by this user name, in any case."""
        taken = await self.session.scalar(
            NAME_TAKEN,
            {"school_id": self.school_id, "user_name": user_name, "staff_id": staff_id},
        )
        return bool(taken)

    async def works_elsewhere(self, account_id: UUID, actor_id: UUID) -> bool:
        """Whether the account is on the staff of another school; seen through its own scope."""
        await self.session.execute(SEEN_BY, {"account_id": str(account_id)})
        found = await self.session.scalar(
            ELSEWHERE, {"account_id": account_id, "school_id": self.school_id}
        )
        await self.session.execute(SEEN_BY, {"account_id": str(actor_id)})
        return bool(found)

    async def members_of(self, group_id: UUID) -> Sequence[ScimGroupMember]:
        """Everybody in a group."""
        found = await self.session.scalars(
            select(ScimGroupMember).where(
                ScimGroupMember.school_id == self.school_id, ScimGroupMember.group_id == group_id
            )
        )
        return found.all()

    async def joinings_of(self, staff_id: UUID) -> Sequence[ScimGroupMember]:
        """Every group somebody is in."""
        found = await self.session.scalars(
            select(ScimGroupMember).where(
                ScimGroupMember.school_id == self.school_id, ScimGroupMember.staff_id == staff_id
            )
        )
        return found.all()

    async def drop(self, model: Any, ids: Iterable[UUID]) -> None:
        """Delete rows that are kept only while they are true."""
        here = delete(model).where(model.school_id == self.school_id, model.id.in_(list(ids)))
        await change_rows(self.session, here)

    async def wanted(self, staff_id: UUID) -> list[Wanted]:
        """The roles that the person's groups stand for."""
        found = await self.session.execute(
            WANTED, {"school_id": self.school_id, "staff": [staff_id]}
        )
        return [
            Wanted(row.group_id, row.display_name, row.role, row.group_member_id, row.mapped_by)
            for row in found
        ]

    async def memberships_by_group(self, staff_id: UUID) -> Sequence[Membership]:
        """Every membership of a person that a group gave, ended ones too."""
        found = await self.session.scalars(
            select(Membership).where(
                Membership.school_id == self.school_id,
                Membership.staff_id == staff_id,
                Membership.group_member_id.is_not(None),
            )
        )
        return found.all()

    async def proposals_of(self, staff_id: UUID) -> Sequence[RoleProposal]:
        """Every proposal about a person."""
        found = await self.session.scalars(
            select(RoleProposal).where(
                RoleProposal.school_id == self.school_id, RoleProposal.staff_id == staff_id
            )
        )
        return found.all()

    async def holders(self, roles: Collection[str], day: date) -> list[tuple[UUID, str]]:
        """Who holds one of the roles on a day and is not suspended: (person, role)."""
        found = await self.session.execute(
            LEADS, {"school_id": self.school_id, "roles": list(roles), "day": day}
        )
        return [(row.staff_id, row.role) for row in found]

    async def lock_staff(self, staff_id: UUID) -> Staff | None:
        """The person unless they were removed, locked."""
        staff = await self.lock(Staff, staff_id)
        return None if staff is None or staff.removed_at is not None else staff
