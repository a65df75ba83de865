"""Imports of what another system kept: each file, its plan, its problems, and who is who in it."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school
from app.db.models.exchange.imports import FileImport, FileProblem


class PastImport(FileImport):
    """One file of past entries and what became of it. Its entries name it for as long as they are.

    `plan_only` was sent to be looked at: it is planned like any other and cannot be approved.
    """

    __tablename__ = "past_import"
    __changes__: ClassVar[tuple[str, ...]] = (
        *FileImport.__changes__, "confidentiality", "categories", "highest_class", "approved_by",
        "approved_at", "seconded_by", "seconded_at", "add_changed", "mapping", "reason",
        "undone_by", "undone_at", "undo_reason",
    )  # fmt: skip

    kind: Mapped[str]
    source: Mapped[str]
    """The installation, such as `cpoms:hilltop`: numbers repeat between installations."""
    key: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    confidentiality: Mapped[str]
    """The lowest class that an entry of it has."""
    categories: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    highest_class: Mapped[str | None]
    approved_by: Mapped[uuid.UUID | None]
    approved_at: Mapped[datetime | None]
    seconded_by: Mapped[uuid.UUID | None]
    seconded_at: Mapped[datetime | None]
    """The second lead, needed by the most confidential class."""
    add_changed: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether rows that changed since they came in come in beside what came first."""
    mapping: Mapped[dict[str, Any] | None]
    """For columns of other names: what is proposed for them, or what was confirmed."""
    reason: Mapped[str | None]
    undone_by: Mapped[uuid.UUID | None]
    undone_at: Mapped[datetime | None]
    undo_reason: Mapped[str | None]

    __table_args__ = (
        *within_school("staff", "approved_by", "seconded_by", "undone_by"),
        CheckConstraint("seconded_by <> approved_by", name="two_people"),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        CheckConstraint("highest_class ~ '^K[2-5]$'", name="highest_class"),
        index("ix_past_import_newest", "created_at desc", "id desc"),
    )

    @property
    def details(self) -> dict[str, str]:
        """What the audit log says of it when it comes."""
        return {"kind": self.kind, "source": self.source, "sha256": self.sha256}


class PastProblem(FileProblem):
    """One fault in a file of past entries."""

    __tablename__ = "past_problem"
    __deletable__: ClassVar[bool] = True

    __table_args__ = (
        *within_school("past_import", "import_id"),
        index("ix_past_problem_position", "import_id", "position"),
    )


class PastRow(SchoolRow):
    """One row of a plan, until its import ends. What concerns staff is never kept here.

    `content` is None where nothing can come of the row.
    """

    __tablename__ = "past_row"
    __changes__: ClassVar[tuple[str, ...]] = (
        "fate", "codes", "confidentiality", "applied", "amends",
    )  # fmt: skip
    __deletable__: ClassVar[bool] = True

    import_id: Mapped[uuid.UUID]
    position: Mapped[int]
    line: Mapped[int]
    source_id: Mapped[str]
    sha256: Mapped[str]
    fate: Mapped[str]
    codes: Mapped[list[str]]
    confidentiality: Mapped[str]
    is_open: Mapped[bool]
    children: Mapped[list[dict[str, Any]]]
    """Of each child its role, and its id or None."""
    unmatched: Mapped[list[str]]
    """References of which nobody knows yet which child they mean."""
    content: Mapped[dict[str, Any] | None]
    cells: Mapped[dict[str, Any]] = mapped_column(JSONB)
    applied: Mapped[bool] = mapped_column(server_default=text("false"))
    amends: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it stands beside an earlier version of itself."""

    __table_args__ = (
        *within_school("past_import", "import_id"),
        index("uq_past_row_position", "import_id", "position"),
        index("ix_past_row_source", "import_id", "source_id"),
    )


class PastMapping(SchoolRow):
    """What the columns of a system's files mean, as a person confirmed it for this header."""

    __tablename__ = "past_mapping"
    __changes__: ClassVar[tuple[str, ...]] = ("mapping", "confirmed_by", "confirmed_at")

    source: Mapped[str]
    kind: Mapped[str]
    header: Mapped[str]
    mapping: Mapped[dict[str, Any]]
    confirmed_by: Mapped[uuid.UUID]
    confirmed_at: Mapped[datetime]

    __table_args__ = (index("uq_past_mapping_header", "source", "kind", "header"),)


class PastAuthor(SchoolRow):
    """Whose account a name of another system belongs to, as its list of staff and a lead say.

    It gives nobody a role or a right: entries keep the name that is written there.
    """

    __tablename__ = "past_author"
    __deletable__: ClassVar[bool] = True

    import_id: Mapped[uuid.UUID]
    source: Mapped[str]
    source_id: Mapped[str]
    sha256: Mapped[str]
    name: Mapped[str]
    staff_code: Mapped[str | None]
    staff_id: Mapped[uuid.UUID | None]

    __table_args__ = (
        *within_school("past_import", "import_id"),
        *within_school("staff", "staff_id"),
        index("uq_past_author_source", "source", "source_id"),
        index("ix_past_author_import", "import_id"),
    )


class PastChild(SchoolRow):
    """Which child a reference of another system means, once a person has said so."""

    __tablename__ = "past_child"
    __changes__: ClassVar[tuple[str, ...]] = ("child_id", "decided_by", "decided_at")

    source: Mapped[str]
    reference: Mapped[str]
    child_id: Mapped[uuid.UUID | None]
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("staff", "decided_by"),
        CheckConstraint("(child_id is null) = (decided_by is null)", name="decided"),
        index("uq_past_child_reference", "source", "reference"),
    )  # fmt: skip
