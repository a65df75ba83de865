"""Files of past entries: every row is read, or has a coded problem that says what to do."""

import io
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.history import CODES, KINDS, History, Row
from app.formats.history.moments import read_moment

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
HEAD = "source_id,children,occurred_at,recorded_at,author,categories,text,open\n"
ROW = (
    "48213,subject=upn:R201100018042;linked=mis:4711,2019-03-04T08:50,2019-03-04T10:15,"
    'Mrs J Bell,Neglect/Clothing,"Came without a coat.",false\n'
)
START = {"format": "cairn-history/1", "kind": "concern", "source": "cpoms:hilltop"}
ONE = {
    "source_id": "1",
    "children": ["upn:R201100018042"],
    "occurred_at": "2019-03-04",
    "text": "x",
}


def read(content: bytes | str, kind: str = "concern") -> tuple[list[Row], History]:
    sent = content.encode() if isinstance(content, str) else content
    found = History(io.BytesIO(sent), kind, "cpoms:hilltop", NOW)
    return list(found.rows()), found


def ndjson(*rows: Any, end: Any = None) -> bytes:
    lines = [START, *rows, {"end": end or {"rows": len(rows)}}]
    return b"\n".join(orjson.dumps(one) for one in lines)


def codes_of(row: Row) -> list[str]:
    return [one.code for one in row.problems]


def one(of: str = "concern", /, **cells: str) -> Row:
    names, values = zip(*cells.items(), strict=True)
    quoted = ['"' + value.replace('"', '""') + '"' for value in values]
    rows, found = read(",".join(names) + "\n" + ",".join(quoted) + "\n", of)
    assert not found.stopped, found.stopped
    return rows[0]


def concern(**cells: str) -> Row:
    usual = {
        "source_id": "1", "children": "upn:R201100018042", "occurred_at": "2019-03-04",
        "author": "Mrs J Bell", "text": "Came without a coat.",
    }  # fmt: skip
    return one(**(usual | cells))


class TestReads:
    def test_a_csv_row_whole(self) -> None:
        rows, found = read(HEAD + ROW)
        assert not found.stopped
        entry = rows[0].entry
        assert entry is not None
        assert entry.children == (("subject", "upn:R201100018042"), ("linked", "mis:4711"))
        assert entry.occurred.at == datetime(2019, 3, 4, 8, 50, tzinfo=UTC)
        assert entry.occurred.unit == "minute"
        assert entry.recorded_at == datetime(2019, 3, 4, 10, 15, tzinfo=UTC)
        assert (entry.author, entry.categories) == ("Mrs J Bell", ("Neglect/Clothing",))
        assert (entry.text, entry.open) == ("Came without a coat.", False)
        assert rows[0].line == 2

    def test_the_same_from_ndjson_with_the_same_hash(self) -> None:
        (row,), _ = read(HEAD + ROW)
        sent = {
            "source_id": "48213", "children": ["subject=upn:R201100018042", "linked=mis:4711"],
            "occurred_at": "2019-03-04T08:50", "recorded_at": "2019-03-04T10:15",
            "author": "Mrs J Bell", "categories": ["Neglect/Clothing"],
            "text": "Came without a coat.", "open": False,
        }  # fmt: skip
        (other,), _ = read(ndjson(sent))
        assert other.entry == row.entry
        assert other.sha256 == row.sha256

    def test_line_breaks_and_quotes_in_a_narrative(self) -> None:
        row = concern(text='She said "it is fine".\n\nThen she cried.')
        assert row.entry is not None
        assert row.entry.text == 'She said "it is fine".\n\nThen she cried.'

    def test_one_stray_quote_loses_one_row(self) -> None:
        content = "source_id,children,occurred_at,text\n" + '1,upn:A1,2019,"never closed\n'
        content += "2,mis:1,2019,Fine.\n"
        rows, _ = read(content)
        assert [codes_of(row) for row in rows] == [["row_ragged"], []]

    def test_a_formula_stays_text(self) -> None:
        row = concern(text='=HYPERLINK("https://x")')
        assert row.entry is not None
        assert row.entry.text.startswith("=HYPERLINK")

    def test_every_other_column_is_kept_with_the_entry(self) -> None:
        row = concern(**{"place": "Gate", "extra.house": "Red", "closed_by": "Mr Lee"})
        assert row.entry is not None
        assert row.entry.details == {"place": "Gate", "extra.house": "Red", "closed_by": "Mr Lee"}

    def test_an_action_names_its_concern(self) -> None:
        row = one("action", source_id="9", concern="48213", what="Phone home.",
                  recorded_at="2019-03-05", done_text="Done.")  # fmt: skip
        assert row.entry is not None
        assert (row.entry.of, row.entry.text, row.entry.children) == (
            "concern:48213", "Phone home.", ()
        )  # fmt: skip

    @pytest.mark.parametrize("kind", sorted(KINDS))
    def test_each_kind_has_its_columns(self, kind: str) -> None:
        cells = dict.fromkeys((*KINDS[kind].needed, *KINDS[kind].asked), "x")
        if "children" in KINDS[kind].columns:
            cells["children"] = "upn:R201100018042"
        row = one(kind, **cells, **{KINDS[kind].occurred[0]: "2019-03-04"})
        assert row.entry is not None
        assert row.severity == "warn"
        assert row.entry.text


