"""When a review falls due, and who sees one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import NIL
from app.core.words import Actor, Cohort, Conflicts, Grant, Role
from app.db.facts import Facts
from app.db.models import Review
from app.db.repositories.concern_facts import ConcernAccess, Pupil
from app.db.unit_of_work import UnitOfWork
from app.domain.errors import FileLocked
from app.domain.record.reviews.kind import REVIEW
from app.domain.record.reviews.rules import LIMITS, Every, falls_on
from app.domain.steps import Target, offered
from app.formats.calendars import SchoolCalendar, TermDates

SCHOOL = SchoolCalendar(
    terms=(
        TermDates("autumn", date(2026, 9, 3), date(2026, 12, 18)),
        TermDates("spring", date(2027, 1, 4), date(2027, 3, 25)),
    )
)
SOMEBODY = UUID(int=1)
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


OF = ConcernAccess(NIL, "K3", SOMEBODY, None, (), (), ())
PUPIL = Pupil(NIL, "7", None)


class TestWhoSeesOne:
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
        me = an_actor(Role.PASTORAL)
        if conflict:
            me = replace(me, conflicts=Conflicts(concerns=frozenset([NIL])))
        facts = Facts(
            NIL, frozenset([me.id if owner else SOMEBODY]),
            concern=replace(OF, confidentiality=confidentiality),
        )  # fmt: skip
        assert REVIEW.shows(me, facts) is seen

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
        me = an_actor(role, *(["7"] if in_cohort else []))
        if granted:
            grant = Grant(NIL, "grant", frozenset([confidentiality]), child_id=PUPIL.id)
            me = replace(me, grants=(grant,))
        facts = Facts(NIL, frozenset([SOMEBODY]), confidentiality, child=PUPIL)
        assert REVIEW.shows(me, facts) is seen
        related = replace(me, conflicts=Conflicts(children=frozenset([PUPIL.id])))
        assert not REVIEW.shows(related, replace(facts, holders=frozenset([me.id])))


class TestOffered:
    async def test_are_those_of_somebody_who_works_on_it(self) -> None:
        lead, row = an_actor(Role.DSL), Review()
        target = Target(replace(REVIEW, guard=None), row, Facts(NIL, concern=OF))
        assert await steps_of(lead, target) == ["update_review", "complete_review", "end_review"]
        assert await steps_of(an_actor(Role.STAFF), target) == []
        grant = Grant(NIL, "grant", frozenset(["K3"]), concern_id=NIL)
        assert await steps_of(replace(an_actor(Role.HEADTEACHER), grants=(grant,)), target) == (
            await steps_of(an_actor(Role.HEADTEACHER), target)
        )
        row.ended_at = NOW
        assert await steps_of(lead, target) == []

    async def test_are_none_where_its_guard_refuses(self) -> None:
        async def gone(_work: object, _row: object) -> None:
            raise FileLocked

        target = Target(replace(REVIEW, guard=gone), Review(), Facts(NIL, concern=OF))
        assert await steps_of(an_actor(Role.DSL), target) == []


async def steps_of(actor: Actor, target: Target[Review]) -> list[str]:
    """What somebody is offered."""
    return await offered(cast(UnitOfWork, SimpleNamespace(actor=actor)), target)
