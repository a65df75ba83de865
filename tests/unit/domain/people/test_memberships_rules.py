"""Pure rules of staff: intervals, and what work a person could keep."""

from datetime import date

import pytest

from app.core.addresses import is_address
from app.core.words import Role
from app.domain.common.role_rights.queries import FOR_PEOPLE
from app.domain.people.memberships import rules
from app.domain.policy import BUILT_IN

DAYS = [date(2026, 1, day) for day in range(1, 5)]


class TestOverlaps:
    @pytest.mark.parametrize(
        ("one", "other", "expected"),
        [
            ((DAYS[0], DAYS[1]), (DAYS[1], DAYS[2]), False),
            ((DAYS[0], DAYS[2]), (DAYS[1], DAYS[3]), True),
            ((DAYS[0], None), (DAYS[3], None), True),
            ((DAYS[2], None), (DAYS[0], DAYS[2]), False),
        ],
    )
    def test_counts_the_end_as_outside(
        self, one: tuple[date, date | None], other: tuple[date, date | None], expected: bool
    ) -> None:
        assert rules.overlaps(*one, *other) is expected
        assert rules.overlaps(*other, *one) is expected


class TestClassesOwned:
    def test_needs_the_lead_for_the_highest_class(self) -> None:
        assert rules.classes_owned([BUILT_IN[Role.DSL]]) == rules.CLASSES
        lesser = [BUILT_IN[Role.DEPUTY_DSL], BUILT_IN[Role.HEADTEACHER]]
        assert "K5" not in rules.classes_owned(lesser)

    def test_gives_nothing_to_roles_that_read_no_concerns(self) -> None:
        for role in (Role.STAFF, Role.SCHOOL_ADMIN, Role.GOVERNOR, Role.TRUST_LEAD):
            assert rules.classes_owned([BUILT_IN[role]]) == frozenset()


class TestIsAddress:
    @pytest.mark.parametrize("text", ["noor.ali+x@example.org", "o'neil@a-b.example"])
    def test_accepts_plain_addresses(self, text: str) -> None:
        assert is_address(text)

    @pytest.mark.parametrize(
        "text", ["", "a@b", "a b@example.org", "a@example.org\n", "a..b@example.org", "é@a.example"]
    )
    def test_refuses_what_mail_cannot_reach(self, text: str) -> None:
        assert not is_address(text)

    def test_refuses_more_than_254_characters(self) -> None:
        assert not is_address("a" * 250 + "@b.org")


class TestGrantable:
    def test_leaves_out_the_system_and_recipients(self) -> None:
        assert not {"system", "service_key", "custom", "parent", "agency"} & set(FOR_PEOPLE)
