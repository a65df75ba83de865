"""What identity needs: service keys, second factors, passkeys, sessions that can step up."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import APP, allow, protect

revision = "0003"
down_revision = "0002"

KEY_CHANGES = (
    "name", "scopes", "networks", "expires_at", "secret_hash", "former_hash", "former_until",
    "rotated_at", "last_used_at", "last_used_from", "revoked_at", "revoked_by", "version",
    "changed_at",
)  # fmt: skip


SESSION_COLUMNS = ("created_at", "device", "network")


def upgrade() -> None:
    """Apply."""
    op.execute(f"grant update (amr, auth_time) on auth_session to {APP}")
    _describe_sessions()
    _keep_service_keys()
    _keep_totp()
    _keep_passkeys()


def _describe_sessions() -> None:
    """When and from what a session was begun; of older ones only when is known."""
    moment, now = sa.DateTime(timezone=True), sa.text("now()")
    op.add_column(
        "auth_session", sa.Column("created_at", moment, server_default=now, nullable=False)
    )
    op.execute("update auth_session set created_at = auth_time")
    op.add_column("auth_session", sa.Column("device", sa.Text(), nullable=True))
    op.add_column("auth_session", sa.Column("network", sa.Text(), nullable=True))


def _keep_totp() -> None:
    moment = sa.DateTime(timezone=True)
    account = sa.ForeignKeyConstraint(
        ["account_id"], ["account.id"], name="fk_totp_secret_account_id"
    )
    op.create_table(
        "totp_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("confirmed_at", moment, nullable=True),
        sa.Column("last_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        account,
        sa.PrimaryKeyConstraint("id", name="pk_totp_secret"),
    )
    for name, condition in (("active", "is not null"), ("waiting", "is null")):
        op.create_index(
            f"uq_totp_secret_{name}",
            "totp_secret",
            ["account_id"],
            unique=True,
            postgresql_where=sa.text(f"confirmed_at {condition}"),
        )
    allow("totp_secret", update=("sealed", "confirmed_at", "last_step"), delete=True)
    op.create_table(
        "recovery_code",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_recovery_code_account_id"),
        sa.PrimaryKeyConstraint("account_id", "hash", name="pk_recovery_code"),
    )
    allow("recovery_code", update=("used_at",), delete=True)


def _keep_passkeys() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("transports", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("last_used_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_passkey_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_passkey"),
        sa.UniqueConstraint("credential_id", name="uq_passkey_credential_id"),
    )
    op.create_index("ix_passkey_account_id", "passkey", ["account_id"])
    allow("passkey", update=("sign_count", "backed_up", "last_used_at"), delete=True)
    op.create_table(
        "passkey_challenge",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_passkey_challenge"),
    )
    op.create_index("ix_passkey_challenge_expires_at", "passkey_challenge", ["expires_at"])
    allow("passkey_challenge", delete=True)


def _keep_service_keys() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "service_key",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "networks",
            postgresql.ARRAY(postgresql.CIDR()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("former_hash", sa.LargeBinary(), nullable=True),
        sa.Column("former_until", moment, nullable=True),
        sa.Column("expires_at", moment, nullable=True),
        sa.Column("rotated_at", moment, nullable=True),
        sa.Column("last_used_at", moment, nullable=True),
        sa.Column("last_used_from", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("revoked_at", moment, nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_service_key"),
    )
    op.create_index(
        "ix_service_key_school_id_created_at_id", "service_key", ["school_id", "created_at", "id"]
    )
    protect("service_key")
    allow("service_key", update=KEY_CHANGES)


def downgrade() -> None:
    """Undo."""
    for table in ("passkey_challenge", "passkey", "recovery_code", "totp_secret", "service_key"):
        op.drop_table(table)
    for column in SESSION_COLUMNS:
        op.drop_column("auth_session", column)
    op.execute(f"revoke update (amr, auth_time) on auth_session from {APP}")
