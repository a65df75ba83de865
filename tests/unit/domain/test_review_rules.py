"""When a review falls due, and who sees one."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import NIL
from app.core.words import Actor, Cohort, Role
from app.domain.policy import ChildFacts, ConcernFacts
from app.domain.reviews.rules import (
    LIMITS,
    Every,
    falls_on,
    may_see_of_child,
    may_see_of_concern,
    next_verbs,
)
from app.formats.calendars import SchoolCalendar, TermDates

SCHOOL = SchoolCalendar(
    terms=(
        TermDates("autumn", date(2026, 9, 3), date(2026, 12, 18)),
        TermDates("spring", date(2027, 1, 4), date(2027, 3, 25)),
    )
)
NOW = datetime(2026, 12, 9, 10, tzinfo=UTC)  # a Wednesday, eight school days before Christmas


def an_actor(role: Role, *groups: str) -> Actor:
    return Actor(id=NIL, school_id=NIL, role=role, cohort=Cohort(year_groups=tuple(groups)))


class TestFallsOn:
    @pytest.mark.parametrize(
        ("count", "unit", "day"),
        [
            (1, "school_days", date(2026, 12, 10)),
            (1, "school_weeks", date(2026, 12, 16)),
            (2, "school_weeks", date(2027, 1, 6)),
            (3, "working_days", date(2026, 12, 14)),
            (2, "calendar_weeks", date(2026, 12, 23)),
            (10, "calendar_days", date(2026, 12, 19)),
            (3, "calendar_months", date(2027, 3, 9)),
        ],
    )
    def test_counts_in_the_schools_own_days(self, count: int, unit: str, day: date) -> None:
        found = falls_on(Every(count, unit), NOW, SCHOOL)
        assert SCHOOL.local(found).date() == day

    @given(st.integers(1, 100), st.sampled_from(sorted(LIMITS)), st.integers(0, 500_000))
    def test_lies_ahead(self, count: int, unit: str, minutes: int) -> None:
        since = NOW + timedelta(minutes=minutes)
        found = falls_on(Every(count, unit), since, SCHOOL)
        assert SCHOOL.local(found).date() > SCHOOL.local(since).date()


class TestSight:
    @pytest.mark.parametrize(
        ("confidentiality", "owner", "conflict", "seen"),
        [
            ("K3", True, False, True), ("K3", False, False, False),
            ("K5", True, False, False), ("K3", True, True, False),
        ],
    )  # fmt: skip
    def test_of_a_concern_is_left_to_its_owner(
        self, confidentiality: str, owner: bool, conflict: bool, seen: bool
    ) -> None:
        facts = ConcernFacts(
            confidentiality, is_reporter=False, is_assigned=False, in_cohort=False,
            in_conflict=conflict,
        )  # fmt: skip
        assert may_see_of_concern(an_actor(Role.PASTORAL), facts, owner=owner) is seen

    @pytest.mark.parametrize(
        ("role", "confidentiality", "in_cohort", "granted", "seen"),
        [
            (Role.DSL, "K5", False, False, True),
            (Role.DEPUTY_DSL, "K5", False, False, False),
            (Role.DEPUTY_DSL, "K5", False, True, True),
            (Role.PASTORAL, "K2", True, False, True),
            (Role.PASTORAL, "K2", False, False, False),
            (Role.PASTORAL, "K3", True, False, False),
        ],
    )
    def test_of_a_child_follows_reach_and_class(
        self, role: Role, confidentiality: str, in_cohort: bool, granted: bool, seen: bool
    ) -> None:
        facts = ChildFacts(in_conflict=False, in_cohort=in_cohort)
        found = may_see_of_child(
            an_actor(role), facts, confidentiality, owner=False, granted=granted
        )
        assert found is seen
        locked = ChildFacts(in_conflict=True, in_cohort=True)
        assert not may_see_of_child(
            an_actor(role), locked, confidentiality, owner=True, granted=True
        )


class TestNextVerbs:
    def test_are_those_of_somebody_who_works_on_it(self) -> None:
        lead = an_actor(Role.DSL)
        assert next_verbs(lead, ended=False, works=True) == [
            "change_review", "complete_review", "end_review"
        ]  # fmt: skip
        assert next_verbs(lead, ended=True, works=True) == []
        assert next_verbs(lead, ended=False, works=False) == []
        assert next_verbs(an_actor(Role.STAFF), ended=False, works=True) == []
