"""Which rows belong together, and which of that is new; and what the rules are written in."""

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.core.ids import new_id
from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.linked_concerns import VOCABULARIES as OURS
from app.domain.common.deadlines.rules import rule_book
from app.domain.duty.tasks.rules import OF_RECORDS, rule_of
from app.domain.safety.linked_concerns import queries, rules
from app.domain.safety.linked_concerns.rules import HERE, Book, Event, Found, Link, Written, book

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FORBIDDEN = re.compile(r"cluster|contagio|copycat|epidemic|index case|\bspread|hotspot", re.I)


def event(days_ago: float, child: UUID, **more: object) -> Event:
    return Event(new_id(), frozenset({child}), NOW - timedelta(days=days_ago), **more)  # type: ignore[arg-type]


def child_group(kind: str, *children: UUID, confirmed: bool = True) -> Link:
    return Link("child_group", str(new_id()), kind, frozenset(children), confirmed)


def found_by(rule_id: str, events: list[Event], links: list[Link]) -> list[Found]:
    return [one for one in rules.find(book(), events, links, NOW) if one.rule.id == rule_id]


class TestPair:
    def test_t21_is_silent_until_a_person_confirms_the_child_group(self) -> None:
        one, other = new_id(), new_id()
        events = [event(20, one), event(3, other)]
        assert (
            rules.find(book(), events, [child_group("friend", one, other, confirmed=False)], NOW)
            == []
        )
        (found,) = rules.find(book(), events, [child_group("friend", one, other)], NOW)
        assert found.rule.id == "sh.linked_pair"
        assert found.events == {one.id for one in events}

    @pytest.mark.parametrize(("apart", "fires"), [(28, True), (28.01, False)])
    def test_holds_for_28_days(self, apart: float, fires: bool) -> None:
        one, other = new_id(), new_id()
        events = [event(apart + 1, one), event(1, other)]
        assert bool(found_by("sh.linked_pair", events, [child_group("class", one, other)])) is fires

    def test_takes_two_children_and_two_events(self) -> None:
        one, other = new_id(), new_id()
        both = Event(new_id(), frozenset({one, other}), NOW)
        friends = [child_group("friend", one, other)]
        assert found_by("sh.linked_pair", [event(2, one), event(1, one)], friends) == []
        assert found_by("sh.linked_pair", [both], friends) == []

    def test_is_not_linked_by_a_child_group_of_another_kind_or_to_somebody_else(self) -> None:
        one, other, third = new_id(), new_id(), new_id()
        events = [event(2, one), event(1, other)]
        assert found_by("sh.linked_pair", events, [child_group("other", one, other)]) == []
        assert found_by("sh.linked_pair", events, [child_group("friend", one, third)]) == []

    def test_is_one_set_however_many_child_groups_there_are(self) -> None:
        one, other = new_id(), new_id()
        links = [child_group("friend", one, other), child_group("bus", one, other)]
        (found,) = found_by("sh.linked_pair", [event(2, one), event(1, other)], links)
        assert {link.kind for link in found.links} == {"friend", "bus"}

    def test_is_the_largest_set_with_every_child_group_inside_it(self) -> None:
        one, other, third = new_id(), new_id(), new_id()
        events = [event(3, one), event(2, other), event(1, third)]
        links = [child_group("club", one, other, third), child_group("friend", one, other)]
        (found,) = found_by("sh.linked_pair", events, links)
        assert len(found.events) == 3
        assert {link.kind for link in found.links} == {"club", "friend"}

    def test_does_not_wake_what_is_long_past(self) -> None:
        one, other = new_id(), new_id()
        events = [event(110, one), event(91, other)]
        assert found_by("sh.linked_pair", events, [child_group("friend", one, other)]) == []


class TestGroup:
    @pytest.mark.parametrize("kind", ["club", "online_group"])
    def test_is_three_children_in_sixty_days(self, kind: str) -> None:
        children = [new_id() for _ in range(3)]
        events = [event(50, children[0]), event(20, children[1]), event(1, children[2])]
        (found,) = found_by("sh.group3", events, [child_group(kind, *children)])
        assert len(found.events) == 3
        assert found_by("sh.group3", events[:2], [child_group(kind, *children)]) == []
        assert found_by("sh.group3", events, [child_group("friend", *children)]) == []

    def test_is_three_different_children(self) -> None:
        one, other = new_id(), new_id()
        events = [event(5, one), event(3, one), event(1, other)]
        assert found_by("sh.group3", events, [child_group("club", one, other)]) == []

    def test_takes_the_year_group_from_the_roster(self) -> None:
        children = [new_id() for _ in range(3)]
        events = [event(place + 1, child) for place, child in enumerate(children)]
        years = dict.fromkeys(children, "9")
        (found,) = found_by("sh.group3", events, rules.year_links(events, years))
        assert [(one.by, one.ref) for one in found.links] == [("year_group", "9")]
        mixed = years | {children[0]: "8"}
        assert found_by("sh.group3", events, rules.year_links(events, mixed)) == []
        assert found_by("sh.linked_pair", events, rules.year_links(events, years)) == []


