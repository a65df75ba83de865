"""What signing in with a school's own identity provider needs, and keys that find their school."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import ACCOUNT, APP, SCHOOL, allow, protect

revision = "0010"
down_revision = "0009"

MOMENT = sa.DateTime(timezone=True)
WORDS = postgresql.ARRAY(sa.Text())
PROVIDER_CHANGES = (
    "label", "client_id", "tenants", "second_factor_values", "enabled", "version", "changed_at",
    "changed_by", "approved_by", "approved_at",
)  # fmt: skip
OWN_SCHOOL = f"school_id = {SCHOOL}"


def upgrade() -> None:
    """Apply."""
    _let_keys_find_their_school()
    _create_providers()
    _create_proofs()


def _let_keys_find_their_school() -> None:
    """A program says its key's id and no school: the row of that one id is seen by itself."""
    op.add_column("service_key", sa.Column("expiry_told_at", MOMENT, nullable=True))
    op.execute(f"grant update (expiry_told_at) on service_key to {APP}")
    op.create_index("ix_service_key_client", "service_key", ["id"])
    op.execute(f"alter policy school on service_key using ({OWN_SCHOOL} or id = {ACCOUNT})")


def _create_providers() -> None:
    op.create_table(
        "identity_provider",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("tenants", WORDS, nullable=False),
        sa.Column("second_factor_values", WORDS, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_identity_provider"),
    )
    op.create_index(
        "ix_identity_provider_school_id_created_at_id",
        "identity_provider",
        ["school_id", "created_at", "id"],
    )
    protect("identity_provider")
    allow("identity_provider", update=PROVIDER_CHANGES)


def _create_proofs() -> None:
    """Whose identity is whose account, and what makes a proof good once."""
    op.create_table(
        "account_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("linked_by", sa.Text(), nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_account_identity"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_account_identity_account_id"
        ),
        sa.UniqueConstraint("issuer", "subject", name="uq_account_identity_issuer_subject"),
    )
    op.create_index("ix_account_identity_account_id", "account_identity", ["account_id"])
    allow("account_identity", update=("last_used_at",), delete=True)
    op.create_table(
        "sign_in_nonce",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("verifier_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("hash", name="pk_sign_in_nonce"),
    )
    op.create_index("ix_sign_in_nonce_expires_at", "sign_in_nonce", ["expires_at"])
    allow("sign_in_nonce", update=("used_at",), delete=True)
    op.create_table(
        "used_id_token",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_used_id_token"),
    )
    op.create_index("ix_used_id_token_expires_at", "used_id_token", ["expires_at"])
    allow("used_id_token", delete=True)


def downgrade() -> None:
    """Undo."""
    for table in ("used_id_token", "sign_in_nonce", "account_identity", "identity_provider"):
        op.drop_table(table)
    op.execute(f"alter policy school on service_key using ({OWN_SCHOOL})")
    op.drop_index("ix_service_key_client", "service_key")
    op.drop_column("service_key", "expiry_told_at")
