"""SQL for accounts, sessions, refresh tokens and attempts to sign in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, or_, select, text, update

from app.db.models import (
    Account,
    AccountToken,
    AuthSession,
    Membership,
    Organisation,
    RefreshToken,
    SignInGuard,
    Staff,
)
from app.db.repositories.repository import Repository

COUNT_FAILURE = text("""
insert into sign_in_guard (email_hash, failed_count) values (:email_hash, 1)
on conflict (email_hash) do update set failed_count = sign_in_guard.failed_count + 1
returning failed_count
""")


class AccountRepository(Repository):
    """Finds and adds what signing in needs; none of it belongs to a school."""

    async def by_email(self, email: str) -> Account | None:
        """The account with this address in any case, or None."""
        found = await self.session.scalars(
            select(Account).where(Account.email_key == func.lower(email))
        )
        return found.one_or_none()

    async def get(self, account_id: UUID) -> Account:
        """The account that must exist."""
        return await self.session.get_one(Account, account_id)

    async def locked_until(self, email_hash: bytes) -> datetime | None:
        """Until when sign-in with this address has to wait, or None."""
        moment: datetime | None = await self.session.scalar(
            select(SignInGuard.locked_until).where(SignInGuard.email_hash == email_hash)
        )
        return moment

    async def count_failure(self, email_hash: bytes) -> int:
        """One more wrong password for this address; the number in a row."""
        number: int = await self.session.scalar(COUNT_FAILURE, {"email_hash": email_hash})
        return number

    async def lock_address(self, email_hash: bytes, until: datetime | None) -> None:
        """Make the address wait, or (None) let it go on with a clean count."""
        values: dict[str, Any] = {"locked_until": until}
        if until is None:
            values["failed_count"] = 0
        await self.session.execute(
            update(SignInGuard).where(SignInGuard.email_hash == email_hash).values(**values)
        )

    async def memberships(self, account_id: UUID, at: datetime) -> list[RowMapping]:
        """The account's memberships on the day of `at`, in every organisation.

        Seen through the account's own scope, whatever the school.
        """
        day = at.date()
        found = await self.session.execute(
            select(
                Membership.school_id,
                Membership.role,
                Membership.valid_from,
                Membership.valid_to,
                Organisation.name.label("organisation"),
                Organisation.kind,
            )
            .join(Organisation, Organisation.id == Membership.school_id)
            .where(
                Membership.staff_id == account_id,
                Membership.valid_from <= day,
                or_(Membership.valid_to.is_(None), Membership.valid_to > day),
            )
            .order_by(Organisation.name, Membership.role)
        )
        return list(found.mappings())

    async def staff_name(self, account_id: UUID) -> str | None:
        """The person's name in this organisation."""
        name: str | None = await self.session.scalar(
            select(Staff.name).where(Staff.school_id == self.school_id, Staff.id == account_id)
        )
        return name

    async def use_refresh_token(self, token_hash: bytes, at: datetime) -> RefreshToken | None:
        """Use an unused token, once; None where it is unknown or used already."""
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
        """The session that must exist, locked."""
        return await self.session.get_one(AuthSession, session_id, with_for_update=True)

    async def revoke(
        self,
        *,
        account_id: UUID,
        at: datetime,
        because: str,
        organisation_id: UUID | None = None,
        role: str | None = None,
        but_not: UUID | None = None,
    ) -> int:
        """Revoke the account's live sessions, all or those of one organisation and role."""
        statement = update(AuthSession).where(
            AuthSession.account_id == account_id, AuthSession.revoked_at.is_(None)
        )
        if organisation_id is not None:
            statement = statement.where(AuthSession.organisation_id == organisation_id)
        if role is not None:
            statement = statement.where(AuthSession.role == role)
        if but_not is not None:
            statement = statement.where(AuthSession.id != but_not)
        done = await self.session.execute(
            statement.values(revoked_at=at, revoked_because=because).returning(AuthSession.id)
        )
        return len(done.all())

    async def use_account_token(self, token_hash: bytes, at: datetime) -> AccountToken | None:
        """Use a mailed one-time token; None where it is unknown, used or too old."""
        used = await self.session.scalars(
            update(AccountToken)
            .where(
                AccountToken.hash == token_hash,
                AccountToken.used_at.is_(None),
                AccountToken.expires_at > at,
            )
            .values(used_at=at)
            .returning(AccountToken)
        )
        return used.one_or_none()

    async def void_account_tokens(self, account_id: UUID, at: datetime) -> None:
        """Make the account's mailed links that were not used useless."""
        await self.session.execute(
            update(AccountToken)
            .where(AccountToken.account_id == account_id, AccountToken.used_at.is_(None))
            .values(used_at=at)
        )
