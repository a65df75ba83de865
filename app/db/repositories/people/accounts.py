"""SQL for accounts, sessions, refresh tokens and attempts to sign in."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, and_, func, or_, select, union_all, update
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.ids import new_account_id
from app.core.words import Role
from app.db.models import (
    Account,
    AccountToken,
    AuthSession,
    Membership,
    Organisation,
    RefreshToken,
    ServiceKey,
    Staff,
)
from app.db.paging import Conditions, Page, PageOf, page_of
from app.db.repositories.repository import Repository
from app.db.session import Driver

NOTIFIED = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
"""Roles that are notified of changes that could open a safeguarding account."""
SETS_PASSWORD = ("invitation", "reset")
"""Purposes of mailed links that set a password; `acceptance` only joins an organisation."""

ACCOUNT = """
select a.email, s.name, s.new_email, s.new_phone, s.reach_changed_at
from account a left join staff s on s.school_id = $1 and s.id = a.id
where a.id = $2
"""
MEMBERSHIPS = """
select m.school_id as organisation_id, o.name as organisation, o.kind, m.role, m.valid_from,
       m.valid_to
from membership m join organisation o on o.id = m.school_id
join staff s on s.school_id = m.school_id and s.id = m.staff_id and s.accepted_at is not null
             and s.suspended_at is null
where m.staff_id = $1 and m.valid_from <= $2 and (m.valid_to is null or m.valid_to > $2)
order by o.name, m.role
"""
FACTORS = """
select exists (select from totp_secret t
               where t.account_id = $1 and t.confirmed_at is not null) as totp,
       (select count(*) from passkey p where p.account_id = $1) as passkeys,
       (select count(*) from recovery_code c
        where c.account_id = $1 and c.used_at is null) as recovery_codes
"""
PASSKEYS = """
select p.id, p.name, p.backed_up as synced, p.created_at, p.last_used_at
from passkey p where p.account_id = $1 order by p.id
"""
INVITATIONS = """
select s.school_id as organisation_id, o.name as organisation, o.kind, s.name, s.created_at,
       array(select distinct m.role from membership m
             where m.school_id = s.school_id and m.staff_id = s.id
               and (m.valid_to is null or m.valid_to > $2) order by 1) as roles
