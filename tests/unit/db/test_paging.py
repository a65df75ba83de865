"""Conditions of a statement, and where a page of it ends."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from app.db.paging import Conditions, Cursor, PageOf, page_of

AT = datetime(2026, 9, 1, 8, tzinfo=UTC)


def _rows(number: int) -> list[dict[str, Any]]:
    return [{"seen_at": AT, "id": UUID(int=place)} for place in range(number)]


class TestConditions:
    def test_adds_what_was_asked_for_alone(self) -> None:
        where = Conditions("school")
        where.given("t.kind = {}", "note")
        where.given("t.state = {}", None)
        assert (str(where), where.values) == ("t.kind = $2", ["school", "note"])

    def test_further_ones_share_its_values(self) -> None:
        where = Conditions("school")
        more = where.beside()
        more.add("k.name = {}", "Ada")
        assert (str(more), where.values, str(where)) == ("k.name = $2", ["school", "Ada"], "true")

    def test_a_first_page_only_has_a_limit(self) -> None:
        where = Conditions("school")
        assert where.page(PageOf(20), "t.seen_at") == "$2"
        assert (str(where), where.values) == ("true", ["school", 21])

    def test_a_next_page_begins_behind_the_cursor(self) -> None:
        after = Cursor(AT, uuid4())
        where = Conditions()
        assert where.page(PageOf(20, after), "t.seen_at") == "$3"
        assert str(where) == "(t.seen_at, t.id) < ($1::timestamptz, $2::uuid)"
        assert where.values == [after.at, after.id, 21]

    def test_can_go_up(self) -> None:
        where = Conditions()
        where.page(PageOf(20, Cursor(AT, uuid4())), "t.due_at", up=True)
        assert str(where) == "(t.due_at, t.id) > ($1::timestamptz, $2::uuid)"


class TestPageOf:
    def test_names_the_place_of_the_last_row_shown(self) -> None:
        page = page_of(_rows(3), PageOf(2), key="seen_at", shape=lambda row: row["id"].int)
        assert (page.items, page.next) == ([0, 1], Cursor(AT, UUID(int=1)).encode())

    def test_a_last_page_has_none_behind_it(self) -> None:
        assert page_of(_rows(2), PageOf(2), key="seen_at", shape=dict).next is None
