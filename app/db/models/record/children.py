"""Children, their names, numbers and enrolments."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, Versioned, index, within_school


class Child(Versioned, SchoolRow):
    """A child known to a school. A roster never deletes one."""

    __tablename__ = "child"
    __kind__ = {"child": "t.id"}
    __history__ = True
    __changes__: ClassVar[tuple[str, ...]] = (
        "legal_given_name", "legal_family_name", "middle_names", "known_given_name",
        "known_family_name", "date_of_birth", "sex", "gender_identity", "pronouns", "year_group",
        "registration_group", "first_language", "ethnicity", "sen_provision", "address",
        "unknown_upn_reason_code", "roll_status", "sort_name", "merged_into", "merged_from",
        "version", "changed_at",
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
    unknown_upn_reason_code: Mapped[str | None]
    roll_status: Mapped[str] = mapped_column(server_default="on_roll")
    sort_name: Mapped[str] = mapped_column(Text(collation="C"))
    merged_into: Mapped[uuid.UUID | None]
    """The child who goes on, if this one was the same pupil: see `ChildMerge`."""
    merged_from: Mapped[list[uuid.UUID]] = mapped_column(
        ARRAY(Uuid(as_uuid=True)), server_default=text("'{}'")
    )
    """Children merged into this one, the other side of `merged_into`."""
    created_at: Mapped[datetime]

    __table_args__ = (
        *within_school("child", "merged_into"),
        CheckConstraint("merged_into <> id", name="two_children"),
        CheckConstraint("roll_status in ('expected', 'on_roll', 'left')", name="roll_status"),
        index(None, "sort_name", "id"),
        index(None, "year_group", "sort_name", "id"),
        index(None, "registration_group", "sort_name", "id"),
    )


class ChildNameToken(SchoolRow):
    """One folded word of a child's names, which name search reads (leakproof `=` and ranges)."""

    __tablename__ = "child_name_token"
    __deletable__ = True

    token: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)

    __table_args__ = (
        *within_school("child", "id"),
        index("ix_child_name_token_search", "token", "id"),
    )


class NameToken(SchoolRow):
    """Each distinct name word of a school: a search with a typo looks for neighbours here.

    Rows are added and never removed, so that two children who share a name cannot race.
    """

    __tablename__ = "name_token"

    token: Mapped[str] = mapped_column(Text(collation="C"))

    __table_args__ = (
        index("uq_name_token_token", "token"),
        index(
            "ix_name_token_trigram", "token", postgresql_using="gin",
            postgresql_ops={"token": "gin_trgm_ops"},
        ),
    )  # fmt: skip


class ChildIdentifier(SchoolRow):
    """A number or local id of a child in another system, from a day until a day."""

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
    import_id: Mapped[uuid.UUID | None]
    """The roster import that added it."""
    created_at: Mapped[datetime]

    __table_args__ = (
        *within_school("child", "child_id"),
        index("uq_child_identifier_live", "system", "value", where="valid_to is null"),
        index(None, "child_id"),
        index("ix_child_identifier_value", "system", "value"),
    )  # fmt: skip


class Enrolment(SchoolRow):
    """A child's stay on the roll of this school."""

    __tablename__ = "enrolment"
    __changes__: ClassVar[tuple[str, ...]] = ("valid_to", "leaving_reason", "ended_import_id")

    child_id: Mapped[uuid.UUID]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    leaving_reason: Mapped[str | None]
    source: Mapped[str]
    import_id: Mapped[uuid.UUID | None]
    """The roster import that added it."""
    ended_import_id: Mapped[uuid.UUID | None]
    """The roster import that ended it."""
    created_at: Mapped[datetime]

    __table_args__ = (
        *within_school("child", "child_id"),
        index(None, "child_id"),
    )
