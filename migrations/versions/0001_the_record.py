"""The record: every table of the first release, its policies and its grants."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import (
    ACCOUNT,
    APP,
    SCHOOL,
    SEARCH,
    allow,
    create_role,
    protect,
)

revision = "0001"
down_revision = None


class Xid8(sa.types.UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The column's type as DDL."""
        return "xid8"


SCHOOL_TABLES = (
    "agency",
    "child",
    "idempotency_key",
    "name_token",
    "reference_counter",
    "roster_import",
    "staff",
    "trail",
    "child_identifier",
    "child_name_token",
    "child_status",
    "concern",
    "contact",
    "enrolment",
    "membership",
    "relationship",
    "roster_link",
    "roster_problem",
    "snapshot",
    "account_statement",
    "action",
    "attachment",
    "body_mark",
    "chronology_entry",
    "comment",
    "concern_child",
    "concern_event",
    "decision",
    "alert",
    "amendment",
    "referral",
    "share",
    "referral_event",
    "share_event",
)

CHANGES = {
    "account": ("email", "password_hash", "password_set_at", "disabled_at"),
    "account_token": ("used_at",),
    "action": (
        "owner_id",
        "due_at",
        "state",
        "outcome",
        "reason",
        "ended_by",
        "ended_at",
        "version",
        "changed_at",
    ),
    "agency": (
        "name",
        "kind",
        "local_authority",
        "phone",
        "out_of_hours_phone",
        "email",
        "address",
        "route",
        "retired_at",
        "version",
        "changed_at",
    ),
    "alert": ("acknowledged_at", "sent_at", "version"),
    "auth_session": ("revoked_at", "revoked_because", "seen_at"),
    "child": (
        "legal_given_name",
        "legal_family_name",
        "middle_names",
        "known_given_name",
        "known_family_name",
        "date_of_birth",
        "sex",
        "gender_identity",
        "pronouns",
        "year_group",
        "registration_group",
        "first_language",
        "ethnicity",
        "sen_provision",
        "address",
        "unknown_upn_reason",
        "roll_status",
        "sort_name",
        "version",
        "changed_at",
    ),
    "child_identifier": ("valid_to", "ended_by", "suppressed"),
    "child_status": (
        "valid_to",
        "end_reason",
        "review_due",
        "lead_agency",
        "worker",
        "evidence",
        "version",
        "changed_at",
    ),
    "chronology_entry": ("significant",),
    "concern": (
        "state",
        "confidentiality",
        "level",
        "level_label",
        "primary_category",
        "categories",
        "owner_id",
        "due_at",
        "due_rule",
        "acknowledged_at",
        "acknowledged_by",
        "triaged_at",
        "triaged_by",
        "outcome",
        "ended_at",
        "duplicate_of",
        "pending",
        "version",
        "changed_at",
    ),
    "contact": (
        "name",
        "kind",
        "organisation",
        "email",
        "phone",
        "address",
        "language",
        "parental_responsibility",
        "lives_with",
        "is_parent",
        "contact_allowed",
        "restriction",
        "court_orders",
        "may_be_told",
        "may_be_told_reason",
        "alleged_source_of_harm",
        "priority",
        "valid_to",
        "version",
        "changed_at",
    ),
    "enrolment": ("valid_to", "leaving_reason"),
    "idempotency_key": ("status", "headers", "body"),
    "membership": ("valid_to", "ended_by", "cohort"),
    "organisation": (
        "name",
        "urn",
        "laestab",
        "local_authority",
        "nation",
        "phone",
        "settings",
        "version",
        "changed_at",
    ),
    "reference_counter": ("last",),
    "referral": (
        "agency_id",
        "urgency",
        "fields",
        "consent",
        "items",
        "lawful_basis",
        "special_category_condition",
        "para18_limb",
        "state",
        "approvals",
        "snapshot_id",
        "decision_id",
        "outcome",
        "owner_id",
        "due_at",
        "due_rule",
        "sent_at",
        "ended_at",
        "agency_reference",
        "version",
        "changed_at",
    ),
    "refresh_token": ("used_at",),
    "relationship": ("confirmed_by", "confirmed_at", "valid_to", "ended_by", "version"),
    "roster_import": (
        "state",
        "done",
        "total",
        "counts",
        "digest",
        "source_version",
        "held_because",
        "finished_at",
        "version",
        "changed_at",
    ),
    "roster_link": ("row_hash", "import_id", "gone_at"),
    "share": (
        "purpose",
        "purpose_detail",
        "lawful_basis",
        "special_category_condition",
        "para18_limb",
        "detriment_test",
        "agreement",
        "decision_id",
        "items",
        "recipient",
        "state",
        "approvals",
        "snapshot_id",
        "expires_at",
        "ended_at",
        "owner_id",
        "due_at",
        "due_rule",
        "version",
        "changed_at",
    ),
    "sign_in_guard": ("failed_count", "locked_until"),
    "staff": (
        "name",
        "job_title",
        "email",
        "phone",
        "source",
        "source_id",
        "version",
        "changed_at",
    ),
}

