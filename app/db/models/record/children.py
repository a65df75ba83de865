"""The child, and everything that is true of a child for a while."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class Child(SchoolRow):
    """A child known to a school. A roster never deletes one."""

    __tablename__ = "child"
    __kind__ = {"child": "t.id"}
    __changes__: ClassVar[tuple[str, ...]] = (
        "legal_given_name", "legal_family_name", "middle_names", "known_given_name",
        "known_family_name", "date_of_birth", "sex", "gender_identity", "pronouns", "year_group",
        "registration_group", "first_language", "ethnicity", "sen_provision", "address",
        "unknown_upn_reason", "roll_status", "sort_name", "version", "changed_at",
    )  # fmt: skip

    legal_given_name: Mapped[str]
    legal_family_name: Mapped[str]
    middle_names: Mapped[str | None]
    known_given_name: Mapped[str | None]
    known_family_name: Mapped[str | None]
    date_of_birth: Mapped[date | None]
    sex: Mapped[str | None]
    gender_identity: Mapped[str | None]
    pronouns: Mapped[str | None]
    year_group: Mapped[str | None]
    registration_group: Mapped[str | None]
    first_language: Mapped[str | None]
    ethnicity: Mapped[str | None]
    sen_provision: Mapped[str | None]
    address: Mapped[str | None]
    unknown_upn_reason: Mapped[str | None]
    roll_status: Mapped[str] = mapped_column(server_default="on_roll")
    sort_name: Mapped[str] = mapped_column(Text(collation="C"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("roll_status in ('expected', 'on_roll', 'left')", name="roll_status"),
        Index(None, "school_id", "sort_name", "id"),
        Index(None, "school_id", "year_group", "sort_name", "id"),
        Index(None, "school_id", "registration_group", "sort_name", "id"),
    )


class ChildNameToken(SchoolRow):
    """One folded word of one child's names: what name search reads (leakproof `=` and ranges)."""

    __tablename__ = "child_name_token"
    __deletable__ = True

    token: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)

    __table_args__ = (
        within_school("id", "child"),
        Index("ix_child_name_token_search", "school_id", "token", "id"),
    )


class NameToken(SchoolRow):
    """Each distinct name word of a school: where a search with a typo looks for neighbours.

    Rows are added and never removed, so that two children who share a name cannot race.
    """

    __tablename__ = "name_token"

    token: Mapped[str] = mapped_column(Text(collation="C"))

    __table_args__ = (
        Index("uq_name_token_token", "school_id", "token", unique=True),
        Index(
            "ix_name_token_trigram", "school_id", "token",
            postgresql_using="gin", postgresql_ops={"token": "gin_trgm_ops"},
        ),
    )  # fmt: skip


class ChildIdentifier(SchoolRow):
    """A number or local id of a child in some system, from a day until a day."""

    __tablename__ = "child_identifier"
    __noun__ = "identifier"
    __kind__ = {}
    __changes__: ClassVar[tuple[str, ...]] = ("valid_to", "ended_by", "suppressed")

    child_id: Mapped[uuid.UUID]
    system: Mapped[str]
    value: Mapped[str]
    source: Mapped[str]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    suppressed: Mapped[bool] = mapped_column(server_default=text("false"))
    added_by: Mapped[uuid.UUID | None]
    ended_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        Index(
            "uq_child_identifier_live", "school_id", "system", "value",
            unique=True, postgresql_where=text("valid_to is null"),
        ),
        Index(None, "school_id", "child_id"),
        Index("ix_child_identifier_value", "school_id", "system", "value"),
    )  # fmt: skip


class Enrolment(SchoolRow):
    """A stay of a child on the roll of this school."""

    __tablename__ = "enrolment"
    __changes__: ClassVar[tuple[str, ...]] = ("valid_to", "leaving_reason")

    child_id: Mapped[uuid.UUID]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    leaving_reason: Mapped[str | None]
    source: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        Index(None, "school_id", "child_id"),
    )


class Contact(SchoolRow):
    """A parent, carer or professional of one child, and what they may do.

    `may_be_told` None means derived (see `domain.children.rules.may_be_told`).
    """

    __tablename__ = "contact"
    __kind__ = {}
    __changes__: ClassVar[tuple[str, ...]] = (
        "name", "kind", "organisation", "email", "phone", "address", "language",
        "parental_responsibility", "lives_with", "is_parent", "contact_allowed", "restriction",
        "court_orders", "may_be_told", "may_be_told_reason", "alleged_source_of_harm", "priority",
        "known_before", "typed_by", "valid_to", "version", "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    name: Mapped[str]
    organisation: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    address: Mapped[str | None]
    language: Mapped[str | None]
    parental_responsibility: Mapped[str] = mapped_column(server_default="unknown")
    lives_with: Mapped[str] = mapped_column(server_default="unknown")
    is_parent: Mapped[bool] = mapped_column(server_default=text("false"))
    contact_allowed: Mapped[str] = mapped_column(server_default="unknown")
    restriction: Mapped[str | None]
    court_orders: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    may_be_told: Mapped[bool | None]
    may_be_told_reason: Mapped[str | None]
    alleged_source_of_harm: Mapped[bool] = mapped_column(server_default=text("false"))
    known_before: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    """Former names and addresses of somebody barred: the bar follows them there, too."""
    typed_by: Mapped[uuid.UUID | None]
    """Who wrote kind or e-mail address last by hand; None where a roster said them."""
    priority: Mapped[int | None]
    source: Mapped[str]
    source_id: Mapped[str | None]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("typed_by", "staff"),
        Index(None, "school_id", "child_id"),
        Index(
            "uq_contact_source", "school_id", "source", "source_id", "child_id",
            unique=True, postgresql_where=text("source_id is not null"),
        ),
    )  # fmt: skip


class Relationship(SchoolRow):
    """Two children who are connected: found from the roster or said by a person."""

    __tablename__ = "relationship"
    __changes__: ClassVar[tuple[str, ...]] = (
        "confirmed_by", "confirmed_at", "valid_to", "ended_by", "version",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    other_child_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    note: Mapped[str | None]
    source: Mapped[str]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    added_by: Mapped[uuid.UUID | None]
    confirmed_by: Mapped[uuid.UUID | None]
    confirmed_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("other_child_id", "child"),
        CheckConstraint("child_id <> other_child_id", name="two_children"),
        Index(None, "school_id", "child_id"),
        Index(None, "school_id", "other_child_id"),
    )


class ChildStatus(SchoolRow):
    """A status such as a child protection plan: an interval with evidence, never a boolean."""

    __tablename__ = "child_status"
    __noun__: ClassVar[str] = "status"
    __kind__: ClassVar[Mapping[str, Any]] = {"open_when": "t.valid_to is null"}
    __changes__: ClassVar[tuple[str, ...]] = (
        "valid_to", "end_reason", "review_due", "lead_agency", "worker", "evidence", "version",
        "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    detail: Mapped[str | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    end_reason: Mapped[str | None]
    source: Mapped[str]
    evidence: Mapped[str | None]
    lead_agency: Mapped[str | None]
    worker: Mapped[dict[str, Any] | None]
    review_due: Mapped[date | None]
    confidentiality: Mapped[str]
    added_by: Mapped[uuid.UUID]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("added_by", "staff"),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        CheckConstraint("valid_to is null or valid_to >= valid_from", name="interval"),
        Index(None, "school_id", "child_id"),
    )