class TestMoments:
    @pytest.mark.parametrize(
        ("text", "at", "unit", "about"),
        [
            ("2019-07-04T08:50", datetime(2019, 7, 4, 7, 50, tzinfo=UTC), "minute", False),
            ("2019-07-04T08:50Z", datetime(2019, 7, 4, 8, 50, tzinfo=UTC), "minute", False),
            ("2019-03-04", datetime(2019, 3, 4, tzinfo=UTC), "day", False),
            ("2019-03~", datetime(2019, 3, 1, tzinfo=UTC), "month", True),
            ("2019", datetime(2019, 1, 1, tzinfo=UTC), "year", False),
            ("", None, "unknown", False),
        ],
    )
    def test_the_text_shows_how_exact_it_is(
        self, text: str, at: datetime | None, unit: str, about: bool
    ) -> None:
        found = read_moment(text)
        assert found is not None
        assert (found.at, found.unit, found.about) == (at, unit, about)

    def test_an_hour_that_occurred_twice_is_the_earlier(self) -> None:
        found = read_moment("2017-10-29T01:30")
        assert found is not None
        assert found.at == datetime(2017, 10, 29, 0, 30, tzinfo=UTC)
        assert found.twice
        assert codes_of(concern(occurred_at="2017-10-29T01:30")) == ["time_ambiguous"]

    @pytest.mark.parametrize("text", ["2017-03-26T01:30", "2019-02-30", "03/04/2019", "1899", "x"])
    def test_what_does_not_exist_is_held(self, text: str) -> None:
        row = concern(occurred_at=text)
        assert codes_of(row) == ["date_invalid"]
        assert row.severity == "hold"

    def test_the_future_is_held(self) -> None:
        assert codes_of(concern(occurred_at="2026-12-24")) == ["date_in_future"]

    def test_an_entry_before_its_event_is_mentioned(self) -> None:
        row = concern(occurred_at="2019-03-04T10:00", recorded_at="2019-03-04T09:00")
        assert codes_of(row) == ["recorded_before_event"]
        assert row.severity == "warn"


class TestRows:
    def test_a_row_without_an_id_has_the_same_derived_one_each_time(self) -> None:
        plain = "source_id,children,occurred_at,text\n"
        (one_, again, other), _ = read(plain + 2 * ",mis:1,2019,Cried.\n" + ",mis:1,2019,Ran.\n")
        (first,), _ = read(plain + ",mis:1,2019,Cried.\n")
        assert codes_of(one_) == ["source_id_missing"]
        assert one_.source_id == first.source_id
        assert len({one_.source_id, again.source_id, other.source_id}) == 3

    def test_a_matter_of_an_adult_has_no_entry(self) -> None:
        for row in (concern(about_adult="yes"), concern(confidentiality="K6")):
            assert row.severity == "set_aside"
            assert row.entry is None

    def test_an_unknown_class_is_held_and_not_lowered(self) -> None:
        assert codes_of(concern(confidentiality="secret")) == ["value_unknown"]

    def test_a_wrong_check_letter_is_mentioned(self) -> None:
        row = concern(children="upn:A201100018042")
        assert codes_of(row) == ["upn_invalid"]
        assert row.severity == "warn"

    @pytest.mark.parametrize("children", ["R201100018042", "friend=mis:1", "nhs:1", "subject="])
    def test_a_child_who_is_named_otherwise_is_held(self, children: str) -> None:
        assert "reference_unclear" in codes_of(concern(children=children))

    def test_text_that_a_spreadsheet_cut_is_mentioned(self) -> None:
        assert codes_of(concern(text="x" * 32_767)) == ["cell_truncated"]

    def test_too_many_cells_refuse_one_row(self) -> None:
        rows, _ = read(HEAD + ROW.replace(",false", ",false,more") + ROW)
        assert [codes_of(row) for row in rows] == [["row_ragged"], []]


