"""Visibility atoms for records about a child, and the columns a chronology entry has of a row."""

import re
from dataclasses import replace
from functools import cache

from app.core.words import Permission
from app.db.facts import Facts
from app.db.models.base import SchoolRow
from app.db.paging import Places
from app.db.visibility import CHILD_GRANT, Atom, Columns, Reader, Sql, either, of_reader

READS_RECORDS = either(
    of_reader(lambda reader: Permission.SAFETY_READ in reader.own_permissions), CHILD_GRANT
)
"""The reader's role reads safety records, or a live grant for this child lets them."""

BY_ROLE = of_reader(lambda reader: reader.by_role)
READS_CONCERNS = either(BY_ROLE, CHILD_GRANT)
"""The reader's role itself reads concerns, or a live grant for this child lets them."""


def _classes(reader: Reader) -> frozenset[str]:
    return reader.rights.classes | reader.rights.cohort_classes


def _role_reads(reader: Reader, facts: Facts) -> bool:
    return facts.own_class in _classes(reader)


def _role_reads_where(reader: Reader, at: Columns, values: Places) -> Sql:
    classes = sorted(_classes(reader))
    return f"{at.own_class} = any({values.place(classes)}::text[])" if classes else False


ROLE_READS_CLASS = Atom(_role_reads, _role_reads_where)
"""The reader's role reads the row's own class, apart from any grant."""
HAS_CLASS = Atom(
    lambda _, facts: facts.own_class is not None,
    lambda _reader, at, _: f"{at.own_class} is not null",
    lambda _reader, at, _: f"{at.own_class} is null",
)
"""The row has a class of its own."""


@cache
def entry_columns(model: type[SchoolRow]) -> Columns:
    """Where a condition finds a row (`t`) behind a chronology entry (`e`).

    The entry has the row's concern, child and class, so conditions on those need not read the row.
    """
    of = Columns.of(model)
    concern = "e.concern_id" if of.concern_id == "t.id" else _of_entry(of.concern_id)
    return replace(
        of, concern_id=concern, child_id=_of_entry(of.child_id), own_class=_of_entry(of.own_class)
    )


def _of_entry(column: str) -> str:
    return re.sub(r"^t\.(concern_id|child_id|confidentiality)$", r"e.\1", column)
