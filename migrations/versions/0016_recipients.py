"""Links and codes for recipients of shares and referrals."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import allow, column, protect, within_school

revision = "0016"
down_revision = "0015"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    _make_links()
    _make_sessions()
    op.create_index(
        "ix_share_expires", "share", ["school_id", "expires_at", "id"],
        postgresql_where=sa.text("ended_at is null"),
    )  # fmt: skip


def _make_links() -> None:
    op.create_table(
        "recipient_link",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("share_id", sa.Uuid(), empty=True),
        column("referral_id", sa.Uuid(), empty=True),
        column("secret_hash", sa.LargeBinary()),
        column("sealed", sa.LargeBinary(), empty=True),
        column("code_mac", sa.LargeBinary(), empty=True),
        column("code_route", sa.Text()),
        column("code_made_at", MOMENT),
        column("wrong_codes", sa.SmallInteger(), server_default=sa.text("0")),
        column("locked_at", MOMENT, empty=True),
        column("expires_at", MOMENT),
        column("address", sa.Text(), empty=True),
        column("language", sa.Text(), server_default=sa.text("'en'")),
        column("mailed_at", MOMENT, empty=True),
        column("code_asked_at", MOMENT, empty=True),
        column("stop_told_at", MOMENT, empty=True),
        column("made_by", sa.Uuid()),
        column("made_at", MOMENT),
        column("ended_at", MOMENT, empty=True),
        column("ended_because", sa.Text(), empty=True),
        within_school("recipient_link", "share_id", "share"),
        within_school("recipient_link", "referral_id", "referral"),
        sa.CheckConstraint(
            "num_nonnulls(share_id, referral_id) = 1", name="ck_recipient_link_one_thing"
        ),
        sa.CheckConstraint(
            "(ended_at is null) = (ended_because is null)", name="ck_recipient_link_ended"
        ),
        sa.CheckConstraint("wrong_codes between 0 and 5", name="ck_recipient_link_wrong_codes"),
        sa.CheckConstraint("language in ('en', 'cy')", name="ck_recipient_link_language"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_recipient_link"),
    )
    for noun in ("share", "referral"):
        op.create_index(
            f"uq_recipient_link_{noun}", "recipient_link", ["school_id", f"{noun}_id"],
            unique=True,
            postgresql_where=sa.text(f"ended_at is null and {noun}_id is not null"),
        )  # fmt: skip
    op.create_index(
        "ix_recipient_link_living", "recipient_link", ["school_id", "expires_at", "id"],
        postgresql_where=sa.text("ended_at is null"),
    )  # fmt: skip
    protect("recipient_link")
    allow(
        "recipient_link",
        update=(
            "sealed", "code_mac", "code_route", "code_made_at", "wrong_codes", "locked_at",
            "ended_at", "ended_because", "mailed_at", "code_asked_at", "stop_told_at", "address",
        ),
    )  # fmt: skip


def _make_sessions() -> None:
    op.create_table(
        "recipient_session",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("link_id", sa.Uuid()),
        column("secret_hash", sa.LargeBinary()),
        column("network", sa.Text()),
        column("begun_at", MOMENT),
        column("idle_at", MOMENT),
        column("expires_at", MOMENT),
        column("opened_at", MOMENT, empty=True),
        column("ended_at", MOMENT, empty=True),
        within_school("recipient_session", "link_id", "recipient_link"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_recipient_session"),
    )
    op.create_index("ix_recipient_session_link", "recipient_session", ["school_id", "link_id"])
    protect("recipient_session")
    allow("recipient_session", update=("idle_at", "opened_at", "ended_at"))


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_share_expires", "share")
    op.drop_table("recipient_session")
    op.drop_table("recipient_link")
