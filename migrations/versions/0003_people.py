"""People: who works here and how they sign in."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from migrations.protection import ACCOUNT, OWN_SCHOOL, SCHOOL, protect
from migrations.tables import (
    BYTES,
    DAY,
    JSON,
    LONG,
    MOMENT,
    NUMBER,
    TEXT,
    TEXTS,
    UUID,
    YES_OR_NO,
    check,
    column,
    drop_tables,
    index,
    refer,
    school_table,
    table,
    unique,
    version,
)

revision = "0003"
down_revision = "0002"

TABLES = (
    "organisation",
    "account",
    "auth_session",
    "refresh_token",
    "account_token",
    "sign_in_attempt",
    "sign_in_guard",
    "totp_secret",
    "recovery_code",
    "passkey",
    "passkey_challenge",
    "identity_provider",
    "account_identity",
    "sign_in_nonce",
    "used_id_token",
    "service_key",
    "staff",
    "staff_name",
    "membership",
    "school_role",
    "scim_user",
    "scim_group",
    "scim_group_member",
    "role_proposal",
)


def upgrade() -> None:
    """Apply."""
    organisations()
    accounts()
    factors()
    federation()
    service_keys()
    staff()
    provisioning()
    keys_to_this_area()
    organisation_policy()


def organisations() -> None:
    """Schools and trusts: the tenants themselves."""
    table(
        "organisation",
        column("id", UUID),
        column("kind", TEXT),
        column("name", TEXT, changes=True),
        column("parent_id", UUID, empty=True, to="organisation"),
        column("urn", TEXT, empty=True, changes=True),
        column("laestab", TEXT, empty=True, changes=True),
        column("local_authority", TEXT, empty=True, changes=True),
        column("nation", TEXT, changes=True, default="'england'"),
        column("phone", TEXT, empty=True, changes=True),
        column("settings", JSON, changes=True, default="'{}'::jsonb"),
        version(),
        column("created_at", MOMENT),
        column("changed_at", MOMENT, changes=True),
        check("kind", "kind in ('school', 'trust')"),
        index("ix_organisation_parent_id", "parent_id"),
        key=("id",),
    )


def accounts() -> None:
    """Sign-in: accounts, sessions and refresh tokens, which belong to a person and no school."""
    table(
        "account",
        column("id", UUID),
        column("email", TEXT, changes=True),
        column("email_key", TEXT, sa.Computed("lower(email)", persisted=True)),
        column("password_hash", TEXT, empty=True, changes=True),
        column("password_set_at", MOMENT, empty=True, changes=True),
        column("disabled_at", MOMENT, empty=True, changes=True),
        column("created_at", MOMENT),
        sa.UniqueConstraint("email_key", name="uq_account_email_key"),
        key=("id",),
    )
    table(
        "auth_session",
        column("id", UUID),
        column("account_id", UUID, to="account"),
        column("organisation_id", UUID, to="organisation"),
        column("role", TEXT),
        column("amr", TEXTS, changes=True),
        column("auth_time", MOMENT, changes=True),
        column("created_at", MOMENT, default="now()"),
        column("expires_at", MOMENT),
        column("seen_at", MOMENT, changes=True),
        column("device", TEXT, empty=True),
        column("network", TEXT, empty=True),
        column("revoked_at", MOMENT, empty=True, changes=True),
        column("revoked_because", TEXT, empty=True, changes=True),
        index("ix_auth_session_account_id", "account_id"),
        key=("id",),
    )
    table(
        "refresh_token",
        column("hash", BYTES),
        column("session_id", UUID, to="auth_session"),
        column("issued_at", MOMENT),
        column("expires_at", MOMENT),
        column("used_at", MOMENT, empty=True, changes=True),
        index("ix_refresh_token_session_id", "session_id"),
        key=("hash",),
    )
    table(
        "account_token",
        column("hash", BYTES),
        column("account_id", UUID, to="account"),
        column("purpose", TEXT),
        column("organisation_id", UUID, empty=True),
        column("created_at", MOMENT),
        column("expires_at", MOMENT),
        column("used_at", MOMENT, empty=True, changes=True),
        index("ix_account_token_account_id", "account_id"),
        key=("hash",),
    )
    table(
        "sign_in_attempt",
        column("id", UUID),
        column("account_id", UUID, empty=True),
        column("at", MOMENT),
        column("outcome", TEXT),
        column("request_id", TEXT, empty=True),
        index("ix_sign_in_attempt_account_id_at", "account_id", "at"),
        key=("id",),
    )
    table(
        "sign_in_guard",
        column("key", BYTES),
        column("failed_count", NUMBER, changes=True, default="0"),
        column("locked_until", MOMENT, empty=True, changes=True),
        column("changed_at", MOMENT, changes=True),
        column("proved_at", MOMENT, empty=True, changes=True),
        key=("key",),
        delete=True,
    )


def factors() -> None:
    """Second factors and passkeys of an account, which belong to a person and no school."""
    table(
        "totp_secret",
        column("id", UUID),
        column("account_id", UUID, to="account"),
        column("sealed", BYTES, changes=True),
        column("created_at", MOMENT),
        column("confirmed_at", MOMENT, empty=True, changes=True),
        column("last_step", LONG, changes=True, default="0"),
        unique("uq_totp_secret_active", "account_id", where="confirmed_at is not null"),
        unique("uq_totp_secret_waiting", "account_id", where="confirmed_at is null"),
        key=("id",),
        delete=True,
    )
    table(
        "recovery_code",
        column("account_id", UUID, to="account"),
        column("hash", BYTES),
        column("created_at", MOMENT),
        column("used_at", MOMENT, empty=True, changes=True),
        key=("account_id", "hash"),
        delete=True,
    )
    table(
        "passkey",
        column("id", UUID),
        column("account_id", UUID, to="account"),
        column("credential_id", BYTES),
        column("public_key", BYTES),
        column("sign_count", LONG, changes=True),
        column("backed_up", YES_OR_NO, changes=True),
        column("transports", TEXTS),
        column("name", TEXT),
        column("created_at", MOMENT),
        column("last_used_at", MOMENT, empty=True, changes=True),
        sa.UniqueConstraint("credential_id", name="uq_passkey_credential_id"),
        index("ix_passkey_account_id", "account_id"),
        key=("id",),
        delete=True,
    )
    table(
        "passkey_challenge",
        column("hash", BYTES),
        column("purpose", TEXT),
        column("account_id", UUID, empty=True),
        column("expires_at", MOMENT),
        index("ix_passkey_challenge_expires_at", "expires_at"),
        key=("hash",),
        delete=True,
    )


def federation() -> None:
    """Signing in with a school's own identity provider: who is trusted, and who is who."""
    school_table(
        "identity_provider",
        column("kind", TEXT),
        column("label", TEXT, changes=True),
        column("issuer", TEXT),
        column("client_id", TEXT, changes=True),
        column("tenants", TEXTS, changes=True),
        column("second_factor_values", TEXTS, changes=True),
        column("enabled", YES_OR_NO, changes=True),
        version(),
        column("created_by", UUID),
        column("created_at", MOMENT),
        column("changed_at", MOMENT, changes=True),
        column("changed_by", UUID, changes=True),
        column("approved_by", UUID, empty=True, changes=True),
        column("approved_at", MOMENT, empty=True, changes=True),
        index("ix_identity_provider_school_id_created_at_id", "school_id", "created_at", "id"),
    )
    table(
        "account_identity",
        column("id", UUID),
        column("account_id", UUID, to="account"),
        column("issuer", TEXT),
        column("subject", TEXT),
        column("linked_by", TEXT),
        column("linked_at", MOMENT),
        column("last_used_at", MOMENT, empty=True, changes=True),
        sa.UniqueConstraint("issuer", "subject", name="uq_account_identity_issuer_subject"),
        index("ix_account_identity_account_id", "account_id"),
        key=("id",),
        delete=True,
    )
    table(
        "sign_in_nonce",
        column("hash", BYTES),
        column("verifier_hash", BYTES),
        column("expires_at", MOMENT),
        column("used_at", MOMENT, empty=True, changes=True),
        index("ix_sign_in_nonce_expires_at", "expires_at"),
        key=("hash",),
        delete=True,
    )
    table(
        "used_id_token",
        column("hash", BYTES),
        column("expires_at", MOMENT),
        index("ix_used_id_token_expires_at", "expires_at"),
        key=("hash",),
        delete=True,
    )