class TestOthers:
    def test_after_a_death_takes_one_event_of_somebody_affected(self) -> None:
        one, other = new_id(), new_id()
        died = NOW - timedelta(days=60)
        death = Link(
            "death", str(new_id()), "death", frozenset({one}), since=died,
            until=died + timedelta(days=90),
        )  # fmt: skip
        assert len(found_by("sh.after_death", [event(1, one)], [death])) == 1
        assert found_by("sh.after_death", [event(1, other), event(61, one)], [death]) == []

    def test_one_place_takes_two_events_in_its_term(self) -> None:
        spot = new_id()
        events = [event(9, new_id(), places=frozenset({spot})),
                  event(2, new_id(), places=frozenset({spot}))]  # fmt: skip
        place = Link("place", str(spot), "place")
        (found,) = found_by("sh.same_place", events, [place])
        assert found.rule.names_nobody
        later = Link("place", str(spot), "place", since=NOW - timedelta(days=5))
        assert found_by("sh.same_place", events, [later]) == []

    def test_what_was_named_twice_takes_two_records_of_any_kind(self) -> None:
        tag = new_id()
        events = [event(9, new_id(), tags=frozenset({tag}), counts=False),
                  event(2, new_id(), tags=frozenset({tag}))]  # fmt: skip
        named = Link("named_content", str(tag))
        assert len(found_by("sh.named_content", events, [named])) == 1
        assert found_by("sh.named_content", events[:1], [named]) == []


class TestNews:
    def test_t33_is_quiet_until_there_is_a_new_row(self) -> None:
        one, other, third = new_id(), new_id(), new_id()
        links = [child_group("club", one, other, third)]
        events = [event(9, one), event(5, other)]
        first = rules.new_ones(rules.find(book(), events, links, NOW), {})
        assert len(first) == 1
        fired = {"sh.linked_pair": [first[0].events]}
        assert rules.new_ones(rules.find(book(), events, links, NOW), fired) == []
        more = [*events, event(1, third)]
        again = rules.new_ones(rules.find(book(), more, links, NOW), fired)
        assert {one.rule.id for one in again} == {"sh.linked_pair", "sh.group3"}
        assert all(len(one.events) == 3 for one in again)

    def test_is_a_child_group_between_rows_that_never_fired_together(self) -> None:
        a, b, c, d = (new_id() for _ in range(4))
        events = [event(9, a), event(8, b), event(7, c), event(6, d)]
        links = [child_group("friend", a, b), child_group("friend", c, d)]
        before = rules.find(book(), events, links, NOW)
        fired = {"sh.linked_pair": [one.events for one in before]}
        new = rules.new_ones(
            rules.find(book(), events, [*links, child_group("friend", b, c)], NOW), fired
        )
        assert [one.events for one in new] == [{events[1].id, events[2].id}]


class TestCounts:
    @pytest.mark.parametrize(
        ("count", "shown"),
        [(0, "<5"), (1, "<5"), (4, "<5"), (5, "5-9"), (9, "5-9"), (10, "10-14"), (14, "10-14")],
    )
    def test_t22_are_words_and_never_small(self, count: int, shown: str) -> None:
        assert rules.shown_to_trust(count) == shown


class TestRecorders:
    def test_are_new_for_a_while_and_one_or_several(self) -> None:
        one, other = new_id(), new_id()
        new = Written(one, NOW, NOW - timedelta(days=10))
        old = Written(other, NOW, NOW - timedelta(days=700))
        assert rules.recorders(book(), [new, old]) == (1, False)
        assert rules.recorders(book(), [old, old]) == (0, True)
        assert rules.recorders(book(), [old]) == (0, False)
        assert rules.recorders(book(), [Written(one, NOW, None), old]) == (0, False)


class TestClass:
    def test_is_that_of_the_narrowest_row(self) -> None:
        child = new_id()
        rows = [event(1, child, confidentiality=one) for one in ("K3", "K5", "K2")]
        assert rules.class_of(rows) == "K5"


class TestBook:
    def test_has_the_six_rules_each_with_what_we_do_not_know(self) -> None:
        assert set(book().rules) == {
            "sh.linked_pair", "sh.group3", "sh.after_death", "sh.same_place", "sh.named_content",
            "sh.cross_school",
        }  # fmt: skip
        for rule in book().rules.values():
            assert rule.unknown.startswith("We do not know")
            assert all((rule.version, rule.source, rule.text))

    def test_uses_words_that_there_are(self) -> None:
        kinds, child_groups = (
            VOCABULARIES["self_harm_kinds"].codes,
            VOCABULARIES["child_group_kinds"].codes,
        )
        suggestions = VOCABULARIES["looking_suggestions"].codes
        assert book().kinds < kinds
        assert "worry_without_words" not in book().kinds
        assert set(book().relationships) <= VOCABULARIES["relationship_kinds"].codes
        assert set(book().relationships.values()) <= child_groups
        for rule in book().rules.values():
            assert rule.child_groups <= child_groups
            assert set(rule.suggests) <= suggestions

    def test_asks_for_a_task_that_ends_by_looking(self) -> None:
        assert rules.TASK in OF_RECORDS
        assert rule_of(rules.TASK) in rule_book()

    def test_is_written_in_quiet_words(self) -> None:
        said = [(HERE / "rules.toml").read_text(), queries.LABEL]
        said += [
            json.dumps([(one.code, one.label, one.notes) for one in vocabulary.terms])
            for vocabulary in OURS
        ]
        assert [text for text in said if FORBIDDEN.search(text)] == []

    def test_marks_its_words_as_a_draft(self) -> None:
        assert all(vocabulary.draft for vocabulary in OURS)

    def test_keeps_the_version_that_fired(self) -> None:
        rule = book().rules["sh.group3"]
        kept: Book = book()
        assert kept.rule_of(rule.id, rule.version) is rule
        assert kept.rule_of(rule.id, "1999-01") is rule
