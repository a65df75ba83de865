"""SQL for the records that audit log entries are about, or are parts of.

A table's columns show what it is part of: a reference to a kind's table, a column named after a
noun, or a noun beside an id. So a new table needs no change here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Table, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from app.db.models import KIND_MODELS, Base, noun_of
from app.db.models.base import SchoolRow
from app.db.session import Driver

Subject = tuple[str, UUID]
"""Noun and id of a record."""
BESIDE_NOUNS: Final = (
    ("noun", "thing_id"), ("noun", "noun_id"), ("about_noun", "about_id"),
    ("source_noun", "source_id"),
)  # fmt: skip
PART = """
select t.id, jsonb_build_array({told})::text as told from {table} t
where t.school_id = $1 and t.id = any($2::uuid[])
"""


def _models() -> dict[str, type[SchoolRow]]:
    """Every table of a school, by its name and by its noun, which may differ."""
    rows = [
        mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, SchoolRow)
    ]
    named = {model.__tablename__: model for model in rows}
    return named | {noun_of(model): model for model in rows}


MODELS: Final[Mapping[str, type[SchoolRow]]] = _models()
OF_TABLES: Final = {
    model.__tablename__: resource_type for resource_type, model in KIND_MODELS.items()
}


def _subjects_of(table: Table) -> list[str]:
    """The noun and ids of each column that says what a table is part of."""
    referred = {
        part.parent.name: OF_TABLES[part.column.table.name]
        for key in table.foreign_key_constraints
        for part in key.elements
        if part.column.name == "id" and part.column.table.name in OF_TABLES
    }
    words: list[str] = []
    for column in table.columns:
        named = column.name.removesuffix("_id")
        resource_type = referred.get(column.name) or (named if named in MODELS else None)
        several = isinstance(column.type, ARRAY) and isinstance(column.type.item_type, Uuid)
        if several:
            words += [
                f"jsonb_build_array('{item}', to_jsonb(t.{column.name}))"
                for item in ("child", "concern")
                if item in column.name
            ]
        elif resource_type is not None and isinstance(column.type, Uuid):
            words.append(
                f"jsonb_build_array('{resource_type}', jsonb_build_array(t.{column.name}))"
            )
    return words + [
        f"jsonb_build_array(t.{resource_type}, jsonb_build_array(t.{id_}))"
        for resource_type, id_ in BESIDE_NOUNS
        if {resource_type, id_} <= set(table.columns.keys())
    ]


def _is_member(table: Table, of: Table) -> bool:
    """Whether a table's rows are parts of another table's row and have its id."""
    return any(
        part.parent.name == "id" and part.column.table is of
        for key in table.foreign_key_constraints
        for part in key.elements
    )


def _statement(model: type[SchoolRow]) -> str | None:
    own: Any = model.__table__
    members = [item for item in Base.metadata.tables.values() if _is_member(item, own)]
    parts = [
        PART.format(table=table.name, told=", ".join(subjects))
        for table in (own, *members)
        if (subjects := _subjects_of(table))
    ]
    return "union all".join(parts) or None


PARTS: Final[Mapping[str, str]] = {
    resource_type: statement
    for resource_type, model in sorted(MODELS.items())
    if resource_type not in KIND_MODELS and (statement := _statement(model)) is not None
}
"""By noun, SQL that answers the records each row is part of."""


def without(conditions: Mapping[str, str | bool]) -> str:
    """SQL: an entry (`t`) is about no row that a condition of its noun holds back (row `x`)."""
    tables = {name: KIND_MODELS[name].__tablename__ for name in conditions}
    whens = " ".join(
        f"when '{name}' then (select {condition} from {tables[name]} x "
        "where x.school_id = $1 and x.id = t.noun_id)"
        for name, condition in conditions.items()
    )
    return f"not coalesce(case t.noun {whens} end, false)"


async def parts_of(
    driver: Driver, school_id: UUID, resource_type: str, ids: Sequence[UUID]
) -> list[tuple[Subject, Subject]]:
    """Each row of a noun that is not a kind, with the records it is part of."""
    if resource_type not in PARTS or not ids:
        return []
    rows = await driver.rows(PARTS[resource_type], school_id, list(ids))
    return [
        ((resource_type, row["id"]), (of, UUID(id_)))
        for row in rows
        for of, of_ids in orjson.loads(row["told"])
        for id_ in of_ids or ()
        if of is not None and id_ is not None
    ]
