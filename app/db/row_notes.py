"""Makes hand-written statements report the rows that they wrote.

Every `insert`, `update` and `delete` of a covered table gets the key and the hash of its row added
to what it returns, and the statement answers all of them beside its own rows. `Driver` notes them
for every statement that it runs, so no caller has to, and nobody reads the rows again.
"""

# ruff: noqa: S608 - statements are joined from constants; values are always bound

import re
from dataclasses import dataclass
from functools import lru_cache

from app.db.fact_changes import KEEPING, changed
from app.db.row_trace import COVERED, hash_of, key_of

ROW, HASH = "row_written", "row_hash"
CHANGE = "fact_changed"
ROWS = "rows_written"
ANY = "answers_rows"

TOKENS = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|[()]|[a-z_][a-z_0-9]*|,", re.IGNORECASE)
TARGET = re.compile(
    r"\s*(?P<verb>insert\s+into|update|delete\s+from)\s+\"?(?P<table>[a-z_]+)\"?"
    r"(?:\s+(?:as\s+)?(?!(?:as|set|using|where|returning|values|select|default|on)\b)"
    r"(?P<alias>[a-z_]+))?",
    re.IGNORECASE,
)
BEGINS = ("insert", "update", "delete", "merge")
SELECTS = ("select", "values")


class StatementUnclear(RuntimeError):
    """A statement writes rows in a form that cannot be followed: our fault."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or sign, where it begins and ends, and its depth in brackets."""

    text: str
    start: int
    end: int
    depth: int


@dataclass(frozen=True, slots=True)
class _Marked:
    """A statement whose parts return the keys of rows they write: which tables, in which parts."""

    head: str
    main: str
    written: tuple[tuple[str, str, bool], ...]
    answers: bool


def _marked(statement: str, *, hashed: bool) -> _Marked | None:
    parts = _parts(statement)
    if not any(_target(text) for _, text in parts):
        return None
    begun, ctes, main = parts[0][1], parts[1:-1], parts[-1][1]
    written: list[tuple[str, str, bool]] = []
    head = begun
    for name, text in ctes:
        target = _target(text)
        if target is not None:
            written.append((target[0], name, _keeps(text, target[0])))
        head += text if target is None else _returning(text, *target, hashed=hashed)
    target = _target(main)
    if target is not None:
        written.append((target[0], "main_part", _keeps(main, target[0])))
        main = _returning(main, *target, hashed=hashed)
    answers = target is not None or _first_word(main) in SELECTS or _clause(main, "returning") >= 0
    return _Marked(f"{head}, " if ctes else "with ", main, tuple(written), answers)


@lru_cache(maxsize=2048)
def noting(statement: str) -> str | None:
    """Make a statement answer the rows that it wrote; None if it writes no covered row.

    Its answer has the statement's own columns first, then `row_written` and `row_hash` if the main
    part writes, `rows_written` in the first row (JSON: table, hash of each row by its key, null for
    a deleted one, and, for a table that keeps its history, the changes an `update` made) and
    `answers_rows`.
    Raises `StatementUnclear`.
    """
    marked = _marked(statement, hashed=True)
    if marked is None:
        return None
    pairs = ", ".join(_answered(*item) for item in marked.written)
    rows = f"(select jsonb_build_array({pairs})::text as {ROWS}) noted"
    glue, main = marked.head, marked.main
    if not marked.answers:
        return f"{glue}main_part as ({main}) select noted.{ROWS}, false as {ANY} from {rows}"
    return (
        f"{glue}main_part as ({main})\nselect main_part.*, "
        f"case when row_number() over () = 1 then noted.{ROWS} end as {ROWS}, "
        f"exists (select from main_part) as {ANY} from {rows} left join main_part on true"
    )


@lru_cache(maxsize=256)
def gathering(statement: str, into: str) -> str | None:
    """Make a statement save the keys that it wrote in a table of `tab`, `key` and `change`.

    `change` is an `update`'s change to a row that keeps its history. The statement answers nothing:
    for sets of rows too large to send to the client. None if it writes no covered row.
    Raises `StatementUnclear`.
    """
    marked = _marked(statement, hashed=False)
    if marked is None:
        return None
    keys = " union ".join(
        f"select '{table}', {ROW}, {CHANGE if keeps else 'null::jsonb'} from {name}"
        for table, name, keeps in marked.written
    )
    return (
        f"{marked.head}main_part as ({marked.main})\ninsert into {into} (tab, key, change) {keys}"
    )


