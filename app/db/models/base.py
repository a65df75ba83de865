"""What all tables share: names, the two-part key, and what the application may change."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, ForeignKeyConstraint, Index, MetaData, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.db.behind import PLAIN, looked_up

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """A mapped noun.

    `__changes__` names the columns the application role may UPDATE, `__deletable__` whether it may
    DELETE; everything else is immutable by privilege (a test compares both with the catalogue). It
    cannot add rows of a model that is `__made_by_owner__`. `__clocked__` is the noun of a record
    with one due time while open: each change of that time makes a `deadline`.
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
    __made_by_owner__: ClassVar[bool] = False
    __deletable__: ClassVar[bool] = False


NO_ID, NO_IDS = "null::uuid", "null::uuid[]"
USUAL = {
    "owner": "owner_id", "concern": "concern_id", "child": "child_id",
    "own_class": "confidentiality",
}  # fmt: skip
TODAY = "{today}"
"""In a kind's SQL: the place for the day at school."""


@dataclass(frozen=True, slots=True)
class Stored:
    """How a kind is stored: SQL that statements over every kind read of a row (alias `t`).

    Columns with the usual names need no entry: `owner_id`, `child_id`, `concern_id`,
    `confidentiality`, `ended_at`.
    """

    among: str = "true"
    """Which rows of its table are of this kind."""
    open_when: str = "t.ended_at is null"
    owned_when: str | None = None
    """Which rows have an owner, if more than the open ones."""
    concern: str = NO_ID
    """The concern whose conflicts of interest lock people out."""
    joined: bool = False
    """Whether its chain reads a concern that is found by looking into other tables."""
    child: str = NO_ID
    candidates: str = NO_IDS
    """Further children it may be about."""
    own_class: str = "null::text"
    """Its own class; a concern's row has the concern's class."""
    urgent: str = "false"
    owner_reads: str = ""
    """The class that its owner must read; by default its concern's, or its own without one."""
    owner: str = NO_ID
    holders: tuple[str, ...] = ()
    """People who work with it: its owner and any stand-ins."""
    team: str = NO_IDS
    """Further people who work with it, from another table."""
    barred: str = NO_IDS
    """People who must never own it, whatever their role."""
    hidden: str = ""
    """People who must not see it; by default those who are barred."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """Further conditions of its chain, by name."""
    mentions: str = NO_IDS
    """Further concerns that it mentions."""
    items: str = ""
    """The items it is made of, as JSON, if it is a file that leaves the school."""
    outside: str = ""
    outside_at: str = ""
    """The kind of recipient outside the school who has it, and since when; null until then."""
    reference: str = "null::text"
    label: str = "null::text"
    since: str = "t.set_at"
    """For its card in mixed lists: reference, a word about it, and its date."""

    @property
    def named_marks(self) -> str:
        """The names of the marks that a row has."""
        cases = ", ".join(
            f"case when {when} then '{name}' end" for name, when in self.marks.items()
        )
        return f"array_remove(array[{cases}]::text[], null)"

    @property
    def joins(self) -> str:
        """Joins of a list in which conditions find its concern (`c`) and its child (`k`).

        A concern found by looking into other tables is not joined: that would happen for each row
        of the school. Conditions look it up instead.
        """
        child = f"left join child k on k.school_id = $1 and k.id = {self.child}"
        if self.concern == "t.id":
            return f"cross join lateral (select t.*) c {child}"
        if self.concern != NO_ID and not PLAIN.fullmatch(self.concern):
            result = f"(select x.* {looked_up('concern', 'x', self.concern)})"
            return f"left join lateral {result} c on true {child}" if self.joined else child
        return f"left join concern c on c.school_id = $1 and c.id = {self.concern} {child}"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the chronology shows of a row (alias `t`) beside its entry (`p`), each as SQL.

    A table with one appears in the chronology, and its kind's own chain decides who sees its
    entries.
    """

    name: str
    """Its name in the vocabulary `chronology_kinds`."""
    about: str = ""
    """The noun of its `thing_id`, if that is not a row of the kind itself."""
    often: bool = False
    """Whether most files have some. The others are read in a statement that names their tables."""
    joins: str = ""
    """Further tables that it shows columns of."""
    thing: str = "t.id"
    """The id that is the entry's `thing_id`."""
    rows: str = ""
    """Read in place of its table."""
    reference: str = "null::text"
    step: str = "null::text"
    state: str = "null::text"
    level: str = "null::int"
    category: str = "null::text"
    """Category of a concern that is not a row here."""
    status_kind: str = "null::text"
    safety_record_kind: str = "null::text"
    child_role: str = "null::text"
    summary: str = "null::text"
    child_said: str = "null::text"
    decision: str = "null::text"
    reason: str = "null::text"
    outcome: str = "null::text"
    author: str = "null::json"
    """The author, if not a member of this school."""
    recorded_at: str = "null::timestamptz"
    received: str = "null::json"
    past: str = "null::json"
    others: str = "null::json"
    """Other children it is about besides those of its concern: pairs of id and role."""


