"""What the remaining contact takes over: a merge never loses a bar, and never lifts one."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.domain.record.contact_merges.rules import STRICTEST, WHERE_EMPTY, taken_over

Contact = dict[str, Any]
TEXTS = st.none() | st.sampled_from(["a", "b"])
ORDERS = st.lists(st.sampled_from([{"kind": "no_contact"}, {"kind": "residence"}]), max_size=2)
CONTACTS: st.SearchStrategy[Contact] = st.fixed_dictionaries(
    {
        **dict.fromkeys(WHERE_EMPTY, TEXTS),
        "parental_responsibility": st.sampled_from(["yes", "no", "unknown"]),
        "lives_with": st.sampled_from(["yes", "no", "unknown"]),
        "is_parent": st.booleans(),
        "alleged_source_of_harm": st.booleans(),
        "contact_allowed": st.sampled_from(STRICTEST),
        "court_orders": ORDERS,
        "restriction": TEXTS,
        "may_be_told": st.none() | st.booleans(),
        "may_be_told_reason": TEXTS,
    }
)


@given(CONTACTS, CONTACTS)
def test_never_loses_a_bar_of_either(target: Contact, merged: Contact) -> None:
    both = target | taken_over(target, merged)
    for one in (target, merged):
        assert both["alleged_source_of_harm"] >= one["alleged_source_of_harm"]
        assert STRICTEST.index(both["contact_allowed"]) <= STRICTEST.index(one["contact_allowed"])
        assert all(order in both["court_orders"] for order in one["court_orders"])
        assert not one["restriction"] or one["restriction"] in both["restriction"]
        assert one["may_be_told"] is not False or both["may_be_told"] is False


@given(CONTACTS, CONTACTS)
def test_lets_nobody_be_told_who_was_not(target: Contact, merged: Contact) -> None:
    both = target | taken_over(target, merged)
    assert both["may_be_told"] is not True or target["may_be_told"] is True


@given(CONTACTS, CONTACTS)
def test_fills_gaps_and_replaces_nothing_that_is_known(target: Contact, merged: Contact) -> None:
    both = target | taken_over(target, merged)
    for name in WHERE_EMPTY:
        assert both[name] == (merged[name] if target[name] is None else target[name])


@given(CONTACTS, CONTACTS)
def test_says_only_what_changes(target: Contact, merged: Contact) -> None:
    changes = taken_over(target, merged)
    assert all(target[name] != value for name, value in changes.items())