from staff s join organisation o on o.id = s.school_id
where s.id = $1 and s.accepted_at is null and s.declined_at is null
order by o.name, s.school_id
"""
SESSION = """
s.id, s.device, s.network, s.created_at, s.seen_at, s.expires_at, s.role, s.amr,
s.organisation_id, o.name as organisation
"""


class AccountRepository(Repository):
    """Finds and adds the rows of sign-in; none of them belongs to a school."""

    async def by_email(self, email: str) -> Account | None:
        """The account with this address in any case, or None.

        Small letters are made here, as the guards make them: the database's own turn one letter
        more into an `i`, and a try would count for another address than it opens.
        """
        rows = await self.session.scalars(select(Account).where(Account.email_key == email.lower()))
        return rows.one_or_none()

    async def id_for(self, email: str, at: datetime) -> UUID:
        """The id of the account with this address, found or made by the same two statements."""
        await self.session.execute(
            insert(Account)
            .values(id=new_account_id(), email=email, created_at=at)
            .on_conflict_do_nothing(index_elements=["email_key"])
        )
        result = await self.session.execute(
            select(Account.id).where(Account.email_key == func.lower(email))
        )
        return result.scalar_one()

    async def get(self, account_id: UUID) -> Account:
        """The account, which must exist."""
        return await self.session.get_one(Account, account_id)

    async def known(self, account_id: UUID) -> Account | None:
        """The account, or None if it is gone."""
        return await self.session.get(Account, account_id)

    async def memberships(self, account_id: UUID, at: datetime) -> list[dict[str, Any]]:
        """The account's memberships on the day of `at`, in every organisation it joined.

        Read through the account's own scope, whatever the school.
        """
        day = clock.day_of(at)
        result = await self.session.execute(
            select(
                Membership.school_id,
                Membership.role,
                Membership.valid_from,
                Membership.valid_to,
                Organisation.name.label("organisation"),
                Organisation.kind,
            )
            .join(Organisation, Organisation.id == Membership.school_id)
            .join(
                Staff,
                and_(Staff.school_id == Membership.school_id, Staff.id == Membership.staff_id),
            )
            .where(
                Staff.suspended_at.is_(None),
                Membership.staff_id == account_id,
                Staff.accepted_at.is_not(None),
                Membership.valid_from <= day,
                or_(Membership.valid_to.is_(None), Membership.valid_to > day),
            )
            .order_by(Organisation.name, Membership.role)
        )
        return [dict(mapping) for mapping in result.mappings()]

    async def leads_and_heads(self, at: datetime) -> list[UUID]:
        """Safeguarding leads here on the day of `at`, and the headteacher."""
        day = clock.day_of(at)
        rows = await self.session.scalars(
            select(Membership.staff_id)
            .distinct()
            .where(
                Membership.school_id == self.school_id,
                Membership.role.in_([role.value for role in NOTIFIED]),
                Membership.valid_from <= day,
                or_(Membership.valid_to.is_(None), Membership.valid_to > day),
            )
        )
        return list(rows)

    async def organisations(self, account_id: UUID) -> list[RowMapping]:
        """Organisations with the account on the staff, invited or joined; through its own scope."""
        result = await self.session.execute(
            select(
                Staff.school_id,
                Organisation.name.label("organisation"),
                and_(Staff.accepted_at.is_not(None), Staff.removed_at.is_(None)).label("joined"),
            )
            .join(Organisation, Organisation.id == Staff.school_id)
            .where(Staff.id == account_id, Staff.declined_at.is_(None))
            .order_by(Staff.school_id)
        )
        return list(result.mappings())

    async def only_invitation(self, account_id: UUID) -> UUID | None:
        """The only organisation that invited an account that has joined none; otherwise None."""
        result = await self.session.execute(
            select(Staff.school_id, Staff.accepted_at)
            .join(Organisation, Organisation.id == Staff.school_id)
            .where(Staff.id == account_id, Staff.declined_at.is_(None))
        )
        entries = result.all()
        if len(entries) == 1 and entries[0].accepted_at is None:
            organisation_id: UUID = entries[0].school_id
            return organisation_id
        return None

    async def staff_name(self, account_id: UUID) -> str | None:
        """The person's name in this organisation."""
        name: str | None = await self.session.scalar(
            select(Staff.name).where(Staff.school_id == self.school_id, Staff.id == account_id)
        )
        return name

    async def name_in(self, record: Mapping[str, Any], *fields: str) -> dict[str, Any]:
        """The record with people for ids: `owner_id` becomes `owner`, `set_by` keeps its name."""
        ids = {field: record[field] and UUID(str(record[field])) for field in fields}
        named = await self.people(*ids.values())
        facts = {name: value for name, value in record.items() if name not in ids}
        return facts | {field.removesuffix("_id"): named.get(id_) for field, id_ in ids.items()}

    async def people(self, *ids: UUID | None) -> dict[UUID | None, dict[str, Any]]:
        """Staff, and programs by their keys, as answers show them, by id."""
        wanted = {id_ for id_ in ids if id_ is not None}
        rows = await self.session.execute(
            union_all(*(
                select(item.id, item.name).where(
                    item.school_id == self.school_id, item.id.in_(wanted)
                )
                for item in (Staff, ServiceKey)
            ))
        )  # fmt: skip
        return {row.id: {"id": row.id, "name": row.name} for row in rows}

    async def use_refresh_token(self, token_hash: bytes, at: datetime) -> RefreshToken | None:
        """Use up an unused token; None if it is unknown or used already."""
        used = await self.session.scalars(
            update(RefreshToken)
            .where(RefreshToken.hash == token_hash, RefreshToken.used_at.is_(None))
            .values(used_at=at)
            .returning(RefreshToken)
        )
        return used.one_or_none()

    async def find_refresh_token(self, token_hash: bytes) -> RefreshToken | None:
        """The token, used or not, or None."""
        return await self.session.get(RefreshToken, token_hash)

    async def auth_session(self, session_id: UUID) -> AuthSession:
        """The session, which must exist, locked."""
        return await self.session.get_one(AuthSession, session_id, with_for_update=True)

    async def lock_account(self, account_id: UUID) -> Account:
        """The account, which must exist, locked: its factors change one after the other."""
        return await self.session.get_one(
            Account, account_id, with_for_update={"key_share": True}, populate_existing=True
        )

    async def live_session(self, account_id: UUID, session_id: UUID) -> AuthSession | None:
        """A live session of the account, locked, or None."""
        rows = await self.session.scalars(
            select(AuthSession)
            .where(
                AuthSession.id == session_id,
                AuthSession.account_id == account_id,
                AuthSession.revoked_at.is_(None),
            )
            .with_for_update()
        )
        return rows.one_or_none()

    async def revoke(
        self,
        *,
        account_id: UUID,
        at: datetime,
        reason: str,
        organisation_id: UUID | None = None,
        role: str | None = None,
        but_not: UUID | None = None,
        expires_at: datetime | None = None,
    ) -> int:
        """Revoke the account's live sessions: all, or those of one organisation and role.

        `expires_at`: those of one sign-in, which all end when its first one does.
        """
        statement = update(AuthSession).where(
            AuthSession.account_id == account_id, AuthSession.revoked_at.is_(None)
        )
        if organisation_id is not None:
            statement = statement.where(AuthSession.organisation_id == organisation_id)
        if role is not None:
            statement = statement.where(AuthSession.role == role)
        if but_not is not None:
            statement = statement.where(AuthSession.id != but_not)
        if expires_at is not None:
            statement = statement.where(AuthSession.expires_at == expires_at)
        done = await self.session.execute(
            statement.values(revoked_at=at, revoked_because=reason).returning(AuthSession.id)
        )
        return len(done.all())

    async def use_account_token(
        self, token_hash: bytes, at: datetime, *, purposes: Sequence[str] = SETS_PASSWORD
    ) -> AccountToken | None:
        """Use up a mailed one-time token; None if it is unknown, used or too old."""
        used = await self.session.scalars(
            update(AccountToken)
            .where(
                AccountToken.hash == token_hash,
                AccountToken.used_at.is_(None),
                AccountToken.expires_at > at,
                AccountToken.purpose.in_(purposes),
            )
            .values(used_at=at)
            .returning(AccountToken)
        )
        return used.one_or_none()

    async def usable_account_token(self, token_hash: bytes, at: datetime) -> AccountToken | None:
        """A mailed one-time token that can be used; None if it is unknown, used or too old."""
        rows = await self.session.scalars(
            select(AccountToken).where(
                AccountToken.hash == token_hash,
                AccountToken.used_at.is_(None),
                AccountToken.expires_at > at,
                AccountToken.purpose.in_(SETS_PASSWORD),
            )
        )
        return rows.one_or_none()

    async def void_account_tokens(self, account_id: UUID, at: datetime) -> None:
        """Make the account's unused mailed links useless."""
        await self.session.execute(
            update(AccountToken)
            .where(AccountToken.account_id == account_id, AccountToken.used_at.is_(None))
            .values(used_at=at)
        )


