"""Former values of rows that keep their history, noted wherever a row is written.

SQLAlchemy's flush reports its changes, and `row_notes` makes a hand-written `update` return its
own. The unit of work writes both at its end.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import inspect

from app.db.models import Base, SchoolRow

NOTED: Final = ("version", "changed_at", "sort_name", "typed_by", "known_before", "confirmed")
"""Columns that change along with others. A change of these alone changes no fact."""


def _keeping() -> dict[str, type[SchoolRow]]:
    models = {mapper.class_ for mapper in Base.registry.mappers}
    return {model.__tablename__: model for model in models if getattr(model, "__history__", False)}


KEEPING: Final[Mapping[str, type[SchoolRow]]] = _keeping()
"""The tables whose rows keep their history."""


def noun_of(table: str) -> str:
    """The noun of a table, as the trail names it."""
    return KEEPING[table].__noun__ or table


def child_column(table: str) -> str:
    """The column with the child's id."""
    return "id" if table == "child" else "child_id"


CHANGED: Final = """(
  select jsonb_build_object('id', {row}.id, 'child_id', {row}.{child},
           'before', jsonb_object_agg(part.key, part.value),
           'after', jsonb_object_agg(part.key, two.is_now -> part.key))
  from (select to_jsonb(was_row) as was, to_jsonb({row}) as is_now from {table} was_row
        where was_row.school_id = {row}.school_id and was_row.id = {row}.id offset 0) two
  cross join lateral jsonb_each(two.was) part
  where two.is_now -> part.key <> part.value
  having bool_or(part.key <> all ({noted})))"""
"""SQL for the changes an `update` made to `{row}`: a read inside it sees the old row."""


def changed(table: str, row: str) -> str:
    """SQL: the changes of a row under an alias, as JSON; null if no fact changed."""
    noted = f"array[{', '.join(f'{item!r}' for item in NOTED)}]"
    return CHANGED.format(table=table, row=row, child=child_column(table), noted=noted)


@dataclass(slots=True)
class Changed:
    """The changes one work made to a row, by column."""

    child_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]

    def went_on(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Add a further change of the same row in the same work; the first `before` stays."""
        self.before = {**before, **self.before}
        self.after |= after

    def whole(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Before and after of every column that differs; None if no fact does."""
        fields = [name for name, was in self.before.items() if was != self.after[name]]
        if not set(fields) - set(NOTED):
            return None
        return {field: self.before[field] for field in fields}, {
            field: self.after[field] for field in fields
        }


class FactChanges:
    """The changes a transaction made to rows that keep their history."""

    def __init__(self) -> None:
        self._changed: dict[tuple[str, UUID], Changed] = {}
        self._new: set[UUID] = set()

    def note_new(self, things: Iterable[Any]) -> None:
        """Remember rows that this work adds: they have no former values yet."""
        self._new.update(thing.id for thing in things if thing.__tablename__ in KEEPING)

    def note(
        self, table: str, id_: UUID, child_id: UUID,
        before: Mapping[str, Any], after: Mapping[str, Any],
    ) -> None:  # fmt: skip
        """Remember a change of a row."""
        if id_ in self._new or not before:
            return
        known = self._changed.setdefault((table, id_), Changed(child_id, {}, {}))
        known.went_on(before, after)

    def note_flushed(self, things: Iterable[Any]) -> None:
        """Remember what a flush is about to change."""
        for thing in things:
            if thing.__tablename__ in KEEPING:
                before, after = _differing(thing)
                child_id = getattr(thing, child_column(thing.__tablename__))
                self.note(thing.__tablename__, thing.id, child_id, before, after)

    def take(self) -> Iterator[dict[str, Any]]:
        """The changes noted since the last call, without those undone since."""
        noted, self._changed = self._changed, {}
        for (table, id_), item in noted.items():
            if (whole := item.whole()) is not None:
                yield {
                    "noun": noun_of(table), "noun_id": str(id_), "child_id": str(item.child_id),
                    "before": whole[0], "after": whole[1],
                }  # fmt: skip


def _differing(thing: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    before, after = {}, {}
    for attribute in inspect(thing).attrs:
        was, now = attribute.history.deleted, attribute.history.added
        if was and now and was[0] != now[0]:
            before[attribute.key], after[attribute.key] = was[0], now[0]
    return before, after


ADD: Final = """
insert into fact_change (school_id, id, child_id, noun, noun_id, number, work_id, at, actor_id,
                         actor_role, verb, reason, before, after)
select :school_id::uuid, g.id, g.child_id, g.noun, g.noun_id, coalesce(l.number, 0) + 1,
       :work_id::uuid,
       greatest(:at::timestamptz, l.at), :actor_id::uuid, :actor_role::text, g.verb, g.reason,
       g.before, g.after
from jsonb_to_recordset(:facts::jsonb) as
     g(id uuid, child_id uuid, noun text, noun_id uuid, verb text, reason text, before jsonb,
       after jsonb)
left join lateral (
  select f.number, f.at from fact_change f
  where f.school_id = :school_id::uuid and f.noun_id = g.noun_id
  order by f.number desc limit 1) l on true
"""
"""The change locks the row, so the numbers and times of its changes only rise."""


def adding_gathered(gathered: str, new_id: str) -> str:
    """SQL that saves the changes gathered in a table of `tab`, `change` and `place`.

    For more changes than the client should receive. It takes `Acting` and `work_id`.
    """
    nouns = " ".join(f"when '{table}' then '{noun_of(table)}'" for table in sorted(KEEPING))
    return f"""
    insert into fact_change (school_id, id, child_id, noun, noun_id, number, work_id, at, actor_id,
                             actor_role, before, after)
    select cast(:school_id as uuid), {new_id}, (g.change->>'child_id')::uuid,
           case g.tab {nouns} end, (g.change->>'id')::uuid,
           coalesce(l.number, 0) + row_number() over (partition by g.change->>'id'
                                                      order by g.place),
           cast(:work_id as uuid), greatest(cast(:at as timestamptz), l.at),
           cast(:actor_id as uuid), cast(:actor_role as text), g.change->'before', g.change->'after'
    from {gathered} g
    left join lateral (
      select f.number, f.at from fact_change f
      where f.school_id = cast(:school_id as uuid) and f.noun_id = (g.change->>'id')::uuid
      order by f.number desc limit 1) l on true
    where g.change is not null
    """  # noqa: S608 - names of our own tables; values are bound
