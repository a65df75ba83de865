"""SQL for users and groups of an identity provider, and for the roles that groups propose."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, text

from app.db.cards import name_in_sql
from app.db.models import Membership, RoleProposal, ScimGroupMember, ScimUser, Staff
from app.db.paging import Conditions, PageOf
from app.db.repositories.repository import Repository, change_rows
from app.db.session import Driver

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

PERSON = f"""
select {RESOURCE_ID} as id, s.id as staff_id, coalesce(u.user_name, s.email) as user_name,
  u.external_id, s.suspended_at is null as active, s.version, s.changed_at,
  coalesce(u.created_at, s.created_at) as created_at,
  coalesce(u.attributes, jsonb_strip_nulls(jsonb_build_object(
    'displayName', s.name, 'title', s.job_title, 'emails', jsonb_build_array(
      jsonb_build_object('value', s.email, 'type', 'work', 'primary', true))))) as attributes
from staff s left join scim_user u on u.school_id = $1 and u.staff_id = s.id
where s.school_id = $1 and s.removed_at is null
"""
PEOPLE = f"with person as ({PERSON})"
USER_COLUMNS = """
p.id, p.staff_id, p.user_name, p.external_id, p.active, p.version, p.changed_at, p.created_at,
p.attributes::text as attributes
"""
GROUPS_OF = """
select m.staff_id, g.id, g.display_name
from scim_group_member m join scim_group g on g.school_id = $1 and g.id = m.group_id
where m.school_id = $1 and m.staff_id = any($2::uuid[])
order by g.created_at, g.id
"""
GROUP_COLUMNS = "g.id, g.display_name, g.external_id, g.version, g.created_at, g.changed_at"
MEMBERS_OF = f"""
select m.group_id, {RESOURCE_ID} as id
from scim_group_member m
join staff s on s.school_id = $1 and s.id = m.staff_id
left join scim_user u on u.school_id = $1 and u.staff_id = s.id
where m.school_id = $1 and m.group_id = any($2::uuid[])
order by m.created_at, m.id
"""
GROUP_CARDS = """
select g.id, g.display_name, g.role, g.version, g.created_at, g.changed_at,
  (select count(*) from scim_group_member m where m.school_id = $1 and m.group_id = g.id) as members
from scim_group g where {} order by g.created_at desc, g.id desc
"""
PROPOSAL = f"""
select r.id, r.staff_id as person_id, s.name as person_name, s.email, r.role,
  r.group_id, r.group_name, r.state, r.owner_id,
  {name_in_sql("r.owner_id")} as owner_name, {name_in_sql("r.decided_by")} as decided_by_name,
  r.due_at, r.decided_by, r.decided_at, r.created_at, r.version
from role_proposal r join staff s on s.school_id = $1 and s.id = r.staff_id
where {{}}
"""


class Wanted(NamedTuple):
    """A role that a group gives somebody, or proposes."""

    group_id: UUID
    group_name: str
    role: str
    group_member_id: UUID
    mapped_by: UUID | None
    """The person who mapped the group to the role."""


class ProvisioningRepository(Repository):
    """Finds, locks and adds an identity provider's users and groups."""

    async def staff_ids(self, resource_ids: Collection[UUID]) -> dict[UUID, UUID]:
        """The people behind resource ids, by resource id; unknown ids are left out."""
        result = await self.session.execute(
            STAFF_OF, {"school_id": self.school_id, "ids": list(resource_ids)}
        )
        return {row.resource_id: row.id for row in result}

    async def user_of(self, staff_id: UUID) -> ScimUser | None:
        """The identity provider's record of a person, or None."""
        rows = await self.session.scalars(
            select(ScimUser).where(
                ScimUser.school_id == self.school_id, ScimUser.staff_id == staff_id
            )
        )
        return rows.one_or_none()

    async def name_is_taken(self, user_name: str, staff_id: UUID | None = None) -> bool:
        """Whether another user of this school has this user name, in any case."""
        taken = await self.session.scalar(
            NAME_TAKEN,
            {"school_id": self.school_id, "user_name": user_name, "staff_id": staff_id},
        )
        return bool(taken)

    async def works_elsewhere(self, account_id: UUID, actor_id: UUID) -> bool:
        """Whether the account is on the staff of another school; through its own scope."""
        await self.session.execute(SEEN_BY, {"account_id": str(account_id)})
        value = await self.session.scalar(
            ELSEWHERE, {"account_id": account_id, "school_id": self.school_id}
        )
        await self.session.execute(SEEN_BY, {"account_id": str(actor_id)})
        return bool(value)

    async def members_of(self, group_id: UUID) -> Sequence[ScimGroupMember]:
        """Everyone in a group."""
        rows = await self.session.scalars(
            select(ScimGroupMember).where(
                ScimGroupMember.school_id == self.school_id, ScimGroupMember.group_id == group_id
            )
        )
        return rows.all()

    async def joinings_of(self, staff_id: UUID) -> Sequence[ScimGroupMember]:
        """Every group membership of a person."""
        rows = await self.session.scalars(
            select(ScimGroupMember).where(
                ScimGroupMember.school_id == self.school_id, ScimGroupMember.staff_id == staff_id
            )
        )
        return rows.all()

    async def drop(self, model: Any, ids: Iterable[UUID]) -> None:
        """Delete rows that are kept only while they are true."""
        here = delete(model).where(model.school_id == self.school_id, model.id.in_(list(ids)))
        await change_rows(self.session, here)

    async def wanted(self, staff_id: UUID) -> list[Wanted]:
        """The roles that the person's groups give."""
        result = await self.session.execute(
            WANTED, {"school_id": self.school_id, "staff": [staff_id]}
        )
        return [
            Wanted(row.group_id, row.display_name, row.role, row.group_member_id, row.mapped_by)
            for row in result
        ]

    async def memberships_by_group(self, staff_id: UUID) -> Sequence[Membership]:
        """Every membership that a group gave a person, ended ones too."""
        rows = await self.session.scalars(
            select(Membership).where(
                Membership.school_id == self.school_id,
                Membership.staff_id == staff_id,
                Membership.group_member_id.is_not(None),
            )
        )
        return rows.all()

    async def proposals_of(self, staff_id: UUID) -> Sequence[RoleProposal]:
        """Every proposal about a person."""
        rows = await self.session.scalars(
            select(RoleProposal).where(
                RoleProposal.school_id == self.school_id, RoleProposal.staff_id == staff_id
            )
        )
        return rows.all()

    async def holders(self, roles: Collection[str], day: date) -> list[tuple[UUID, str]]:
        """People with one of the roles on a day who are not suspended: (person, role)."""
        result = await self.session.execute(
            LEADS, {"school_id": self.school_id, "roles": list(roles), "day": day}
        )
        return [(row.staff_id, row.role) for row in result]

    async def lock_staff(self, staff_id: UUID) -> Staff | None:
        """The person, locked, unless they were removed."""
        staff = await self.lock(Staff, staff_id)
        return None if staff is None or staff.removed_at is not None else staff