DELETABLE = ("idempotency_key", "child_name_token")

FREE_TABLES = (
    "account",
    "organisation",
    "sign_in_attempt",
    "sign_in_guard",
    "account_token",
    "auth_session",
    "refresh_token",
)


def upgrade() -> None:
    """Apply."""
    for extension in ("pg_trgm", "btree_gin"):
        op.execute(f"create extension if not exists {extension}")
    create_role(APP)
    create_role(SEARCH)
    op.execute(f"grant usage on schema public to {APP}, {SEARCH}")
    create_tables()
    create_time_text()
    for table in SCHOOL_TABLES:
        if table == "membership":
            protect(table, visible_also=f"staff_id = {ACCOUNT}")
        else:
            protect(table)
    protect(
        "organisation",
        key="id",
        visible_also=(
            f"parent_id = {SCHOOL} or id = any(array("
            f"select m.school_id from membership m where m.staff_id = {ACCOUNT}))"
        ),
    )
    for table in (*SCHOOL_TABLES, *FREE_TABLES):
        allow(table, update=CHANGES.get(table, ()), delete=table in DELETABLE)
    create_name_search()


def downgrade() -> None:
    """Undo: only an empty database may go back, since this is where the record begins."""
    op.execute("drop function similar_name_tokens(text)")
    op.execute("drop policy school on organisation")  # it reads memberships
    op.execute("drop function rfc3339(timestamptz)")
    for table in DROP_ORDER:
        op.drop_table(table)


def create_time_text() -> None:
    """A moment as the contract writes it; a plain SQL function, so that it is inlined."""
    op.execute(
        """
        create function rfc3339(moment timestamptz) returns text
        language sql stable parallel safe
        return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        """
    )


def create_name_search() -> None:
    """Neighbours of a misspelt name word: words only, of the scope's school, bounded."""
    op.execute(f"create policy search on name_token for select to {SEARCH} using (true)")
    op.execute(f"grant select on name_token to {SEARCH}")
    op.execute(
        """
        create function similar_name_tokens(asked text) returns setof text
        language sql stable security definer
        set search_path = pg_catalog, public, pg_temp
        set pg_trgm.similarity_threshold = 0.15
        as $$
          select token from public.name_token
          where school_id = nullif(current_setting('app.school_id', true), '')::uuid
            and token operator(public.%) asked
          order by public.similarity(token, asked) desc
          limit 50
        $$
        """
    )
    op.execute("revoke all on function similar_name_tokens(text) from public")
    op.execute(f"grant {SEARCH} to current_user")
    op.execute(f"grant create on schema public to {SEARCH}")
    op.execute(f"alter function similar_name_tokens(text) owner to {SEARCH}")
    op.execute(f"revoke create on schema public from {SEARCH}")
    op.execute(f"grant execute on function similar_name_tokens(text) to {APP}")