class TestStops:
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "file_empty"),
            (HEAD.encode(), "file_empty"),
            (b"%PDF-1.7 ...", "file_not_recognised"),
            (b"PK\x03\x04....", "file_not_recognised"),
            ((HEAD + ROW).encode("utf-16"), "encoding_uncertain"),
            ((HEAD + ROW).replace(",", "\t").encode("utf-16"), "encoding_uncertain"),
            ((HEAD + ROW.replace("a coat", "a “coat”")).encode("cp1252"), "encoding_uncertain"),
            ((HEAD + ROW).replace(",", "\t").encode(), "separator_wrong"),
            (HEAD.replace("text,", "").encode(), "column_missing"),
            (HEAD.replace("author", "text").encode(), "column_twice"),
            (b'{"format":"cairn-history/2"}\n', "file_not_recognised"),
        ],
    )
    def test_a_file_that_cannot_be_used(self, content: bytes, code: str) -> None:
        _, found = read(content)
        assert code in [one.code for one in found.stopped]

    def test_a_file_that_was_cut(self) -> None:
        whole = ndjson(ONE, ONE)
        for content in (whole.rpartition(b"\n")[0], ndjson(ONE, end={"rows": 2})):
            _, found = read(content)
            assert [one.code for one in found.stopped] == ["file_cut_off"]

    def test_a_file_from_another_system(self) -> None:
        found = History(io.BytesIO(ndjson(ONE)), "concern", "cpoms:riverside", NOW)
        assert not list(found.rows())
        assert [one.code for one in found.stopped] == ["file_of_other_system"]

    def test_a_file_of_another_kind(self) -> None:
        _, found = read(ndjson(ONE), "note")
        assert [one.code for one in found.stopped] == ["file_of_other_kind"]

    @pytest.mark.parametrize("said", ["", None, "no", "yes"])
    def test_contacts_say_somewhere_whether_they_are_barred(self, said: str | None) -> None:
        start = {**START, "kind": "contact"}
        silent = {"source_id": "1", "children": ["mis:1"], "name": "Jo Marsh", "kind": "mother"}
        for rows, stopped in (
            ([silent, silent], [(0, "contact_allowed")]),
            ([silent, {**silent, "contact_allowed": said}], []),
        ):
            lines = [start, *rows, {"end": {"rows": 2}}]
            _, found = read(b"\n".join(orjson.dumps(one) for one in lines), "contact")
            assert [(one.line, one.column) for one in found.stopped] == stopped

    def test_an_unknown_column_is_mentioned_once(self) -> None:
        _, found = read("house,source_id,children,occurred_at,text\n" + "r,1,mis:1,2019,x\n" * 3)
        assert [(one.code, one.column) for one in found.warned] == [("column_unknown", "house")]


class TestNothingIsLost:
    @given(st.binary(max_size=400))
    def test_any_bytes_end_in_rows_and_codes(self, content: bytes) -> None:
        rows, found = read(content)
        problems = [*found.stopped, *found.warned, *(one for row in rows for one in row.problems)]
        assert {one.code for one in problems} <= CODES.keys()

    @given(st.lists(st.text(max_size=40), min_size=1, max_size=6))
    def test_as_many_rows_come_out_as_objects_go_in(self, texts: list[str]) -> None:
        rows, found = read(ndjson(*({**ONE, "text": text} for text in texts)))
        assert len(rows) == len(texts)
        assert not found.stopped

    @given(st.dictionaries(st.text(max_size=12), st.text(max_size=12) | st.booleans() | st.none()))
    def test_no_object_raises(self, sent: dict[str, Any]) -> None:
        rows, _ = read(ndjson({**ONE, **{k: v for k, v in sent.items() if k != "end"}}))
        assert len(rows) == 1