def service_keys() -> None:
    """Service keys: how programs sign in."""
    # A program says its key's id and no school: the row of that one id is seen by itself.
    school_table(
        "service_key",
        column("name", TEXT, changes=True),
        column("scopes", TEXTS, changes=True),
        column("networks", postgresql.ARRAY(postgresql.CIDR()), changes=True, default="'{}'"),
        column("roster_sources", TEXTS, changes=True, default="'{}'"),
        column("secret_hash", BYTES, changes=True),
        column("former_hash", BYTES, empty=True, changes=True),
        column("former_until", MOMENT, empty=True, changes=True),
        column("expires_at", MOMENT, empty=True, changes=True),
        column("rotated_at", MOMENT, empty=True, changes=True),
        column("last_used_at", MOMENT, empty=True, changes=True),
        column("last_used_from", TEXT, empty=True, changes=True),
        column("created_by", UUID),
        column("created_at", MOMENT),
        column("changed_at", MOMENT, changes=True),
        column("revoked_at", MOMENT, empty=True, changes=True),
        column("revoked_by", UUID, empty=True, changes=True),
        version(),
        column("expiry_told_at", MOMENT, empty=True, changes=True),
        column("agency_id", UUID, empty=True),
        check("of_agency", "(agency_id is not null) = ('referral:answer' = any(scopes))"),
        index("ix_service_key_school_id_created_at_id", "school_id", "created_at", "id"),
        index("ix_service_key_client", "id"),
        visible=f"{OWN_SCHOOL} or id = {ACCOUNT}",
    )