def create_tables() -> None:
    """The tables as the models have them."""
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column(
            "email_key", sa.Text(), sa.Computed("lower(email)", persisted=True), nullable=False
        ),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email_key", name=op.f("uq_account_email_key")),
    )
    op.create_table(
        "agency",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("local_authority", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("out_of_hours_phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_agency")),
    )
    op.create_table(
        "child",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("legal_given_name", sa.Text(), nullable=False),
        sa.Column("legal_family_name", sa.Text(), nullable=False),
        sa.Column("middle_names", sa.Text(), nullable=True),
        sa.Column("known_given_name", sa.Text(), nullable=True),
        sa.Column("known_family_name", sa.Text(), nullable=True),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("gender_identity", sa.Text(), nullable=True),
        sa.Column("pronouns", sa.Text(), nullable=True),
        sa.Column("year_group", sa.Text(), nullable=True),
        sa.Column("registration_group", sa.Text(), nullable=True),
        sa.Column("first_language", sa.Text(), nullable=True),
        sa.Column("ethnicity", sa.Text(), nullable=True),
        sa.Column("sen_provision", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("unknown_upn_reason", sa.Text(), nullable=True),
        sa.Column("roll_status", sa.Text(), server_default="on_roll", nullable=False),
        sa.Column("sort_name", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "roll_status in ('expected', 'on_roll', 'left')", name=op.f("ck_child_roll_status")
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_child")),
    )
    op.create_index(
        op.f("ix_child_school_id_registration_group_sort_name_id"),
        "child",
        ["school_id", "registration_group", "sort_name", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_child_school_id_sort_name_id"),
        "child",
        ["school_id", "sort_name", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_child_school_id_year_group_sort_name_id"),
        "child",
        ["school_id", "year_group", "sort_name", "id"],
        unique=False,
    )
    op.create_table(
        "idempotency_key",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", postgresql.BYTEA(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(), nullable=True),
        sa.Column("body", postgresql.BYTEA(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("school_id", "actor_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(
        op.f("ix_idempotency_key_school_id_created_at"),
        "idempotency_key",
        ["school_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "name_token",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_name_token")),
    )
    op.create_index(
        "ix_name_token_trigram",
        "name_token",
        ["school_id", "token"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"token": "gin_trgm_ops"},
    )
    op.create_index("uq_name_token_token", "name_token", ["school_id", "token"], unique=True)
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("urn", sa.Text(), nullable=True),
        sa.Column("laestab", sa.Text(), nullable=True),
        sa.Column("local_authority", sa.Text(), nullable=True),
        sa.Column("nation", sa.Text(), server_default="england", nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column(
            "settings", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('school', 'trust')", name=op.f("ck_organisation_kind")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["organisation.id"], name=op.f("fk_organisation_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_index(op.f("ix_organisation_parent_id"), "organisation", ["parent_id"], unique=False)
    op.create_table(
        "reference_counter",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("school_id", "kind", "year", name=op.f("pk_reference_counter")),
    )
    op.create_table(
        "roster_import",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("organisation_source_id", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("source_version", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "counts", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("held_because", sa.Text(), nullable=True),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_roster_import")),
    )
    op.create_index(
        "ix_roster_import_newest",
        "roster_import",
        ["school_id", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(
        op.f("ix_sign_in_attempt_account_id_at"),
        "sign_in_attempt",
        ["account_id", "at"],
        unique=False,
    )
    op.create_table(
        "sign_in_guard",
        sa.Column("email_hash", sa.LargeBinary(), nullable=False),
        sa.Column("failed_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("email_hash", name=op.f("pk_sign_in_guard")),
    )
    op.create_table(
        "staff",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("job_title", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_staff")),
    )
    op.create_index(
        "uq_staff_source",
        "staff",
        ["school_id", "source", "source_id"],
        unique=True,
        postgresql_where=sa.text("source_id is not null"),
    )
    op.create_table(
        "trail",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("noun_id", sa.Uuid(), nullable=True),
        sa.Column("child_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("before_hash", sa.Text(), nullable=True),
        sa.Column("after_hash", sa.Text(), nullable=True),
        sa.Column(
            "details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_trail")),
    )
    op.create_index("ix_trail_order", "trail", ["xid", "seq"], unique=False)
    op.create_index(
        op.f("ix_trail_school_id_noun_id_seq"),
        "trail",
        ["school_id", "noun_id", "seq"],
        unique=False,
    )
    op.create_table(
        "account_token",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_token_account_id")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_account_token")),
    )
    op.create_index(
        op.f("ix_account_token_account_id"), "account_token", ["account_id"], unique=False
    )
    op.create_table(
        "auth_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("amr", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_auth_session_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_auth_session_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_session")),
    )
    op.create_index(
        op.f("ix_auth_session_account_id"), "auth_session", ["account_id"], unique=False
    )
    op.create_table(
        "child_identifier",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("suppressed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_child_identifier_school_id_child_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_child_identifier")),
    )
    op.create_index(
        op.f("ix_child_identifier_school_id_child_id"),
        "child_identifier",
        ["school_id", "child_id"],
        unique=False,
    )
    op.create_index(
        "uq_child_identifier_live",
        "child_identifier",
        ["school_id", "system", "value"],
        unique=True,
        postgresql_where=sa.text("valid_to is null"),
    )
    op.create_table(
        "child_name_token",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_child_name_token_school_id_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", "token", name=op.f("pk_child_name_token")),
    )
    op.create_index(
        "ix_child_name_token_search", "child_name_token", ["school_id", "token", "id"], unique=False
    )
    op.create_table(
        "child_status",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("lead_agency", sa.Text(), nullable=True),
        sa.Column("worker", postgresql.JSONB(), nullable=True),
        sa.Column("review_due", sa.Date(), nullable=True),
        sa.Column("confidentiality", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "confidentiality ~ '^K[2-5]$'", name=op.f("ck_child_status_confidentiality")
        ),
        sa.CheckConstraint(
            "valid_to is null or valid_to >= valid_from", name=op.f("ck_child_status_interval")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "added_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_child_status_school_id_added_by"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_child_status_school_id_child_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_child_status")),
    )
    op.create_index(
        op.f("ix_child_status_school_id_child_id"),
        "child_status",
        ["school_id", "child_id"],
        unique=False,
    )
    op.create_table(
        "concern",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reporter_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurred_precision", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=True),
        sa.Column("alleged_source_of_harm", sa.Text(), nullable=True),
        sa.Column("immediacy", sa.Text(), nullable=False),
        sa.Column("reported_categories", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("told_already", postgresql.JSONB(), nullable=False),
        sa.Column("parents_told", postgresql.JSONB(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("confidentiality", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("level_label", sa.Text(), nullable=True),
        sa.Column("primary_category", sa.Text(), nullable=True),
        sa.Column("categories", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_rule", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("triaged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("triaged_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duplicate_of", sa.Uuid(), nullable=True),
        sa.Column("pending", postgresql.JSONB(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(ended_at is not null) = (state in ('closed', 'duplicate_of', 'entered_in_error'))",
            name=op.f("ck_concern_ended"),
        ),
        sa.CheckConstraint("confidentiality ~ '^K[2-5]$'", name=op.f("ck_concern_confidentiality")),
        sa.CheckConstraint(
            "ended_at is not null or (owner_id is not null and due_at is not null)",
            name=op.f("ck_concern_never_without_owner_or_due_time"),
        ),
        sa.CheckConstraint("level between 1 and 4", name=op.f("ck_concern_level")),
        sa.ForeignKeyConstraint(
            ["school_id", "acknowledged_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_concern_school_id_acknowledged_by"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "duplicate_of"],
            ["concern.school_id", "concern.id"],
            name=op.f("fk_concern_school_id_duplicate_of"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "owner_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_concern_school_id_owner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "reporter_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_concern_school_id_reporter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "triaged_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_concern_school_id_triaged_by"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_concern")),
    )
    op.create_index(
        "ix_concern_due",
        "concern",
        ["school_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(
        "ix_concern_newest",
        "concern",
        ["school_id", sa.literal_column("recorded_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_concern_open_newest",
        "concern",
        ["school_id", sa.literal_column("recorded_at desc"), sa.literal_column("id desc")],
        unique=False,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(
        "ix_concern_owner",
        "concern",
        ["school_id", "owner_id", sa.literal_column("recorded_at desc")],
        unique=False,
    )
    op.create_index(
        "ix_concern_reporter",
        "concern",
        ["school_id", "reporter_id", sa.literal_column("recorded_at desc")],
        unique=False,
    )
    op.create_index("uq_concern_reference", "concern", ["school_id", "reference"], unique=True)
    op.create_table(
        "contact",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("parental_responsibility", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("lives_with", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("is_parent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("contact_allowed", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("restriction", sa.Text(), nullable=True),
        sa.Column(
            "court_orders",
            postgresql.JSONB(),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("may_be_told", sa.Boolean(), nullable=True),
        sa.Column("may_be_told_reason", sa.Text(), nullable=True),
        sa.Column(
            "alleged_source_of_harm", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_contact_school_id_child_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_contact")),
    )
    op.create_index(
        op.f("ix_contact_school_id_child_id"), "contact", ["school_id", "child_id"], unique=False
    )
    op.create_index(
        "uq_contact_source",
        "contact",
        ["school_id", "source", "source_id", "child_id"],
        unique=True,
        postgresql_where=sa.text("source_id is not null"),
    )
    op.create_table(
        "enrolment",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("leaving_reason", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_enrolment_school_id_child_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_enrolment")),
    )
    op.create_index(
        op.f("ix_enrolment_school_id_child_id"),
        "enrolment",
        ["school_id", "child_id"],
        unique=False,
    )
    op.create_table(
        "membership",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column(
            "cohort", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "valid_to is null or valid_to >= valid_from", name=op.f("ck_membership_interval")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "staff_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_membership_school_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_membership")),
    )
    op.create_index("ix_membership_account", "membership", ["staff_id"], unique=False)
    op.create_index(
        op.f("ix_membership_school_id_role"), "membership", ["school_id", "role"], unique=False
    )
    op.create_index(
        op.f("ix_membership_school_id_staff_id_role"),
        "membership",
        ["school_id", "staff_id", "role"],
        unique=False,
    )
    op.create_table(
        "relationship",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("other_child_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("child_id <> other_child_id", name=op.f("ck_relationship_two_children")),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_relationship_school_id_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "other_child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_relationship_school_id_other_child_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_relationship")),
    )
    op.create_index(
        op.f("ix_relationship_school_id_child_id"),
        "relationship",
        ["school_id", "child_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_relationship_school_id_other_child_id"),
        "relationship",
        ["school_id", "other_child_id"],
        unique=False,
    )
    op.create_table(
        "roster_link",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("local_id", sa.Uuid(), nullable=False),
        sa.Column("row_hash", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id", "import_id"],
            ["roster_import.school_id", "roster_import.id"],
            name=op.f("fk_roster_link_school_id_import_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_roster_link")),
    )
    op.create_index(
        op.f("ix_roster_link_school_id_local_id"),
        "roster_link",
        ["school_id", "local_id"],
        unique=False,
    )
    op.create_index(
        "uq_roster_link_source",
        "roster_link",
        ["school_id", "source", "kind", "source_id"],
        unique=True,
    )
    op.create_table(
        "roster_problem",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "import_id"],
            ["roster_import.school_id", "roster_import.id"],
            name=op.f("fk_roster_problem_school_id_import_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_roster_problem")),
    )
    op.create_index(
        op.f("ix_roster_problem_school_id_import_id_position"),
        "roster_problem",
        ["school_id", "import_id", "position"],
        unique=False,
    )
    op.create_table(
        "snapshot",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('share', 'referral')", name=op.f("ck_snapshot_kind")),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_snapshot_school_id_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "made_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_snapshot_school_id_made_by"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_snapshot")),
    )
    op.create_table(
        "account_statement",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("concern_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("prompted_by", sa.Text(), nullable=True),
        sa.Column("told_by", sa.Text(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id", "concern_id"],
            ["concern.school_id", "concern.id"],
            name=op.f("fk_account_statement_school_id_concern_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_account_statement")),
    )
    op.create_index(
        op.f("ix_account_statement_school_id_concern_id"),
        "account_statement",
        ["school_id", "concern_id"],
        unique=False,
    )
    op.create_table(
        "action",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("concern_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(ended_at is null) = (state = 'open')", name=op.f("ck_action_ended")),
        sa.CheckConstraint("state in ('open', 'done', 'dropped')", name=op.f("ck_action_state")),
        sa.ForeignKeyConstraint(
            ["school_id", "concern_id"],
            ["concern.school_id", "concern.id"],
            name=op.f("fk_action_school_id_concern_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "ended_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_action_school_id_ended_by"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "owner_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_action_school_id_owner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "set_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_action_school_id_set_by"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_action")),
    )
    op.create_index(
        "ix_action_owner_open",
        "action",
        ["school_id", "owner_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        op.f("ix_action_school_id_concern_id"), "action", ["school_id", "concern_id"], unique=False
    )
    op.create_table(
        "attachment",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("concern_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "added_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_attachment_school_id_added_by"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "concern_id"],
            ["concern.school_id", "concern.id"],
            name=op.f("fk_attachment_school_id_concern_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_attachment")),
    )
    op.create_index(
        op.f("ix_attachment_school_id_concern_id"),
        "attachment",
        ["school_id", "concern_id"],
        unique=False,
    )
    op.create_table(
        "body_mark",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("concern_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("size_mm", sa.Integer(), nullable=True),
        sa.Column("colour", sa.Text(), nullable=True),
        sa.Column("shape", sa.Text(), nullable=True),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column(
            "details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_body_mark_school_id_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "concern_id"],
            ["concern.school_id", "concern.id"],
            name=op.f("fk_body_mark_school_id_concern_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_body_mark")),
    )
    op.create_index(
        op.f("ix_body_mark_school_id_concern_id"),
        "body_mark",
        ["school_id", "concern_id"],
        unique=False,
    )
    op.create_table(
        "chronology_entry",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurred_precision", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("thing_id", sa.Uuid(), nullable=False),
        sa.Column("concern_id", sa.Uuid(), nullable=True),
        sa.Column("confidentiality", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("author_role", sa.Text(), nullable=False),
        sa.Column("significant", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "author_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_chronology_entry_school_id_author_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_chronology_entry_school_id_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "concern_id"],
            ["concern.school_id", "concern.id"],
            name=op.f("fk_chronology_entry_school_id_concern_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_chronology_entry")),
    )
    op.create_index(
        "ix_chronology_entry_child",
        "chronology_entry",
        [
            "school_id",
            "child_id",
            sa.literal_column("occurred_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_table(
        "comment",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("concern_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "author_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_comment_school_id_author_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "concern_id"],
            ["concern.school_id", "concern.id"],
            name=op.f("fk_comment_school_id_concern_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_comment")),
    )
    op.create_index(
        op.f("ix_comment_school_id_concern_id"),
        "comment",
        ["school_id", "concern_id"],
        unique=False,
    )
    op.create_table(
        "concern_child",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_concern_child_school_id_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "id"],
            ["concern.school_id", "concern.id"],
            name=op.f("fk_concern_child_school_id_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", "child_id", name=op.f("pk_concern_child")),
    )
    op.create_index(
        op.f("ix_concern_child_school_id_child_id_id"),
        "concern_child",
        ["school_id", "child_id", "id"],
        unique=False,
    )
    op.create_table(
        "concern_event",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("concern_id", sa.Uuid(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("by_role", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column(
            "details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "by_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_concern_event_school_id_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "concern_id"],
            ["concern.school_id", "concern.id"],
            name=op.f("fk_concern_event_school_id_concern_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_concern_event")),
    )
    op.create_index(
        op.f("ix_concern_event_school_id_concern_id"),
        "concern_event",
        ["school_id", "concern_id"],
        unique=False,
    )
    op.create_table(
        "decision",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("concern_id", sa.Uuid(), nullable=True),
        sa.Column("child_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("options", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("advice", postgresql.JSONB(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_on", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "concern_id is not null or child_id is not null",
            name=op.f("ck_decision_about_something"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_decision_school_id_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "concern_id"],
            ["concern.school_id", "concern.id"],
            name=op.f("fk_decision_school_id_concern_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "decided_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_decision_school_id_decided_by"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_decision")),
    )
    op.create_index(
        op.f("ix_decision_school_id_child_id"), "decision", ["school_id", "child_id"], unique=False
    )
    op.create_index(
        op.f("ix_decision_school_id_concern_id"),
        "decision",
        ["school_id", "concern_id"],
        unique=False,
    )
    op.create_table(
        "refresh_token",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["auth_session.id"], name=op.f("fk_refresh_token_session_id")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_refresh_token")),
    )
    op.create_index(
        op.f("ix_refresh_token_session_id"), "refresh_token", ["session_id"], unique=False
    )
    op.create_table(
        "alert",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("concern_id", sa.Uuid(), nullable=True),
        sa.Column("action_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "action_id"],
            ["action.school_id", "action.id"],
            name=op.f("fk_alert_school_id_action_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "concern_id"],
            ["concern.school_id", "concern.id"],
            name=op.f("fk_alert_school_id_concern_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "recipient_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_alert_school_id_recipient_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_alert")),
    )
    op.create_index(
        "ix_alert_tray",
        "alert",
        [
            "school_id",
            "recipient_id",
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index(
        "ix_alert_unsent",
        "alert",
        ["school_id", "concern_id"],
        unique=False,
        postgresql_where=sa.text("sent_at is null"),
    )
    op.create_index(
        "uq_alert_concern",
        "alert",
        ["school_id", "concern_id", "kind", "recipient_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'concern_raised'"),
    )
    op.create_table(
        "amendment",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("concern_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "author_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_amendment_school_id_author_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "concern_id"],
            ["concern.school_id", "concern.id"],
            name=op.f("fk_amendment_school_id_concern_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "statement_id"],
            ["account_statement.school_id", "account_statement.id"],
            name=op.f("fk_amendment_school_id_statement_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_amendment")),
    )
    op.create_index(
        op.f("ix_amendment_school_id_concern_id"),
        "amendment",
        ["school_id", "concern_id"],
        unique=False,
    )
    op.create_table(
        "referral",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("concern_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.JSONB(), nullable=False),
        sa.Column("consent", postgresql.JSONB(), nullable=True),
        sa.Column("items", postgresql.JSONB(), nullable=False),
        sa.Column("lawful_basis", sa.Text(), nullable=True),
        sa.Column("special_category_condition", sa.Text(), nullable=True),
        sa.Column("para18_limb", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "approvals", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("snapshot_id", sa.Uuid(), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_rule", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agency_reference", sa.Text(), nullable=True),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "ended_at is not null or due_at is not null", name=op.f("ck_referral_never_without_due")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "agency_id"],
            ["agency.school_id", "agency.id"],
            name=op.f("fk_referral_school_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_referral_school_id_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "concern_id"],
            ["concern.school_id", "concern.id"],
            name=op.f("fk_referral_school_id_concern_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "decision_id"],
            ["decision.school_id", "decision.id"],
            name=op.f("fk_referral_school_id_decision_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "drafted_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_referral_school_id_drafted_by"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "owner_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_referral_school_id_owner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "snapshot_id"],
            ["snapshot.school_id", "snapshot.id"],
            name=op.f("fk_referral_school_id_snapshot_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_referral")),
    )
    op.create_index(
        "ix_referral_child",
        "referral",
        [
            "school_id",
            "child_id",
            sa.literal_column("drafted_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index(
        "ix_referral_newest",
        "referral",
        ["school_id", sa.literal_column("drafted_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index("uq_referral_reference", "referral", ["school_id", "reference"], unique=True)
    op.create_table(
        "share",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_kind", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.Column("recipient", postgresql.JSONB(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("purpose_detail", sa.Text(), nullable=True),
        sa.Column("lawful_basis", sa.Text(), nullable=True),
        sa.Column("special_category_condition", sa.Text(), nullable=True),
        sa.Column("para18_limb", sa.Text(), nullable=True),
        sa.Column("detriment_test", postgresql.JSONB(), nullable=True),
        sa.Column("agreement", postgresql.JSONB(), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("items", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "approvals", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("snapshot_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_rule", sa.Text(), nullable=True),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('draft', 'revoked', 'expired') or snapshot_id is not null",
            name=op.f("ck_share_frozen_when_approved"),
        ),
        sa.CheckConstraint(
            "ended_at is not null or due_at is not null", name=op.f("ck_share_never_without_due")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "agency_id"],
            ["agency.school_id", "agency.id"],
            name=op.f("fk_share_school_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_share_school_id_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "contact_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_share_school_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "decision_id"],
            ["decision.school_id", "decision.id"],
            name=op.f("fk_share_school_id_decision_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "drafted_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_share_school_id_drafted_by"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "owner_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_share_school_id_owner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "snapshot_id"],
            ["snapshot.school_id", "snapshot.id"],
            name=op.f("fk_share_school_id_snapshot_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_share")),
    )
    op.create_index(
        "ix_share_child",
        "share",
        [
            "school_id",
            "child_id",
            sa.literal_column("drafted_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index(
        "ix_share_newest",
        "share",
        ["school_id", sa.literal_column("drafted_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index("uq_share_reference", "share", ["school_id", "reference"], unique=True)
    op.create_table(
        "referral_event",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column(
            "details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "by_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_referral_event_school_id_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "referral_id"],
            ["referral.school_id", "referral.id"],
            name=op.f("fk_referral_event_school_id_referral_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_referral_event")),
    )
    op.create_index(
        op.f("ix_referral_event_school_id_referral_id"),
        "referral_event",
        ["school_id", "referral_id"],
        unique=False,
    )
    op.create_table(
        "share_event",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("route", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column(
            "details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "by_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_share_event_school_id_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "share_id"],
            ["share.school_id", "share.id"],
            name=op.f("fk_share_event_school_id_share_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_share_event")),
    )
    op.create_index(
        op.f("ix_share_event_school_id_share_id"),
        "share_event",
        ["school_id", "share_id"],
        unique=False,
    )


DROP_ORDER = (
    "share_event",
    "referral_event",
    "share",
    "referral",
    "amendment",
    "alert",
    "refresh_token",
    "decision",
    "concern_event",
    "concern_child",
    "comment",
    "chronology_entry",
    "body_mark",
    "attachment",
    "action",
    "account_statement",
    "snapshot",
    "roster_problem",
    "roster_link",
    "relationship",
    "membership",
    "enrolment",
    "contact",
    "concern",
    "child_status",
    "child_name_token",
    "child_identifier",
    "auth_session",
    "account_token",
    "trail",
    "staff",
    "sign_in_guard",
    "sign_in_attempt",
    "roster_import",
    "reference_counter",
    "organisation",
    "name_token",
    "idempotency_key",
    "child",
    "agency",
    "account",
)