async def factors_of(driver: Driver, account_id: UUID) -> Any:
    """The account's second factors, and its number of remaining recovery codes."""
    return await driver.row(FACTORS, account_id)


async def passkeys_of(driver: Driver, account_id: UUID) -> Sequence[Any]:
    """The account's passkeys, oldest first."""
    return await driver.rows(PASSKEYS, account_id)


async def sessions_of(
    driver: Driver, account_id: UUID, present: UUID | None, at: datetime, wanted: PageOf
) -> Page[dict[str, Any]]:
    """The account's live sessions, newest first; `present` is the current one.

    The organisation's name is null if the person no longer has a role there.
    """
    where = Conditions(account_id, at)
    where.add("s.account_id = $1 and s.revoked_at is null and s.expires_at > $2")
    limit = where.page(wanted, "s.created_at")
    rows = await driver.rows(
        f"select {SESSION} from auth_session s "
        f"left join organisation o on o.id = s.organisation_id where {where} "
        f"order by s.created_at desc, s.id desc limit {limit}",
        *where.values,
    )
    return page_of(
        rows,
        wanted,
        key="created_at",
        shape=lambda row: {**row, "current": row["id"] == present},
    )


async def account_of(driver: Driver, school_id: UUID, account_id: UUID) -> Any:
    """Email address, and name here, of an account that must exist."""
    return await driver.row(ACCOUNT, school_id, account_id)


async def memberships_of(driver: Driver, account_id: UUID, day: date) -> Sequence[Any]:
    """Every membership of the account on a day, in each school, through its own scope."""
    return await driver.rows(MEMBERSHIPS, account_id, day)


async def invitations_of(driver: Driver, account_id: UUID, day: date) -> Sequence[Any]:
    """Every organisation that needs the account's answer, with the roles offered."""
    return await driver.rows(INVITATIONS, account_id, day)
