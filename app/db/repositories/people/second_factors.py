"""SQL for second factors, recovery codes, passkeys and their challenges."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, func, literal, or_, select, update

from app.db.models import Passkey, PasskeyChallenge, RecoveryCode, TotpSecret
from app.db.repositories.repository import Repository


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An account's proofs beyond a password."""

    totp: bool
    passkeys: int

    def __bool__(self) -> bool:
        return self.totp or self.passkeys > 0


class FactorRepository(Repository):
    """Factors of accounts; every statement names the account, since none belongs to a school."""

    async def enrolled(self, account_id: UUID) -> Enrolled:
        """The account's factors, recovery codes aside."""
        result = await self.session.execute(
            select(
                exists().where(_active(account_id)),
                select(func.count())
                .select_from(Passkey)
                .where(Passkey.account_id == account_id)
                .scalar_subquery(),
            )
        )
        totp, passkeys = result.one()
        return Enrolled(totp, passkeys)

    async def active_totp(self, account_id: UUID) -> TotpSecret | None:
        """The confirmed secret, or None."""
        return (await self.session.scalars(select(TotpSecret).where(_active(account_id)))).first()

    async def waiting_totp(self, account_id: UUID) -> TotpSecret | None:
        """The secret that needs its first code, locked, or None."""
        statement = (
            select(TotpSecret)
            .where(TotpSecret.account_id == account_id, TotpSecret.confirmed_at.is_(None))
            .with_for_update()
        )
        return (await self.session.scalars(statement)).first()

    async def take_step(self, totp_id: UUID, step: int) -> bool:
        """Use up a time step and all before it, once: of two at the same time one is refused."""
        done = await self.session.execute(
            update(TotpSecret)
            .where(TotpSecret.id == totp_id, TotpSecret.last_step < step)
            .values(last_step=step)
            .returning(TotpSecret.id)
        )
        return done.first() is not None

    async def drop_totp(self, account_id: UUID, *, waiting_only: bool = False) -> int:
        """Delete the account's secrets, or only an unconfirmed one; answers their number."""
        statement = delete(TotpSecret).where(TotpSecret.account_id == account_id)
        if waiting_only:
            statement = statement.where(TotpSecret.confirmed_at.is_(None))
        return len((await self.session.execute(statement.returning(TotpSecret.id))).all())

    async def drop_active_totp(self, account_id: UUID) -> int:
        """Delete the account's confirmed secret; answers the number deleted."""
        statement = delete(TotpSecret).where(_active(account_id)).returning(TotpSecret.id)
        return len((await self.session.execute(statement)).all())

    async def totp_secrets(self, after: UUID, limit: int) -> Sequence[TotpSecret]:
        """Secrets of all accounts by id, locked, for sealing them again."""
        statement = (
            select(TotpSecret)
            .where(TotpSecret.id > after)
            .order_by(TotpSecret.id)
            .limit(limit)
            .with_for_update()
        )
        return (await self.session.scalars(statement)).all()

    async def has_code(self, account_id: UUID, code_hash: bytes) -> bool:
        """Whether this is an unused recovery code."""
        value = await self.session.scalar(
            select(exists().where(and_(*_unused(account_id), RecoveryCode.hash == code_hash)))
        )
        return bool(value)

    async def use_code(self, account_id: UUID, code_hash: bytes, at: datetime) -> bool:
        """Use a recovery code up, once."""
        done = await self.session.execute(
            update(RecoveryCode)
            .where(*_unused(account_id), RecoveryCode.hash == code_hash)
            .values(used_at=at)
            .returning(RecoveryCode.hash)
        )
        return done.first() is not None

    async def codes_left(self, account_id: UUID) -> int:
        """The number of unused recovery codes."""
        number = await self.session.scalar(
            select(func.count()).select_from(RecoveryCode).where(*_unused(account_id))
        )
        return number or 0

    async def drop_codes(self, account_id: UUID) -> None:
        """Delete the account's recovery codes."""
        await self.session.execute(
            delete(RecoveryCode).where(RecoveryCode.account_id == account_id)
        )

    async def passkeys(self, account_id: UUID) -> Sequence[Passkey]:
        """The account's passkeys, oldest first."""
        statement = select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.id)
        return (await self.session.scalars(statement)).all()

    async def passkey_by_credential(self, credential_id: bytes) -> Passkey | None:
        """The passkey with this credential id, of any account."""
        statement = select(Passkey).where(Passkey.credential_id == credential_id)
        return (await self.session.scalars(statement)).one_or_none()

    async def note_passkey_use(
        self, passkey_id: UUID, count: int, *, backed_up: bool, at: datetime
    ) -> bool:
        """Save the new counter; False if it did not grow, as with a copied key.

        Authenticators without a counter always say 0 (WebAuthn, 6.1.1).
        """
        grew = or_(Passkey.sign_count < count, and_(Passkey.sign_count == 0, literal(count) == 0))
        done = await self.session.execute(
            update(Passkey)
            .where(Passkey.id == passkey_id, grew)
            .values(sign_count=count, backed_up=backed_up, last_used_at=at)
            .returning(Passkey.id)
        )
        return done.first() is not None

    async def drop_passkeys(self, account_id: UUID, passkey_id: UUID | None = None) -> int:
        """Delete one or all of the account's passkeys; answers their number."""
        statement = delete(Passkey).where(Passkey.account_id == account_id)
        if passkey_id is not None:
            statement = statement.where(Passkey.id == passkey_id)
        return len((await self.session.execute(statement.returning(Passkey.id))).all())

    async def take_challenge(
        self, challenge_hash: bytes, purpose: str, at: datetime
    ) -> PasskeyChallenge | None:
        """Use up a challenge; None if it is unknown, too old or for another purpose."""
        done = await self.session.scalars(
            delete(PasskeyChallenge)
            .where(
                PasskeyChallenge.hash == challenge_hash,
                PasskeyChallenge.purpose == purpose,
                PasskeyChallenge.expires_at > at,
            )
            .returning(PasskeyChallenge)
        )
        return done.one_or_none()

    async def forget_challenges(self, before: datetime) -> None:
        """Delete challenges that are too old to answer."""
        await self.session.execute(
            delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < before)
        )


def _active(account_id: UUID) -> ColumnElement[bool]:
    return and_(TotpSecret.account_id == account_id, TotpSecret.confirmed_at.is_not(None))


def _unused(account_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)
