"""Linked concerns, whatever rows and child groups come in whatever order."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.domain.safety.linked_concerns import rules
from app.domain.safety.linked_concerns.rules import Event, Found, Link, book

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHILDREN = [UUID(int=number) for number in range(1, 7)]
KINDS = ("friend", "club", "online_group", "class", "other")

events_of = st.lists(
    st.builds(
        lambda number, children, days: Event(
            UUID(int=100 + number), frozenset(children), NOW - timedelta(days=days)
        ),
        st.integers(0, 60),
        st.sets(st.sampled_from(CHILDREN), min_size=1, max_size=2),
        st.integers(0, 120),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)
links_of = st.lists(
    st.builds(
        lambda number, kind, children, confirmed: Link(
            "child_group", str(UUID(int=500 + number)), kind, frozenset(children), confirmed
        ),
        st.integers(0, 60),
        st.sampled_from(KINDS),
        st.sets(st.sampled_from(CHILDREN), min_size=2, max_size=4),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one.ref,
)
Fired = dict[str, list[frozenset[UUID]]]


def look(events: list[Event], links: list[Link], fired: Fired) -> list[Found]:
    """What fires now; it is added to what has fired."""
    new = rules.new_ones(rules.find(book(), events, links, NOW), fired)
    for one in new:
        fired.setdefault(one.rule.id, []).append(one.events)
    return new


def largest(fired: Fired) -> set[tuple[str, frozenset[UUID]]]:
    """The sets that fired and are no part of another that did."""
    return {
        (rule, one) for rule, sets in fired.items() for one in sets
        if not any(one < other for other in sets)
    }  # fmt: skip


@given(events_of, links_of)
def test_never_fires_on_a_child_group_that_nobody_confirmed(
    events: list[Event], links: list[Link]
) -> None:
    confirmed = {link for link in links if link.confirmed}
    found = rules.find(book(), events, links, NOW)
    assert {link for one in found for link in one.links} <= confirmed
    assert found == rules.find(book(), events, list(confirmed), NOW)


@given(events_of, links_of)
def test_fires_only_rows_of_enough_children_within_the_time(
    events: list[Event], links: list[Link]
) -> None:
    known = {one.id: one for one in events}
    for found in rules.find(book(), events, links, NOW):
        rows = [known[id_] for id_ in found.events]
        times = [one.at for one in rows]
        linked = {child for link in found.links for child in link.children}
        assert len(rows) >= found.rule.events
        assert max(times) - min(times) <= found.rule.span
        assert len({child for one in rows for child in one.children & linked}) >= (
            found.rule.children
        )


@given(events_of, links_of)
def test_fires_once(events: list[Event], links: list[Link]) -> None:
    fired: Fired = {}
    look(events, links, fired)
    assert look(events, links, fired) == []


@given(events_of, links_of, st.randoms(use_true_random=False))
def test_comes_to_the_same_in_any_order(
    events: list[Event], links: list[Link], chance: st.DataObject
) -> None:
    at_once: Fired = {}
    look(events, links, at_once)
    steps: list[Event | Link] = [*events, *links]
    chance.shuffle(steps)  # type: ignore[attr-defined]
    one_by_one: Fired = {}
    so_far: tuple[list[Event], list[Link]] = ([], [])
    for step in steps:
        (so_far[0] if isinstance(step, Event) else so_far[1]).append(step)  # type: ignore[arg-type]
        look(so_far[0], so_far[1], one_by_one)
    assert largest(one_by_one) == largest(at_once)


@given(events_of, links_of, events_of, links_of)
def test_nothing_that_comes_takes_back_what_was_linked(
    events: list[Event], links: list[Link], more_events: list[Event], more_links: list[Link]
) -> None:
    known = {one.id for one in events}
    refs = {one.ref for one in links}
    before = rules.find(book(), events, links, NOW)
    after = rules.find(
        book(),
        [*events, *(one for one in more_events if one.id not in known)],
        [*links, *(one for one in more_links if one.ref not in refs)],
        NOW,
    )
    for one in before:
        assert any(one.rule.id == other.rule.id and one.events <= other.events for other in after)