def staff() -> None:
    """Staff of a school, the roles they hold there as intervals, and who stands in for whom."""
    school_table(
        "staff",
        column("name", TEXT, changes=True),
        column("job_title", TEXT, empty=True, changes=True),
        column("email", TEXT, changes=True),
        column("phone", TEXT, empty=True, changes=True),
        column("source", TEXT, empty=True, changes=True),
        column("source_id", TEXT, empty=True, changes=True),
        version(),
        column("created_at", MOMENT),
        column("changed_at", MOMENT, changes=True),
        column("accepted_at", MOMENT, empty=True, changes=True),
        column("declined_at", MOMENT, empty=True, changes=True),
        column("suspended_at", MOMENT, empty=True, changes=True),
        column("removed_at", MOMENT, empty=True, changes=True),
        column("new_email", TEXT, empty=True, changes=True),
        column("new_phone", TEXT, empty=True, changes=True),
        column("reach_changed_at", MOMENT, empty=True, changes=True),
        unique(
            "uq_staff_source", "school_id", "source", "source_id", where="source_id is not null"
        ),
        index("ix_staff_account", "id"),
        visible=seen_by_its_person("id"),
    )
    school_table(
        "staff_name",
        column("staff_id", UUID, to="staff"),
        column("name", TEXT),
        column("until", MOMENT),
        index("ix_staff_name_school_id_staff_id_until", "school_id", "staff_id", "until"),
    )
    school_table(
        "membership",
        column("staff_id", UUID, to="staff"),
        column("role", TEXT),
        column("valid_from", DAY),
        column("valid_to", DAY, empty=True, changes=True),
        column("cohort", JSON, changes=True, default="'{}'::jsonb"),
        column("granted_by", UUID, empty=True),
        column("ended_by", UUID, empty=True, changes=True),
        column("created_at", MOMENT),
        column("group_member_id", UUID, empty=True),
        version(),
        check("interval", "valid_to is null or valid_to >= valid_from"),
        index("ix_membership_account", "staff_id"),
        index("ix_membership_school_id_role", "school_id", "role"),
        index("ix_membership_school_id_staff_id_role", "school_id", "staff_id", "role"),
        visible=seen_by_its_person("staff_id"),
    )
    school_table(
        "school_role",
        column("slug", TEXT),
        column("label", TEXT, changes=True),
        column("permissions", TEXTS, changes=True),
        column("classes", TEXTS, changes=True),
        column("cohort_classes", TEXTS, changes=True),
        column("cohort_only", YES_OR_NO, changes=True),
        version(),
        column("created_by", UUID),
        column("created_at", MOMENT),
        column("changed_at", MOMENT, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, changes=True),
        unique("uq_school_role_slug", "school_id", "slug"),
    )


