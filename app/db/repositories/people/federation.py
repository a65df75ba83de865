"""SQL for identity providers, identities, nonces and used ID tokens."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.db.cards import name_in_sql
from app.db.models import (
    Account,
    AccountIdentity,
    IdentityProvider,
    ScimUser,
    SignInNonce,
    Staff,
    UsedIdToken,
)
from app.db.paging import Conditions, PageOf
from app.db.repositories.repository import Repository
from app.db.session import Driver

ROLES = text("""
select m.role,
    (select json_build_object('permissions', r.permissions, 'classes', r.classes,
       'cohort_classes', r.cohort_classes, 'cohort_only', r.cohort_only)::text
     from school_role r where r.school_id = m.school_id and r.slug = m.role
       and r.ended_at is null) as rights,
    coalesce((select o.settings->'second_factor_roles' ? m.role from organisation o
              where o.id = m.school_id), false) as asked
from membership m
where m.school_id = :school and m.staff_id = :account
  and (m.valid_to is null or m.valid_to > :day)
""")

COLUMNS = f"""
p.id, p.kind, p.label, p.issuer, p.client_id, p.tenants, p.second_factor_values, p.enabled,
p.created_by, p.created_at, p.changed_at, p.changed_by, p.approved_by, p.approved_at,
{name_in_sql("p.created_by")} as created_by_name,
{name_in_sql("p.changed_by")} as changed_by_name,
{name_in_sql("p.approved_by")} as approved_by_name
"""
PROVIDERS = f"""
select {COLUMNS} from identity_provider p
where p.school_id = $1 and {{where}} order by p.created_at desc, p.id desc limit {{limit}}
"""
PROVIDER = f"""
select {COLUMNS}, p.version from identity_provider p where p.school_id = $1 and p.id = $2
"""
TRUSTED = f"""
select {COLUMNS} from identity_provider p
where p.school_id = $1 and p.enabled and p.approved_at is not null
order by p.created_at, p.id limit 50
"""
IDENTITIES = """
select i.id, i.issuer, i.subject, i.linked_by, i.linked_at, i.last_used_at
from account_identity i where i.account_id = $1 order by i.linked_at, i.id limit 100
"""


class FederationRepository(Repository):
    """Finds and adds the rows of sign-in through an identity provider."""

    async def enabled(self, provider_id: UUID) -> bool:
        """Whether the school still trusts a provider, and a second person approved it."""
        value = await self.session.scalar(
            select(IdentityProvider.id).where(
                IdentityProvider.school_id == self.school_id,
                IdentityProvider.id == provider_id,
                IdentityProvider.enabled,
                IdentityProvider.approved_at.is_not(None),
            )
        )
        return value is not None

    async def lock_nonce(self, nonce_hash: bytes, now: datetime) -> SignInNonce | None:
        """An unused, current nonce, locked: a second use of it waits, and then fails."""
        rows = await self.session.scalars(
            select(SignInNonce)
            .where(
                SignInNonce.hash == nonce_hash,
                SignInNonce.used_at.is_(None),
                SignInNonce.expires_at > now,
            )
            .with_for_update()
        )
        return rows.one_or_none()

    async def use_token(self, token_hash: bytes, expires_at: datetime) -> bool:
        """Use up an ID token; False if it was used before."""
        used = await self.session.execute(
            insert(UsedIdToken)
            .values(hash=token_hash, expires_at=expires_at)
            .on_conflict_do_nothing()
            .returning(UsedIdToken.hash)
        )
        return used.first() is not None

    async def identity(self, issuer: str, subject: str) -> AccountIdentity | None:
        """The identity, or None if nobody is linked to it."""
        rows = await self.session.scalars(
            select(AccountIdentity).where(
                AccountIdentity.issuer == issuer, AccountIdentity.subject == subject
            )
        )
        return rows.one_or_none()

    async def own_identity(self, account_id: UUID, identity_id: UUID) -> AccountIdentity | None:
        """One of an account's identities, or None."""
        rows = await self.session.scalars(
            select(AccountIdentity).where(
                AccountIdentity.account_id == account_id, AccountIdentity.id == identity_id
            )
        )
        return rows.one_or_none()

    async def has_identity(self, account_id: UUID, issuer: str) -> bool:
        """Whether an account is linked to somebody at an issuer."""
        value = await self.session.scalar(
            select(AccountIdentity.id)
            .where(AccountIdentity.account_id == account_id, AccountIdentity.issuer == issuer)
            .limit(1)
        )
        return value is not None

    async def staff_by_email(self, email: str) -> UUID | None:
        """The account with this address, if it is staff of this school."""
        value: UUID | None = await self.session.scalar(
            select(Account.id)
            .join(Staff, (Staff.school_id == self.school_id) & (Staff.id == Account.id))
            .where(Account.email_key == func.lower(email), Account.disabled_at.is_(None))
        )
        return value

    async def staff_by_external_id(self, external_id: str) -> UUID | None:
        """The member of staff provisioned by the school's directory under this id."""
        rows = await self.session.scalars(
            select(ScimUser.staff_id)
            .where(ScimUser.school_id == self.school_id, ScimUser.external_id == external_id)
            .limit(2)
        )
        listed: Sequence[UUID] = rows.all()
        return listed[0] if len(listed) == 1 else None

    async def is_usable(self, account_id: UUID) -> bool:
        """Whether an account is open."""
        value = await self.session.scalar(
            select(Account.id).where(Account.id == account_id, Account.disabled_at.is_(None))
        )
        return value is not None

    async def note_use(self, identity_id: UUID, at: datetime) -> None:
        """Record a sign-in by an identity."""
        await self.session.execute(
            update(AccountIdentity).where(AccountIdentity.id == identity_id).values(last_used_at=at)
        )

    async def schools_of(self, account_id: UUID) -> Sequence[UUID]:
        """Every organisation with the account on its staff, through the account's own scope."""
        rows = await self.session.scalars(select(Staff.school_id).where(Staff.id == account_id))
        return rows.all()

    async def roles_of(self, account_id: UUID, at: datetime) -> list[tuple[str, str | None, bool]]:
        """Present roles here, a defined one's rights, and whether it needs a second factor."""
        about = {"school": self.school_id, "account": account_id, "day": clock.day_of(at)}
        result = await self.session.execute(ROLES, about)
        return [(row.role, row.rights, row.asked) for row in result]

    async def issuers_of(self, account_id: UUID) -> list[str]:
        """The issuers at which an account is linked to an identity."""
        rows = await self.session.scalars(
            select(AccountIdentity.issuer)
            .where(AccountIdentity.account_id == account_id)
            .order_by(AccountIdentity.issuer)
        )
        return list(rows)

    async def unlink_all(self, account_id: UUID) -> list[str]:
        """Unlink every identity of an account; answers their issuers."""
        gone = await self.session.scalars(
            delete(AccountIdentity)
            .where(AccountIdentity.account_id == account_id)
            .returning(AccountIdentity.issuer)
        )
        return sorted(gone)

    async def remove(self, identity: AccountIdentity) -> None:
        """Unlink an identity."""
        await self.session.delete(identity)

    async def forget_proofs(self, before: datetime) -> None:
        """Delete nonces and used tokens that ended before a moment: they are too old anyway."""
        await self.session.execute(delete(SignInNonce).where(SignInNonce.expires_at < before))
        await self.session.execute(delete(UsedIdToken).where(UsedIdToken.expires_at < before))


async def providers_of(
    driver: Driver, school_id: UUID, asked: PageOf
) -> Sequence[Mapping[str, Any]]:
    """One page of providers, newest first."""
    where = Conditions(school_id)
    limit = where.page(asked, "p.created_at")
    return await driver.rows(PROVIDERS.format(where=where, limit=limit), *where.values)


async def provider_of(
    driver: Driver, school_id: UUID, provider_id: UUID
) -> Mapping[str, Any] | None:
    """One provider."""
    return await driver.row(PROVIDER, school_id, provider_id)


async def trusted_by(driver: Driver, school_id: UUID) -> Sequence[Mapping[str, Any]]:
    """The providers that a school now trusts."""
    return await driver.rows(TRUSTED, school_id)


async def identities_of(driver: Driver, account_id: UUID) -> Sequence[Mapping[str, Any]]:
    """Every identity linked to an account."""
    return await driver.rows(IDENTITIES, account_id)
