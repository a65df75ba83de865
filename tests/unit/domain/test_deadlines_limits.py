"""The limits that law, guidance or agreements set are those of the sources, number by number."""

import dataclasses
from collections.abc import Mapping

import pytest

from app.domain.common.deadlines.rules import SET_BY_PERSON, Rule, rule_book
from app.formats.calendars import Limit

HOUR = 60
SOURCES: Mapping[str, Limit] = {
    "csc.decision": Limit("working_day", days=1),
    "csc.followup": Limit("working_day", days=3),
    "csc.written_confirm": Limit("clock", minutes=24 * HOUR),
    "csc.followup in wales": Limit("working_day", days=7),
    "csc.written_confirm in wales": Limit("clock", minutes=24 * HOUR),
    "lado.refer": Limit("working_day", days=1),
    "lado.refer.wales": Limit("clock", minutes=24 * HOUR, on_working_day=True),
    "fgm.police": Limit("working_day", days=1),
    "csa.mandatory_report": Limit("calendar_day", days=0),
    "csa.mandatory_report.delayed": Limit("clock", days=7),
    "privfost.notify": Limit("clock", minutes=48 * HOUR),
    "challenge.immediate": Limit("clock", minutes=24 * HOUR),
    "challenge.stage_1": Limit("working_day", days=2),
    "challenge.stage_2": Limit("working_day", days=5),
    "challenge.stage_3": Limit("working_day", days=2),
    "assessment.complete": Limit("working_day", days=45),
    "assessment.complete in wales": Limit("working_day", days=42),
    "strategy.discussion": Limit("clock", minutes=24 * HOUR),
    "order.police_protection": Limit("clock", minutes=72 * HOUR),
    "order.emergency_protection": Limit("calendar_day", days=8),
    "missing.return_conversation": Limit("clock", minutes=72 * HOUR),
    "icpc.hold": Limit("working_day", days=15),
    "conference.report": Limit("working_day", days=2, before=True),
    "core_group.first": Limit("working_day", days=10),
    "core_group.next": Limit("calendar_day", days=6 * 7),
    "review_conference.first": Limit("calendar_day", months=3),
    "review_conference.next": Limit("calendar_day", months=6),
    "looked_after.review.first": Limit("working_day", days=20),
    "looked_after.review.second": Limit("calendar_day", months=3),
    "looked_after.review.next": Limit("calendar_day", months=6),
    "cpfile.transfer.in_year": Limit("school_day", days=5),
    "cpfile.transfer.new_term": Limit("school_day", days=4),
    "cpfile.receipt": Limit("school_day", days=5),
    "cpfile.request": Limit("school_day", days=5),
    "restraint.record": Limit("calendar_day", days=0),
    "restraint.parent": Limit("calendar_day", days=0),
    "register.delete.cme": Limit("school_day", days=20),
}
"""Typed from the sources, not from the book. Of the first five days of a term the first is one,

so that four are counted on from it. Fallbacks for holidays (`at_most`) are Cairn's own.
"""


def name_of(rule: Rule) -> str:
    """The rule, with the nation where it is for one alone."""
    return f"{rule.id} in {rule.nation}" if rule.nation else rule.id


def test_every_rule_with_a_source_outside_cairn_is_held_against_it() -> None:
    outside = {
        name_of(rule)
        for versions in rule_book().values()
        for rule in versions
        if rule.id != SET_BY_PERSON and not rule.source.startswith("Cairn default")
    }
    assert outside == SOURCES.keys()


@pytest.mark.parametrize("name", SOURCES)
def test_a_limit_is_what_its_source_says(name: str) -> None:
    for rule in rule_book()[name.split(" in ", maxsplit=1)[0]]:
        if name_of(rule) == name:
            assert dataclasses.replace(rule.limit, at_most=None) == SOURCES[name]
