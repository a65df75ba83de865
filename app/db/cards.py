"""Pages of one kind as JSON made by the database; the card's schema says which fields they show."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import Record
from pydantic import BaseModel

from app.core.schemas import ListIn, PersonOut
from app.db.models import SchoolRow
from app.db.paging import Conditions, PageOf
from app.db.session import Driver

CHILD_NAME = (
    "coalesce(k.known_given_name, k.legal_given_name) || ' ' || "
    "coalesce(k.known_family_name, k.legal_family_name)"
)
CHILD = f"case when k.id is not null then json_build_object('id', k.id, 'name', {CHILD_NAME}) end"
PAGE = """
select {sort} as sort_at, t.id, json_build_object({fields})::text as card
from {table} t {joins}
where t.school_id = $1 and {where}
order by {sort} {direction}, t.id {direction} limit {limit}
"""
NOT_FILTERS = frozenset({*ListIn.model_fields, "state"})


def column_as_json(model: type[SchoolRow], name: str, alias: str) -> str:
    """A column in the form that every answer uses; all moments have the same width."""
    moment = model.__table__.columns[name].type.python_type is datetime
    return f"rfc3339({alias}.{name})" if moment else f"{alias}.{name}"


def columns_as_json(model: type[SchoolRow], names: Sequence[str], alias: str) -> str:
    """The pairs of a JSON object, each column under its own name."""
    return ", ".join(f"'{name}', {column_as_json(model, name, alias)}" for name in names)


@dataclass(frozen=True, slots=True)
class Card:
    """A row of a list: a field shows the column of its name, or a person's name."""

    model: type[SchoolRow]
    schema: type[BaseModel]
    besides: Mapping[str, str]
    """Fields that are not columns, as SQL expressions."""
    joins: str = ""

    def fields(self) -> str:
        """The pairs of the JSON object."""
        return ", ".join(f"'{name}', {self._value(name)}" for name in self.schema.model_fields)

    def _value(self, name: str) -> str:
        if name in self.besides:
            return self.besides[name]
        if self.schema.model_fields[name].annotation is PersonOut:
            return f"json_build_object('id', t.{name}_id, 'name', {name}.name)"
        return column_as_json(self.model, name, "t")

    def people(self) -> str:
        """The joins that name its people."""
        named = [
            name for name, field in self.schema.model_fields.items()
            if field.annotation is PersonOut and name not in self.besides
        ]  # fmt: skip
        return " ".join(
            f"join staff {name} on {name}.school_id = $1 and {name}.id = t.{name}_id"
            for name in named
        )


def filters(asked: ListIn, where: Conditions) -> None:
    """Add the requested filters: `due_before` compares `due_at`, any other its own column."""
    for name in sorted(asked.model_fields_set - NOT_FILTERS):
        value = getattr(asked, name)
        if value is not None:
            column, before = name.removesuffix("_before"), name.endswith("_before")
            condition = f"t.{column}_at < {{}}" if before else f"t.{name} = {{}}"
            where.add(condition, value)


async def page_of_cards(
    driver: Driver,
    card: Card,
    where: Conditions,
    paging: PageOf,
    *,
    sort: str,
    newest: bool = False,
) -> Sequence[Any]:
    """Read one row more than the page shows; `where` has every other condition."""
    direction, order = ("desc", "<") if newest else ("asc", ">")
    if paging.after is not None:
        at, id_ = paging.after.at, paging.after.id
        where.add(f"({sort}, t.id) {order} ({{}}::timestamptz, {{}}::uuid)", at, id_)
    statement = PAGE.format(
        sort=sort, direction=direction, fields=card.fields(), table=card.model.__tablename__,
        joins=f"{card.people()} {card.joins}", limit=where.place(paging.fetch), where=where,
    )  # fmt: skip
    return await driver.rows(statement, *where.values)


def name_in_sql(id_: str) -> str:
    """SQL for the name of a member of staff, or of a program by its key."""
    return (
        f"coalesce((select x.name from staff x where x.school_id = $1 and x.id = {id_} limit 1), "
        f"(select x.name from service_key x where x.school_id = $1 and x.id = {id_} limit 1))"
    )


def with_people(row: Mapping[str, Any] | Record, *names: str) -> dict[str, Any]:
    """Turn `owner_id` and `owner_name` into `owner`, and `set_by` and its name into `set_by`."""
    result = dict(row)
    for name in names:
        id_ = result.pop(f"{name}_id") if f"{name}_id" in result else result[name]
        result[name] = person(id_, result.pop(f"{name}_name"))
    return result


def person(id_: Any, name: str | None) -> dict[str, Any] | None:
    """A person as answers show them; None without an id."""
    return None if id_ is None else {"id": id_, "name": name or ""}


def without_names(item: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Replace the people in a record by their ids alone, for an answer to a program."""
    return {**item, **{name: person(item[name] and item[name]["id"], None) for name in names}}


def picked(row: Any, *names: str) -> dict[str, Any]:
    """Copy some columns of a row, each under its own name."""
    read = operator.getitem if isinstance(row, Mapping | Record) else getattr
    return {name: read(row, name) for name in names}


def project(schema: type[BaseModel], row: Any, **besides: Any) -> dict[str, Any]:
    """Show a row by its schema: each field not in `besides` takes the column of its name."""
    return picked(row, *(name for name in schema.model_fields if name not in besides)) | besides
