"""What comes next, step by step: when each is there, and when it is gone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.ids import new_id
from app.domain.common.category_rules.rules import following
from app.domain.record.next_steps.rules import OPERATIONS, Facts, Referred, next_steps, to_response

NOW = clock.now()
SOON, LATE = NOW + timedelta(days=1), NOW - timedelta(days=1)


def a_concern(**fields: Any) -> Facts:
    """One that is triaged, with its parents told and nothing else open but an action."""
    begun: dict[str, Any] = {
        "state": "triaged", "parents_told": "yes", "has_voice": True, "open_work": 1,
    }  # fmt: skip
    category = fields.pop("category", "bullying")
    return Facts(
        new_id(), "C-2026-000001", follows=following([category]), recorded_at=NOW,
        **(begun | fields),
    )  # fmt: skip


def a_referral(**fields: Any) -> Referred:
    found: dict[str, Any] = {
        "agency": "County", "state": "sent", "outcome": None, "due_rule": "csc.decision",
        "due_at": SOON, "challenged": False,
    }  # fmt: skip
    return Referred(**(found | fields))


def codes(facts: Facts) -> list[str]:
    return [step.code for _, step in next_steps([facts], NOW)]


THERE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "acknowledge": ({"state": "raised"}, {"state": "acknowledged"}),
    "triage": ({"state": "acknowledged"}, {"state": "triaged"}),
    "own_report": ({"tasks": {"own_report": SOON}}, {}),
    "safety_measures": ({"tasks": {"safety_measures": SOON}}, {}),
    "missing": ({"tasks": {"find_child": SOON}}, {}),
    "possible_duplicate": ({"alike": ["C-2026-000002"]}, {}),
    "siblings": (
        {"siblings": 2, "harm_from": "parent_carer"}, {"siblings": 2, "harm_from": "peer_other"},
    ),
    "other_concerns": (
        {"state": "raised", "others": 2, "others_since": LATE}, {"others": 2, "others_since": LATE},
    ),
    "case_review": ({"case_due": SOON}, {}),
    "decide_parents": (
        {"parents_told": None},
        {"parents_told": None, "decisions": frozenset({"not_tell_parents"})},
    ),
    "refer_or_why_not": ({"level": 4}, {"level": 4, "decisions": frozenset({"not_refer"})}),
    "written": (
        {"referrals": [a_referral(due_rule="csc.written_confirm")]}, {"referrals": [a_referral()]},
    ),
    "chase": ({"referrals": [a_referral(due_at=LATE)]}, {"referrals": [a_referral()]}),
    "challenge": (
        {"referrals": [a_referral(state="outcome_received", outcome="declined")]},
        {"referrals": [
            a_referral(state="outcome_received", outcome="declined", challenged=True)
        ]},
    ),
    "meeting": ({"tasks": {"ask_strategy_discussion": SOON}}, {}),
    "tell_reporter": ({"tasks": {"tell_reporter": SOON}}, {}),
    "child_voice": (
        {"has_voice": False, "recorded_at": NOW - timedelta(days=14)},
        {"has_voice": False, "recorded_at": NOW - timedelta(days=13)},
    ),
    "close": ({"open_work": 0}, {"open_work": 0, "referrals": [a_referral()]}),
}  # fmt: skip
"""By step: facts with which it is there, and facts with which it is not."""


def with_facts(fields: dict[str, Any]) -> Facts:
    at = {name: value for name, value in fields.items() if name == "recorded_at"}
    return replace(a_concern(**{n: v for n, v in fields.items() if n not in at}), **at)


class TestEachStep:
    def test_is_tried_here(self) -> None:
        assert THERE.keys() == OPERATIONS.keys()

    @pytest.mark.parametrize("code", [*THERE])
    def test_is_there_and_says_why(self, code: str) -> None:
        facts = with_facts(THERE[code][0])
        (step,) = [one for _, one in next_steps([facts], NOW) if one.code == code]
        assert step.reason.endswith(".")
        shown = to_response(facts, step)
        assert (shown["operation"], shown["concern"]["id"]) == (OPERATIONS[code], facts.id)

    @pytest.mark.parametrize("code", [*THERE])
    def test_is_gone_once_it_is_dealt_with(self, code: str) -> None:
        assert code not in codes(with_facts(THERE[code][1]))

    def test_is_none_where_only_work_is_open(self) -> None:
        assert codes(a_concern()) == []


class TestOrder:
    def test_is_duties_then_what_is_due_soonest_then_the_rest(self) -> None:
        facts = a_concern(
            parents_told=None,
            case_due=SOON,
            open_work=3,
            tasks={"own_report": SOON, "tell_reporter": LATE},
        )
        assert codes(facts) == ["own_report", "tell_reporter", "case_review", "decide_parents"]

    def test_of_parents_says_what_guards_it(self) -> None:
        for category, said in (("forced_marriage", "social care"), ("neglect", "Nobody")):
            facts = a_concern(category=category, parents_told=None, level=1)
            reasons = [one.reason for _, one in next_steps([facts], NOW)]
            assert any(said in one for one in reasons), category
