"""Pure rules of cover: who is on duty, day by day."""

from datetime import date, timedelta
from uuid import UUID

from app.core.words import Role
from app.domain.common.role_rights.queries import FOR_PEOPLE
from app.domain.duty.cover.rules import Away, Spell, first_day_uncovered, on_duty, stands_in

DAYS = [date(2026, 9, 1) + timedelta(days=number) for number in range(10)]
LEAD, DEPUTY, OTHER = (UUID(int=number) for number in (1, 2, 3))
TEAM = [Spell(LEAD, DAYS[0], None), Spell(DEPUTY, DAYS[0], DAYS[6])]


class TestOnDuty:
    def test_leaves_out_who_is_away_and_brings_in_who_stands_in(self) -> None:
        away = [Away(LEAD, DAYS[1], DAYS[3], (OTHER,))]
        assert on_duty(TEAM, away, DAYS[0]) == {LEAD: None, DEPUTY: None}
        assert on_duty(TEAM, away, DAYS[2]) == {DEPUTY: None, OTHER: LEAD}
        assert on_duty(TEAM, away, DAYS[3]) == {LEAD: None, DEPUTY: None}

    def test_counts_nobody_who_stands_in_and_is_away_too(self) -> None:
        away = [Away(LEAD, DAYS[0], DAYS[9], (OTHER,)), Away(OTHER, DAYS[2], DAYS[4], ())]
        assert on_duty(TEAM, away, DAYS[3]) == {DEPUTY: None}


class TestFirstDayUncovered:
    def test_sees_the_day_on_which_a_deputys_role_ends(self) -> None:
        away = [Away(LEAD, DAYS[0], DAYS[9], ())]
        assert first_day_uncovered(TEAM, away, DAYS[0], DAYS[9]) == DAYS[6]
        assert first_day_uncovered(TEAM, away, DAYS[0], DAYS[6]) is None


class TestStandsIn:
    def test_needs_a_role_that_reads_and_owns_new_concerns(self) -> None:
        able = {role for role, rights in FOR_PEOPLE.items() if stands_in(rights)}
        assert able == {Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER}