def provisioning() -> None:
    """Users and groups as a school's identity provider keeps them, and the roles groups propose."""
    school_table(
        "scim_user",
        column("staff_id", UUID, to="staff"),
        column("user_name", TEXT, changes=True),
        column("user_key", TEXT, sa.Computed("lower(user_name)", persisted=True), empty=True),
        column("external_id", TEXT, empty=True, changes=True),
        column("attributes", JSON, changes=True),
        column("created_at", MOMENT),
        unique("uq_scim_user_name", "school_id", "user_key"),
        unique("uq_scim_user_staff", "school_id", "staff_id"),
        delete=True,
    )
    school_table(
        "scim_group",
        column("display_name", TEXT, changes=True),
        column("external_id", TEXT, empty=True, changes=True),
        column("role", TEXT, empty=True, changes=True),
        column("mapped_by", UUID, empty=True, changes=True),
        version(),
        column("created_at", MOMENT),
        column("changed_at", MOMENT, changes=True),
        index("ix_scim_group_school_id_created_at_id", "school_id", "created_at", "id"),
        delete=True,
    )
    school_table(
        "scim_group_member",
        column("group_id", UUID, to="scim_group"),
        column("staff_id", UUID, to="staff"),
        column("created_at", MOMENT),
        unique("uq_scim_group_member", "school_id", "group_id", "staff_id"),
        index("ix_scim_group_member_school_id_staff_id", "school_id", "staff_id"),
        delete=True,
    )
    school_table(
        "role_proposal",
        column("staff_id", UUID, to="staff"),
        column("role", TEXT),
        column("group_id", UUID),
        column("group_name", TEXT),
        column("group_member_id", UUID),
        column("state", TEXT, changes=True),
        column("owner_id", UUID, empty=True, to="staff", changes=True),
        column("due_at", MOMENT, changes=True),
        column("decided_by", UUID, empty=True, changes=True),
        column("decided_at", MOMENT, empty=True, changes=True),
        column("created_at", MOMENT),
        version(),
        check("state", "state in ('proposed', 'confirmed', 'refused', 'withdrawn')"),
        check("never_without_owner", "state <> 'proposed' or owner_id is not null"),
        unique(
            "uq_role_proposal_open", "school_id", "staff_id", "role", where="state = 'proposed'"
        ),
        index("ix_role_proposal_list", "school_id", "state", "created_at", "id"),
    )


def keys_to_this_area() -> None:
    """Keys of tables that stand before those they name."""
    refer("access_grant", staff_id="staff", owner_id="staff")
    refer("conflict", staff_id="staff")
    refer("reading_notice", owner_id="staff", reader_id="staff")


def organisation_policy() -> None:
    """Whose name somebody sees: their own organisation's, its parts', and where they are staff."""
    known = f"select s.school_id from staff s where s.id = {ACCOUNT}"
    visible = f"id = {SCHOOL} or parent_id = {SCHOOL} or id = any(array({known}))"
    protect("organisation", key="id", visible=visible)


def seen_by_its_person(column: str) -> str:
    """Everybody sees their own rows in every school.

    A `case`, not an `or`: beside the same `school_id = ...` of a statement the planner believed
    that hardly any row is left, and joined every one of a school with every other.
    """
    return f"case when {OWN_SCHOOL} then true else {column} = {ACCOUNT} end"


def downgrade() -> None:
    """Undo."""
    drop_tables(*TABLES)
