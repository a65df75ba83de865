"""What is hashed of a row, held against the rule it stands for, on rows of every covered table."""

# ruff: noqa: S608 - statements are joined from names of the catalogue

import json
from typing import Any

import pytest
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import JSONB

from app.db.models import Base
from app.db.row_trace import COVERED, hashed, sealed_row
from tests.world import World

BY_THE_RULE = """(
  select jsonb_object_agg(c.key, c.value) from jsonb_each({row}) c
  where c.value <> 'null'::jsonb)::text"""
"""All columns but those that are null, told one by one: slow, and plain to see."""
INSIDE: tuple[Any, ...] = (
    {"what": None, "list": [None, {"deeper": None}], "kept": 1},
    [None, {"what": None}],
    None,
)
"""What a JSON column can hold: nulls within it are what somebody wrote, and stay."""


def json_columns(table: Table) -> list[str]:
    """The columns of a table that hold JSON."""
    return [column.name for column in table.columns if isinstance(column.type, JSONB)]


@pytest.mark.parametrize("name", sorted(COVERED))
def test_a_row_is_hashed_by_its_columns_that_are_not_null(world: World, name: str) -> None:
    table = Base.metadata.tables[name]
    number = next(
        (one.name for one in table.columns if one.name in ("version", "id", "child_id")), None
    )
    assert number is not None, "a row of nothing would prove nothing"
    texts = [
        world.sql(
            f"select {hashed(name, 't')}, {BY_THE_RULE.format(row=sealed_row(name, 't'))} "
            f"from jsonb_populate_record(null::{name}, %s::jsonb) t",
            json.dumps({
                number: 7 if number == "version" else "0b1f8f4e-8d0c-7c55-9a59-3f2b6c1d0e9a",
                **dict.fromkeys(json_columns(table), value),
            }),
        )[0]
        for value in INSIDE
    ]  # fmt: skip
    assert all(quick == slow for quick, slow in texts)
    assert all(text is not None and text != "{}" for text, _ in texts)
