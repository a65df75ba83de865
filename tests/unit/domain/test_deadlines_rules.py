"""The book of rules: whole, in order, and read as it was written."""

import re
import tomllib
from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest

from app.domain.common.deadlines.rules import HERE, Rule, rule_book, rule_of, rule_on
from app.domain.duty.ladder.rules import ladders
from app.formats.calendars import Calendar, Limit, SchoolCalendar

ENTRIES: list[dict[str, Any]] = tomllib.loads((HERE / "rules.toml").read_text())["rule"]
RULES = [rule for versions in rule_book().values() for rule in versions]
CALENDARS = get_args(Calendar)
GUIDANCE = """
cpfile.transfer.in_year cpfile.transfer.new_term cpfile.receipt csc.decision csc.followup
csc.written_confirm lado.refer fgm.police csa.mandatory_report privfost.notify encompass.read
restraint.record restraint.parent register.delete.cme assessment.complete strategy.discussion
icpc.hold core_group.first core_group.next review_conference.first review_conference.next
conference.report looked_after.review.first
"""
"""Every clock that guidance for schools in the United Kingdom names."""
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def made(**changes: Any) -> Rule:
    """A rule that no book holds."""
    whole: dict[str, Any] = {
        "id": "x", "version": "1", "valid_from": date(2026, 1, 1), "title": "x", "since": "x",
        "limit": Limit("working_day", days=1), "ladder": "routine", "source": "x",
    }  # fmt: skip
    return Rule(**{**whole, **changes})


class TestBook:
    def test_has_every_version_once(self) -> None:
        pairs = [(entry["id"], entry["version"]) for entry in ENTRIES]
        assert len(pairs) == len(set(pairs))

    def test_has_versions_in_the_order_of_their_first_days(self) -> None:
        for versions in rule_book().values():
            days = [rule.valid_from for rule in versions]
            assert days == sorted(days, reverse=True)
            assert len({(rule.valid_from, rule.nation) for rule in versions}) == len(versions)
            assert any(rule.nation is None for rule in versions)

    def test_knows_every_limit_of_the_guidance(self) -> None:
        assert set(GUIDANCE.split()) <= rule_book().keys()

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
    def test_says_all_that_a_person_has_to_know(self, rule: Rule) -> None:
        assert re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)*", rule.id)
        assert rule.title[:1].isupper()
        assert rule.since
        assert len(rule.source) > 5
        assert rule.ladder in ladders()
        for limit in _all_limits(rule):
            assert limit.calendar in CALENDARS
            assert limit.days >= 0
            assert limit.minutes >= 0
            assert limit.calendar == "calendar_day" or not limit.months

    @pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
    def test_holds_no_word_that_nobody_reads(self, entry: dict[str, Any]) -> None:
        assert entry.keys() <= {
            "id", "version", "from", "title", "since", "calendar", "days", "minutes", "months",
            "nation", "until", "before", "at_most", "on_working_day", "ladder", "source",
            "overridable", "longest", "in_force",
        }  # fmt: skip

    def test_lets_no_school_stretch_what_others_have_set(self) -> None:
        for rule in RULES:
            if rule.longest is not None:
                assert rule.overridable
            if "Act" in rule.source or "Regulations" in rule.source or "GDPR" in rule.source:
                assert not rule.overridable

    def test_names_the_rule_of_a_person(self) -> None:
        assert rule_on("set_by_person", date(2026, 11, 25)).limit == Limit("clock")


def _all_limits(rule: Rule) -> list[Limit]:
    found = [rule.limit, rule.limit.at_most, rule.longest]
    return [limit for limit in found if limit is not None]


class TestRuleOn:
    def test_takes_the_version_of_the_day_and_before_all_the_first(self) -> None:
        (rule,) = rule_book()["lado.refer"]
        assert rule_on("lado.refer", date(2026, 11, 25)) is rule
        assert rule_on("lado.refer", date(1999, 1, 1)) is rule

    def test_takes_the_version_of_the_nation_where_it_has_one(self) -> None:
        day = date(2026, 11, 25)
        assert rule_on("csc.followup", day, "wales").limit == Limit("working_day", days=7)
        assert rule_on("csc.followup", day, "england").limit == Limit("working_day", days=3)
        assert rule_on("csc.followup", day).nation is None
        assert rule_on("lado.refer", day, "wales").nation is None

    def test_refuses_what_is_not_in_the_book(self) -> None:
        with pytest.raises(KeyError):
            rule_on("no.such.rule", date(2026, 11, 25))
        with pytest.raises(KeyError):
            rule_of("lado.refer", "1066")


class TestLocalLimits:
    OWN = SchoolCalendar(limits={"x": Limit("working_day", days=3)})

    def test_hold_where_the_rule_allows_it(self) -> None:
        rule = made(overridable=True)
        assert rule.due(NOON, self.OWN).date() == date(2026, 11, 30)
        assert rule.limit_in(self.OWN) == Limit("working_day", days=3)

    def test_mean_nothing_to_a_rule_of_law(self) -> None:
        assert made().due(NOON, self.OWN).date() == date(2026, 11, 26)

    def test_never_outlast_the_longest(self) -> None:
        rule = made(overridable=True, longest=Limit("working_day", days=2))
        assert rule.due(NOON, self.OWN).date() == date(2026, 11, 27)


class TestLadders:
    @pytest.mark.parametrize("name", sorted(ladders()))
    def test_have_a_wait_between_any_two_rungs(self, name: str) -> None:
        ladder = ladders()[name]
        assert len(ladder.waits) == len(ladder.rungs) - 1
        assert all(wait > 0 for wait in (*ladder.waits, ladder.again))
        assert ladder.rings in ("always", "daily", "working_days")

    def test_of_the_adult_register_tell_nobody_outside_it(self) -> None:
        for rule in RULES:
            used = ladders()[rule.ladder_for("adult_concern")]
            assert set(used.rungs) <= {"owner", "register"}


def test_every_limit_that_a_school_may_set_has_a_longest() -> None:
    rules = [rule for versions in rule_book().values() for rule in versions]
    assert [rule.id for rule in rules if rule.overridable and rule.longest is None] == []
