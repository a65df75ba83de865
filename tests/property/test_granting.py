"""Whoever gives or defines roles never hands out what they lack, and a school keeps its lead."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.core.words import Cohort, Permission, Rights
from app.domain.people.memberships import rules as memberships_rules
from app.domain.people.memberships.rules import MAY_GRANT, OF_TRUSTS, OPENS_CHILDREN, Interval
from app.domain.people.roles import rules as role_rules
from app.domain.policy import BUILT_IN

CLASSES = st.frozensets(st.sampled_from(sorted(memberships_rules.CLASSES)))
RIGHTS = st.one_of(
    st.sampled_from(list(BUILT_IN.values())),
    st.builds(
        Rights,
        permissions=st.frozensets(st.sampled_from(list(Permission))),
        classes=CLASSES,
        cohort_classes=CLASSES,
        cohort_only=st.booleans(),
    ),
)
GROUPS = st.lists(st.sampled_from(["7", "8", "9"]), unique=True).map(tuple)
COHORTS = st.builds(Cohort, GROUPS, GROUPS)
FIRST = date(2026, 9, 1)
DAYS = 40
INTERVALS = st.tuples(st.integers(0, DAYS - 1), st.one_of(st.none(), st.integers(1, DAYS))).map(
    lambda one: _interval(*one)
)


def _interval(start: int, length: int | None) -> Interval:
    first = FIRST + timedelta(days=start)
    return first, None if length is None else first + timedelta(days=length)


def reach(rights: Rights, cohort: Cohort) -> set[tuple[str, str]]:
    """What somebody with a role can do or read, and of whom: by permission, class and group.

    What works in a trust alone is left out: whoever gives roles gives it with its role.
    """
    groups = {*cohort.year_groups, *(f"group {one}" for one in cohort.registration_groups)}
    everybody = {"7", "8", "9", "group 7", "group 8", "group 9", "others"}
    found = {("may", permission.value) for permission in rights.permissions - OF_TRUSTS}
    opened = groups if rights.cohort_only else everybody
    if rights.permissions & OPENS_CHILDREN:
        found |= {("opens", one) for one in opened}
    found |= {(one, child) for one in rights.classes for child in everybody}
    found |= {(one, child) for one in rights.cohort_classes for child in groups}
    return found


class TestGranting:
    @given(own=RIGHTS, own_cohort=COHORTS, wanted=RIGHTS, cohort=COHORTS)
    def test_never_hands_out_what_the_giver_lacks(
        self, own: Rights, own_cohort: Cohort, wanted: Rights, cohort: Cohort
    ) -> None:
        allowed = not memberships_rules.beyond(own, wanted) and not memberships_rules.cohort_beyond(
            own, own_cohort, wanted, cohort
        )
        if allowed:
            assert reach(wanted, cohort) <= reach(own, own_cohort)

    @given(own=RIGHTS, cohort=COHORTS)
    def test_lets_everybody_pass_on_exactly_their_own(self, own: Rights, cohort: Cohort) -> None:
        assert memberships_rules.beyond(own, own) == ()
        assert not memberships_rules.cohort_beyond(own, cohort, own, cohort)

    @given(one=RIGHTS, two=RIGHTS, three=RIGHTS)
    def test_climbs_no_ladder(self, one: Rights, two: Rights, three: Rights) -> None:
        """What nobody could give directly cannot be given through a third person."""
        if not memberships_rules.beyond(one, two) and not memberships_rules.beyond(two, three):
            assert not memberships_rules.beyond(one, three)


class TestWidening:
    @given(before=RIGHTS, after=RIGHTS, cohort=COHORTS)
    def test_is_noticed(self, before: Rights, after: Rights, cohort: Cohort) -> None:
        if reach(after, cohort) - reach(before, cohort):
            assert role_rules.widens(before, after)

    @given(rights=RIGHTS)
    def test_is_noticed_where_a_cohort_becomes_the_whole_school(self, rights: Rights) -> None:
        before, after = replace(rights, cohort_only=True), replace(rights, cohort_only=False)
        assert role_rules.widens(before, after)
        assert not role_rules.widens(after, before)


class TestTheLastLead:
    @given(removed=INTERVALS, others=st.lists(INTERVALS, max_size=6))
    def test_leaves_no_day_without_a_lead(self, removed: Interval, others: list[Interval]) -> None:
        """Held against counting day by day, far beyond the last change."""
        days = [FIRST + timedelta(days=number) for number in range(3 * DAYS)]
        bare = [
            day
            for day in days
            if memberships_rules.is_live(*removed, day)
            and not any(memberships_rules.is_live(*other, day) for other in others)
        ]
        assert memberships_rules.leaves_a_gap(removed, others) == (bare[0] if bare else None)

    @given(role=RIGHTS, own=RIGHTS)
    def test_is_ended_by_nobody_who_may_not_grant(self, role: Rights, own: Rights) -> None:
        if memberships_rules.may_end(own, role):
            assert own.permissions & MAY_GRANT
            if role.classes:
                assert Permission.ROLE_GRANT in own.permissions
