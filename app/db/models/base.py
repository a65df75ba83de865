"""What every table shares: naming, the two-part key, and what the application may change."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, ForeignKeyConstraint, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """A mapped noun.

    `__changes__` names the columns the application role may UPDATE, `__deletable__`
    whether it may DELETE; everything else is immutable by privilege (a test compares
    both with the catalogue). `__clocked__` is the noun of a record that has one due time
    while it is open: every change of that time is kept as a `deadline`.
    """

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        uuid.UUID: Uuid(as_uuid=True),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(none_as_null=True),
        list[dict[str, Any]]: JSONB(none_as_null=True),
        list[str]: ARRAY(Text),
    }
    __changes__: ClassVar[tuple[str, ...]] = ()
    __deletable__: ClassVar[bool] = False


NO_ID, NO_IDS = "null::uuid", "null::uuid[]"
TODAY = "{today}"
"""In SQL of a kind: the day at school, where a statement has it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """How a kind is stored: SQL of what statements over every kind read of a row (alias `t`).

    A column of the usual name need not be said: `owner_id`, `child_id`, `concern_id`,
    `confidentiality`, `ended_at`.
    """

    among: str = "true"
    """Which rows of its table are of the kind."""
    open_when: str = "t.ended_at is null"
    owned_when: str | None = None
    """Which have an owner, where that is more than the open ones."""
    concern: str = NO_ID
    """The concern whose conflicts of interest lock people out."""
    child: str = NO_ID
    candidates: str = NO_IDS
    """Further children that it may be about."""
    own_class: str = "null::text"
    """Its own class; a row of a concern has the concern's."""
    urgent: str = "false"
    holders: str = "array[t.owner_id]"
    """People who work with it: its owner, and those who stand in."""
    barred: str = NO_IDS
    """People who must never own it, whatever their role."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """Further conditions that its chain asks about, by name."""
    mentions: str = NO_IDS
    """Further concerns that it tells about."""
    reference: str = "null::text"
    label: str = "null::text"
    since: str = "t.set_at"
    """On its card in lists of every kind: reference, a word about it, since when."""


class SchoolRow(Base):
    """A row that belongs to one school: forced row-level security and a two-part key."""

    __abstract__ = True
    __kind__: ClassVar[Mapping[str, Any] | None] = None
    """For a kind: what differs from the columns of the usual names."""

    @classmethod
    def stored(cls) -> Stored:
        """How its rows are stored. Raises TypeError for a table that is no kind."""
        if cls.__kind__ is None:
            raise TypeError(f"{cls.__name__} is no kind")
        columns = cls.__table__.columns.keys()
        usual = {"concern": "concern_id", "child": "child_id", "own_class": "confidentiality"}
        named = {name: f"t.{column}" for name, column in usual.items() if column in columns}
        return Stored(**{**named, **cls.__kind__})

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, sort_order=-2)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, sort_order=-1)


def within_school(column: str, table: str, **options: Any) -> ForeignKeyConstraint:
    """A reference that cannot cross schools, since referential checks bypass policies."""
    return ForeignKeyConstraint(
        ["school_id", column], [f"{table}.school_id", f"{table}.id"], **options
    )