async def count_users(driver: Driver, where: Conditions) -> int:
    """How many users match."""
    statement = f"{PEOPLE} select count(*) from person p where {where}"
    return int(await driver.value(statement, *where.values))


async def users_of(driver: Driver, where: Conditions, start: int, count: int) -> Sequence[Any]:
    """The matching users from an index on (the first is 0), in the order they were added."""
    offset, limit = where.place(start), where.place(count)
    return await driver.rows(
        f"{PEOPLE} select {USER_COLUMNS} from person p where {where} "
        f"order by p.created_at, p.id offset {offset} limit {limit}",
        *where.values,
    )


async def groups_of(driver: Driver, school_id: UUID, staff: Sequence[UUID]) -> Sequence[Any]:
    """The groups of each of some people."""
    return await driver.rows(GROUPS_OF, school_id, staff)


async def count_groups(driver: Driver, where: Conditions) -> int:
    """How many groups match."""
    statement = f"select count(*) from scim_group g where {where}"
    return int(await driver.value(statement, *where.values))


async def scim_groups_of(
    driver: Driver, where: Conditions, start: int, count: int
) -> Sequence[Any]:
    """The matching groups from an index on (the first is 0), in the order they were added."""
    offset, limit = where.place(start), where.place(count)
    return await driver.rows(
        f"select {GROUP_COLUMNS} from scim_group g where {where} "
        f"order by g.created_at, g.id offset {offset} limit {limit}",
        *where.values,
    )


async def members_of(driver: Driver, school_id: UUID, groups: Sequence[UUID]) -> Sequence[Any]:
    """The members of each of some groups, by resource id."""
    return await driver.rows(MEMBERS_OF, school_id, groups)


async def group_cards(driver: Driver, school_id: UUID, asked: PageOf) -> Sequence[Any]:
    """Groups with their roles, newest first: one row more than the page shows."""
    where = Conditions(school_id)
    where.add("g.school_id = $1")
    limit = where.page(asked, "g.created_at")
    return await driver.rows(f"{GROUP_CARDS.format(where)} limit {limit}", *where.values)


async def group_card(driver: Driver, school_id: UUID, group_id: UUID) -> Any:
    """One group with its role, or None."""
    where = Conditions(school_id)
    where.add("g.school_id = $1")
    where.add("g.id = {}", group_id)
    return await driver.row(GROUP_CARDS.format(where), *where.values)


async def proposals(
    driver: Driver, school_id: UUID, state: str | None, asked: PageOf
) -> Sequence[Any]:
    """Proposed roles, newest first: one row more than the page shows."""
    where = Conditions(school_id)
    where.add("r.school_id = $1")
    where.given("r.state = {}", state)
    limit = where.page(asked, "r.created_at")
    return await driver.rows(
        f"{PROPOSAL.format(where)} order by r.created_at desc, r.id desc limit {limit}",
        *where.values,
    )


async def proposal_of(driver: Driver, school_id: UUID, proposal_id: UUID) -> Any:
    """One proposal, or None."""
    where = Conditions(school_id)
    where.add("r.school_id = $1")
    where.add("r.id = {}", proposal_id)
    return await driver.row(PROPOSAL.format(where), *where.values)