def _renamed(described: Any, row: str) -> Any:
    """SQL about a row `t`, under another alias."""
    if isinstance(described, str):
        return re.sub(r"\bt\.", f"{row}.", described)
    if isinstance(described, Mapping):
        return {name: _renamed(item, row) for name, item in described.items()}
    if isinstance(described, bool):
        return described
    return tuple(_renamed(item, row) for item in described)


class SchoolRow(Base):
    """A row that belongs to one school: forced row-level security and a two-part key."""

    __abstract__ = True
    __kind__: ClassVar[Mapping[str, Any] | None] = None
    """For a kind: its fields of `Stored` that differ from the usual columns."""
    __entry__: ClassVar[Mapping[str, Any] | None] = None
    """For a table in the chronology: its fields of `Entry`."""
    __history__: ClassVar[bool] = False
    """Whether Cairn keeps former values of its rows: see `app.db.fact_changes`."""
    __noun__: ClassVar[str | None] = None
    """The noun of a kind whose clock and table have other names."""

    @classmethod
    def stored(cls, row: str = "t") -> Stored:
        """How its rows are stored, under an alias. Raises TypeError for a table that is no kind."""
        if cls.__kind__ is None:
            raise TypeError(f"{cls.__name__} is no kind")
        columns = cls.__table__.columns.keys()
        named: dict[str, Any] = {
            name: f"t.{column}" for name, column in USUAL.items() if column in columns
        }
        if "owner" in named:
            named["holders"] = (named["owner"],)
        if "ended_at" not in columns:
            named["open_when"] = "true"
        described = {**named, **cls.__kind__}
        return Stored(**described if row == "t" else _renamed(described, row))

    @classmethod
    def hangs_on_concern(cls) -> bool:
        """Whether every row has a concern."""
        column = cls.__table__.columns.get("concern_id")
        return column is not None and not column.nullable

    @classmethod
    def entry(cls) -> Entry:
        """What the chronology shows. Raises TypeError for a table that is not in it."""
        if cls.__entry__ is None:
            raise TypeError(f"{cls.__name__} is in no chronology")
        noun = cls.__noun__ or cls.__tablename__
        return Entry(**{"name": noun, "about": noun, **cls.__entry__})

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, sort_order=-2)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, sort_order=-1)


class Versioned:
    """Columns of a row whose changes need the version that was read (If-Match)."""

    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]


class Ended:
    """Columns of a row that a person ends; both are empty until then."""

    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]


class Statement:
    """The columns of one typed statement of an account, exactly as submitted."""

    concern_id: Mapped[uuid.UUID]
    position: Mapped[int]
    kind: Mapped[str]
    text: Mapped[str]
    prompted_by: Mapped[str | None]
    told_by: Mapped[str | None]
    basis: Mapped[str | None]


class ConcernStep:
    """One step in the life of a concern, with its reason."""

    concern_id: Mapped[uuid.UUID]
    verb: Mapped[str]
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID]
    by_role: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    reason: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))


def within_school(table: str, *columns: str, **options: Any) -> list[ForeignKeyConstraint]:
    """References to a table that cannot cross schools: foreign-key checks bypass policies."""
    return [
        ForeignKeyConstraint(
            ["school_id", column], [f"{table}.school_id", f"{table}.id"], **options
        )
        for column in columns
    ]


def index(name: str | None, *columns: str, where: str | None = None, **options: Any) -> Index:
    """An index that begins with the school; unique if its name begins with `uq_`."""
    if where is not None:
        options["postgresql_where"] = text(where)
    unique = name is not None and name.startswith("uq_")
    parts = [column if column.isidentifier() else text(column) for column in columns]
    return Index(name, "school_id", *parts, unique=unique, **options)
