"""What a transaction remembers of the rows it wrote, until it saves their hashes."""

from app.db.row_trace import RowPart, Rows


def test_a_hash_that_a_statement_told_is_not_read_again() -> None:
    rows = Rows()
    rows.note_hashes("task", {"a": "1", "b": None})
    assert rows.take(9) == [RowPart({"task": {"a": "1", "b": None}}, {})]


def test_the_last_write_of_a_row_counts() -> None:
    rows = Rows()
    rows.note_hashes("task", {"a": "1", "b": "1"})
    rows.note("task", ["a"])
    rows.note_hashes("task", {"b": "2"})
    assert rows.take(9) == [RowPart({"task": {"b": "2"}}, {"task": ["a"]})]
    rows.note("task", ["a"])
    rows.note_hashes("task", {"a": "3"})
    assert rows.take(9) == [RowPart({"task": {"a": "3"}}, {})]


def test_a_statement_that_tells_no_rows_makes_every_hash_of_its_table_doubtful() -> None:
    rows = Rows()
    rows.note_hashes("task", {"a": "1"})
    rows.note_hashes("action", {"b": "2"})
    rows.read_again({"task", "alert"})
    assert rows.take(9) == [RowPart({"action": {"b": "2"}}, {"task": ["a"]})]


def test_parts_are_no_larger_than_asked_and_tables_stay_noted() -> None:
    rows = Rows()
    rows.note_hashes("task", {"a": "1", "b": "2", "c": "3"})
    rows.note("action", ["d", "e"])
    parts = rows.take(2)
    assert [sum(map(len, (*part.known.values(), *part.unread.values()))) for part in parts] == [
        2, 2, 1,
    ]  # fmt: skip
    assert {key for part in parts for found in part.known.values() for key in found} == {*"abc"}
    assert {key for part in parts for found in part.unread.values() for key in found} == {*"de"}
    assert rows.take(2) == []
    assert rows.known() == {"task", "action"}
