"""What tables share: references and indexes that begin with the school."""

from sqlalchemy import Column, MetaData, Table, Uuid
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from app.db.models.base import index, within_school


def _indexed(*columns: str, name: str = "ix_thing", where: str | None = None) -> str:
    table = Table("thing", MetaData(), *(Column(one, Uuid) for one in ("school_id", "id", "by")))
    made = index(name, *columns, where=where)
    table.append_constraint(made)
    return str(CreateIndex(made).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]


def test_an_index_begins_with_the_school() -> None:
    assert _indexed("by") == "CREATE INDEX ix_thing ON thing (school_id, by)"


def test_one_named_so_is_unique_and_may_hold_some_rows() -> None:
    text = "CREATE UNIQUE INDEX uq_thing ON thing (school_id, by) WHERE id is null"
    assert _indexed("by", name="uq_thing", where="id is null") == text


def test_one_may_go_down() -> None:
    assert _indexed("by desc") == "CREATE INDEX ix_thing ON thing (school_id, by desc)"


def test_references_never_cross_schools() -> None:
    first, second = within_school("staff", "set_by", "ended_by")
    assert first.column_keys == ["school_id", "set_by"]
    assert [one.target_fullname for one in second.elements] == ["staff.school_id", "staff.id"]