def _tokens(text: str) -> list[Token]:
    result, depth = [], 0
    for match in TOKENS.finditer(text):
        word = match.group().lower()
        if word.startswith("--"):
            continue
        depth -= word == ")"
        result.append(Token(word, match.start(), match.end(), depth))
        depth += word == "("
    return result


def _parts(statement: str) -> list[tuple[str, str]]:
    """Split a statement into its head, each named part of `with`, and the main part.

    The named parts keep their brackets and the text between them.
    """
    tokens = _tokens(statement)
    if not tokens or tokens[0].text != "with":
        return [("", ""), ("", statement)]
    main = next(
        (token for token in tokens if token.depth == 0 and token.text in (*BEGINS, *SELECTS)), None
    )
    if main is None:
        raise StatementUnclear("there is no main part")
    opening = [
        (index, token)
        for index, token in enumerate(tokens)
        if token.text == "(" and token.depth == 0 and token.start < main.start
    ]
    parts = [("", statement[: opening[0][1].start])]
    for number, (index, item) in enumerate(opening):
        until = opening[number + 1][1].start if number + 1 < len(opening) else main.start
        parts.append((_name_before(tokens, index), statement[item.start : until]))
    return [*parts, ("", statement[main.start :])]


def _name_before(tokens: list[Token], index: int) -> str:
    """The name of the part whose body begins at a bracket; empty for a list of its columns."""
    words = [token.text for token in tokens[max(0, index - 4) : index]]
    while words and words[-1] in ("materialized", "not"):
        words.pop()
    if not words or words[-1] != "as":
        return ""
    if words[-2] == ")":
        raise StatementUnclear("a part that lists its columns cannot tell of its rows")
    return words[-2]


def _target(text: str) -> tuple[str, str] | None:
    """The covered table that a part writes to, and its alias there."""
    match = TARGET.match(text.lstrip().removeprefix("("))
    if match is None or match["table"].lower() not in COVERED:
        return None
    return match["table"].lower(), match["alias"] or match["table"]


def _returning(text: str, table: str, alias: str, *, hashed: bool) -> str:
    """Add the row's key, and its hash, to what a part returns, inside any bracket around it."""
    until = _closing(text) if text.lstrip().startswith("(") else len(text.rstrip().rstrip(";"))
    glue = ", " if _clause(text[:until], "returning") >= 0 else " returning "
    columns = f"{key_of(table, alias)} as {ROW}"
    if hashed:
        is_gone = _first_word(text.lstrip().removeprefix("(")) == "delete"
        columns += f", {'null' if is_gone else hash_of(table, alias)} as {HASH}"
    if _keeps(text, table):
        columns += f", {changed(table, alias)} as {CHANGE}"
    return f"{text[:until].rstrip()}{glue}{columns}{text[until:]}"


def _keeps(text: str, table: str) -> bool:
    """Whether a part changes rows that keep their history."""
    return table in KEEPING and _first_word(text.lstrip().removeprefix("(")) == "update"


def _answered(table: str, name: str, keeps: bool) -> str:
    """The rows a part wrote, as JSON."""
    rows = f"(select jsonb_object_agg({ROW}, {HASH}) from {name})"
    if not keeps:
        return f"jsonb_build_array('{table}', {rows})"
    facts = f"(select jsonb_agg({CHANGE}) filter (where {CHANGE} is not null) from {name})"
    return f"jsonb_build_array('{table}', {rows}, {facts})"


def _closing(text: str) -> int:
    return next(item.start for item in _tokens(text) if item.text == ")" and item.depth == 0)


def _clause(text: str, word: str) -> int:
    """Where a clause of the part itself begins; -1 without one."""
    depth = 1 if text.lstrip().startswith("(") else 0
    return next(
        (item.start for item in _tokens(text) if item.text == word and item.depth == depth), -1
    )


def _first_word(text: str) -> str:
    tokens = _tokens(text)
    return tokens[0].text if tokens else ""
