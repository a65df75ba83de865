"""What every table shares: naming, the two-part key, and what the application may change."""

import uuid
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


class SchoolRow(Base):
    """A row that belongs to one school: forced row-level security and a two-part key."""

    __abstract__ = True

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, sort_order=-2)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, sort_order=-1)


def within_school(column: str, table: str, **options: Any) -> ForeignKeyConstraint:
    """A reference that cannot cross schools, since referential checks bypass policies."""
    return ForeignKeyConstraint(
        ["school_id", column], [f"{table}.school_id", f"{table}.id"], **options
    )
