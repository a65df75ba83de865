"""Links sent to the recipients of shares and referrals."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class RecipientLink(SchoolRow):
    """A link to one share or referral; each has at most one open.

    The table holds a hash of its secret, and the secret sealed by a key outside the database. The
    code is kept as an HMAC under that secret and is null once used.
    """

    __tablename__ = "recipient_link"
    __changes__: ClassVar[tuple[str, ...]] = (
        "sealed", "code_mac", "spent_mac", "code_route", "code_made_at", "wrong_codes",
        "locked_at", "ended_at", "ended_reason_code", "mailed_at", "code_asked_at", "stop_told_at",
        "address", "paused_at",
    )  # fmt: skip

    share_id: Mapped[uuid.UUID | None]
    referral_id: Mapped[uuid.UUID | None]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Deleted when the link ends."""
    code_mac: Mapped[bytes | None] = mapped_column(LargeBinary)
    spent_mac: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The HMAC of the last code entered: sending it again is not a guess."""
    code_route: Mapped[str]
    """The route by which the code is given: not the link's own."""
    code_made_at: Mapped[datetime]
    wrong_codes: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    locked_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    address: Mapped[str | None]
    """The address the link was mailed to, kept to be shown for as long as the share is."""
    language: Mapped[str] = mapped_column(server_default=text("'en'"))
    mailed_at: Mapped[datetime | None]
    code_asked_at: Mapped[datetime | None]
    stop_told_at: Mapped[datetime | None]
    """When its owner was notified that the recipient may no longer be told."""
    paused_at: Mapped[datetime | None]
    """Since when it mails and opens nothing, until a lead decides."""
    made_by: Mapped[uuid.UUID]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_reason_code: Mapped[str | None]

    __table_args__ = (
        *within_school("share", "share_id"),
        *within_school("referral", "referral_id"),
        CheckConstraint("num_nonnulls(share_id, referral_id) = 1", name="one_thing"),
        CheckConstraint("(ended_at is null) = (ended_reason_code is null)", name="ended"),
        CheckConstraint("wrong_codes between 0 and 5", name="wrong_codes"),
        CheckConstraint("language in ('en', 'cy')", name="language"),
        index(
            "uq_recipient_link_share", "share_id",
            where="ended_at is null and share_id is not null",
        ),
        index(
            "uq_recipient_link_referral", "referral_id",
            where="ended_at is null and referral_id is not null",
        ),
        index("ix_recipient_link_living", "expires_at", "id", where="ended_at is null"),
    )  # fmt: skip

    @property
    def resource_type(self) -> str:
        """`share` or `referral`."""
        return "share" if self.share_id is not None else "referral"

    @property
    def resource_id(self) -> uuid.UUID:
        """The id of the share or referral that it opens."""
        result = self.share_id or self.referral_id
        assert result is not None  # noqa: S101 - a check of the table says so
        return result
