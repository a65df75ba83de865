"""Visibility atoms of people's work: tasks, check-ins and the records behind them.

Such work has a class of its own, which may be `anyone`, and the class of every concern that it
mentions.
"""

from app.core.behind import ANYONE
from app.db.behind import FOR_ANYONE, PLAIN, class_of
from app.db.facts import Facts
from app.db.paging import Places
from app.db.visibility import SEALED_CLASSES, Atom, Columns, Reader, Sql, mentioned_concerns

MOVED = "K6"
ALL_CLASSES = frozenset({"K2", "K3", "K4", "K5"})


def _classes_of(facts: Facts) -> set[str | None]:
    return {facts.own_class, *(of.confidentiality for of in mentioned_concerns(facts))}


def _reads_work(reader: Reader, facts: Facts) -> bool:
    if reader.rights.classes >= ALL_CLASSES:
        return facts.own_class != MOVED
    return _classes_of(facts) <= reader.rights.classes | {ANYONE}


def _other_classes(at: Columns, condition: str) -> str:
    """Whether a mentioned concern is of a class that meets a condition."""
    return (
        f"coalesce((select true from unnest({at.mentions}) as told(id) cross join lateral "
        "(select x.confidentiality from concern x where x.school_id = $1 and x.id = told.id "
        f"offset 0) m where m.confidentiality {condition} limit 1), false)"
    )


def _in_this_register(at: Columns) -> str | None:
    """SQL: the work did not move to the adult register with its concern, as its own class shows.

    Compares columns alone: looking up each concern makes a lead's list dozens of times as slow.
    """
    return f"{at.own_class} <> '{MOVED}'" if PLAIN.fullmatch(at.own_class) else None


def _reads_work_where(reader: Reader, at: Columns, values: Places) -> Sql:
    """A `case`: the planner expects half of the rows to meet it, and reads a page by index."""
    if reader.rights.classes >= ALL_CLASSES:
        return _in_this_register(at) or True
    listed = f"{values.place(sorted(reader.rights.classes | {ANYONE}))}::text[]"
    reads = f"any({listed})"
    ways = [f"coalesce({class_of(at.concern_id)}, '{ANYONE}') = {reads}"]
    if at.own_class != FOR_ANYONE:
        ways.insert(0, f"{at.own_class} = {reads}")
    if at.mentions is not None:
        beyond = _other_classes(at, f"<> all({listed})")
        ways.append(f"not {beyond}")
    return f"(case when {' and '.join(ways)} then true else false end)"


READS_WORK = Atom(_reads_work, _reads_work_where)
"""The reader's role reads its class and that of every concern that it mentions."""


def _sealed_work(reader: Reader, facts: Facts) -> bool:
    if facts.own_class == ANYONE:
        return False
    if "K5" in reader.rights.classes:
        return facts.own_class == MOVED
    return not {"K5", MOVED}.isdisjoint(_classes_of(facts))


def _unsealed_work_where(reader: Reader, at: Columns, _: Places) -> Sql:
    if at.own_class == FOR_ANYONE:
        return True
    if "K5" in reader.rights.classes:
        return _in_this_register(at) or True
    ways = [
        f"{at.own_class} <> 'K5'", f"coalesce({class_of(at.concern_id)}, '') not in ('K5', 'K6')"
    ]  # fmt: skip
    if at.mentions is not None:
        sealed = _other_classes(at, "in ('K5', 'K6')")
        ways.append(f"not {sealed}")
    return f"({at.own_class} = '{ANYONE}' or {' and '.join(ways)})"


SEALED_WORK = Atom(
    _sealed_work,
    lambda reader, at, values: (
        False if (open_to := _unsealed_work_where(reader, at, values)) is True else f"not {open_to}"
    ),
    _unsealed_work_where,
)
"""It, or a concern that it mentions, is of class K5, and the reader does not read that class."""


def _class_behind(facts: Facts) -> str:
    return (facts.concern.confidentiality if facts.concern else facts.own_class) or ""


def sealed_from(reader: Reader) -> tuple[str, ...]:
    """The classes that are closed to the reader even for work that they have to do."""
    return SEALED_CLASSES[1:] if "K5" in reader.rights.classes else SEALED_CLASSES


def _in_sealed(reader: Reader, at: Columns, word: str) -> str:
    classes = ", ".join(f"'{item}'" for item in sealed_from(reader))
    return f"coalesce(c.confidentiality, {at.own_class}) {word} ({classes})"


SEALED_TO_READER = Atom(
    lambda reader, facts: _class_behind(facts) in sealed_from(reader),
    lambda reader, at, _: _in_sealed(reader, at, "in"),
    lambda reader, at, _: _in_sealed(reader, at, "not in"),
)
"""Its class is closed to the reader, even for work that they have to do.

That class is its concern's, or its own without one. K5 is closed unless the reader reads it; K6,
in the adult register, always is.
"""


def _seals_behind(reader: Reader, at: Columns, word: str) -> str:
    classes = ", ".join(f"'{item}'" for item in sealed_from(reader))
    return f"coalesce({class_of(at.concern_id)}, '') {word} ({classes})"


SEALED_BEHIND = Atom(
    lambda reader, facts: (
        facts.concern is not None and facts.concern.confidentiality in sealed_from(reader)
    ),
    lambda reader, at, _: _seals_behind(reader, at, "in"),
    lambda reader, at, _: _seals_behind(reader, at, "not in"),
)
"""The concern that repeats its words is of a class that is closed to the reader."""
