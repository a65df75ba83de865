"""The pure rules of transfers."""

from datetime import date
from uuid import uuid4

import pytest

from app.core.vocabularies import codes
from app.domain.common.deadlines.rules import rule_book
from app.domain.sharing.transfers import rules
from app.domain.sharing.transfers.rules import Item


class TestSteps:
    def test_are_from_states_that_there_are(self) -> None:
        named = frozenset().union(*rules.STEPS.values())
        assert named <= codes("transfer_states")

    @pytest.mark.parametrize("state", ["accepted", "cancelled", "retained"])
    def test_end_with_an_end(self, state: str) -> None:
        assert [step for step in rules.STEPS if rules.possible(step, state)] == []

    def test_of_a_locked_file_are_that_it_came_back(self) -> None:
        found = [step for step in rules.STEPS if rules.possible(step, "locked")]
        assert found == ["record_transfer_rejection"]


class TestClocks:
    def test_are_of_the_book(self) -> None:
        used = {rules.leaving_rule(reason) for reason in codes("transfer_reasons")}
        assert used == {rules.IN_YEAR, rules.NEW_TERM, rules.ADDENDUM}
        assert used | {rules.RECEIPT, rules.LOOK, rules.ANSWER, rules.UNLOCK} <= rule_book().keys()

    def test_begin_with_the_term_after_the_child_left(self) -> None:
        starts = [date(2026, 9, 2), date(2027, 1, 4), date(2027, 4, 12)]
        assert rules.term_start(starts, date(2026, 12, 18)) == date(2027, 1, 4)
        assert rules.term_start(starts, date(2027, 7, 20)) is None


class TestWhatStays:
    @pytest.mark.parametrize("kind", ["concern", "status", "share", "received_record"])
    def test_is_sealed_unless_a_lead_chose_it(self, kind: str) -> None:
        item = Item(kind, uuid4(), "K5")
        assert rules.stays(item, frozenset()) == "sealed"
        assert rules.stays(item, frozenset({(kind, item.id)})) is None

    def test_is_a_file_that_may_show_other_children(self) -> None:
        item = Item("attachment", uuid4(), "K3", several=True)
        assert rules.stays(item, frozenset()) == "several_children"
        chosen = rules.chosen_of([{"kind": "attachment", "id": str(item.id)}])
        assert rules.stays(item, chosen) is None

    @pytest.mark.parametrize("confidentiality", ["K2", "K3", "K4"])
    def test_is_nothing_else(self, confidentiality: str) -> None:
        assert rules.stays(Item("concern", uuid4(), confidentiality, True), frozenset()) is None


class TestLocks:
    def test_are_ended_by_two_people(self) -> None:
        one, other = uuid4(), uuid4()
        assert rules.may_unlock(one, other)
        assert not rules.may_unlock(one, one)
        assert not rules.may_unlock(None, one)
