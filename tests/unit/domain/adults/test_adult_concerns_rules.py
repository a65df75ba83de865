"""Pure rules of the adult register: the chain of reasons, states, clocks, places."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.core.ids import NIL
from app.core.words import Actor, Permission, Rights, Role
from app.db.facts import Facts
from app.db.trails import ADULT_TABLES, untraced
from app.domain.adults.adult_concerns import rules
from app.domain.adults.adult_concerns.errors import (
    AdultConcernEnded,
    AssessmentMissing,
    HarmTestsUnsuitable,
    OutcomeUnsuitable,
)
from app.domain.adults.adult_concerns.kind import ADULT_CONCERN
from app.domain.common.deadlines.rules import rule_book, rule_on
from app.domain.errors import StateConflict
from app.domain.policy import Effect

ONE, TWO, THREE, FOUR = (UUID(int=number) for number in range(1, 5))
HEAD, CHAIR, DSL = Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS, Role.DSL
FRIDAY = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)


def actor(role: Role, rights: Rights | None = None) -> Actor:
    return Actor(id=ONE, school_id=NIL, role=role, rights=rights)


def about(
    *, head: bool = False, waits: bool = False, manages: bool = False, barred: bool = False
) -> Facts:
    """What decides about a concern, as the actor meets it."""
    marks = {"about_head": head, "waits_for_signature": waits}
    return Facts(
        TWO,
        holders=frozenset({ONE} if manages else ()),
        hidden=frozenset({ONE} if barred else ()),
        marks=frozenset(name for name, holds in marks.items() if holds),
    )


NOTHING = about()


class TestChain:
    @pytest.mark.parametrize(
        ("role", "facts", "rule", "seen"),
        [
            (HEAD, NOTHING, "adult.register", True),
            (HEAD, about(head=True), "adult.register", False),
            (HEAD, about(barred=True), "adult.barred", False),
            (CHAIR, NOTHING, "adult.register", False),
            (CHAIR, about(head=True), "adult.chair", True),
            (CHAIR, about(head=True, barred=True), "adult.barred", False),
            (CHAIR, about(waits=True), "adult.signature", True),
            (CHAIR, about(manages=True), "adult.case_manager", True),
            (DSL, NOTHING, "adult.role", False),
            (DSL, about(manages=True), "adult.case_manager", True),
            (DSL, about(manages=True, barred=True), "adult.barred", False),
            (DSL, about(waits=True), "adult.role", False),
            (Role.STAFF, about(manages=True), "adult.role", False),
            (Role.SCHOOL_ADMIN, NOTHING, "adult.role", False),
            (Role.DEPUTY_DSL, about(manages=True), "adult.role", False),
        ],
    )
    def test_is_decided_by_the_rule_that_should(
        self, role: Role, facts: Facts, rule: str, seen: bool
    ) -> None:
        chain = ADULT_CONCERN.reasons(actor(role), facts)
        assert (chain[-1].rule, ADULT_CONCERN.shows(actor(role), facts)) == (rule, seen)
        assert all(step.effect is Effect.PASS for step in chain[:-1])
        assert all(step.reason for step in chain)

    def test_lets_a_role_of_the_school_read_as_a_head_does(self) -> None:
        own = actor(Role.CUSTOM, Rights(permissions=frozenset({Permission.ADULT_READ})))
        assert ADULT_CONCERN.shows(own, NOTHING)
        assert not ADULT_CONCERN.shows(own, about(head=True))
        assert not rules.may_decide(own, manages=False)


class TestPlace:
    PEOPLE = ((ONE, "headteacher"), (TWO, "chair_of_governors"), (THREE, "school_admin"))

    def place(self, *kept_out: UUID, about_head: bool = False, people: object = None) -> object:
        found = rules.placement_of(
            self.PEOPLE if people is None else people,  # type: ignore[arg-type]
            about_head=about_head, kept_out=kept_out, reporter_id=FOUR,
        )  # fmt: skip
        return (found.owner_id, found.case_manager_id, found.notified, found.readable)

    def test_is_the_heads_unless_it_is_about_one(self) -> None:
        assert self.place() == (ONE, None, (ONE,), True)
        assert self.place(about_head=True) == (TWO, None, (TWO,), True)

    def test_is_the_chairs_as_case_manager_where_no_head_may_read(self) -> None:
        assert self.place(ONE) == (TWO, TWO, (TWO,), True)

    def test_is_an_administrators_to_appoint_somebody(self) -> None:
        assert self.place(ONE, TWO) == (THREE, None, (THREE,), False)
        assert self.place(TWO, about_head=True) == (THREE, None, (THREE,), False)

    def test_is_nobodys_but_the_reporters_in_an_empty_school(self) -> None:
        assert self.place(people=()) == (FOUR, None, (), False)

    def test_is_not_a_heads_who_is_administrator_too(self) -> None:
        small = ((ONE, "headteacher"), (ONE, "school_admin"))
        assert self.place(about_head=True, people=small) == (FOUR, None, (), False)
        more = (*small, (THREE, "school_admin"))
        assert self.place(about_head=True, people=more) == (THREE, None, (THREE,), False)
        asked = rules.signers(more, about_head=True, case_manager_id=None, kept_out=())
        assert (asked.notified, asked.readable) == ((THREE,), False)

    def test_is_not_a_chairs_who_is_head_too(self) -> None:
        both = ((ONE, "headteacher"), (ONE, "chair_of_governors"), (THREE, "school_admin"))
        assert self.place(about_head=True, people=both) == (THREE, None, (THREE,), False)


class TestSigners:
    def test_are_chair_case_manager_and_heads_but_never_the_proposer(self) -> None:
        found = rules.signers(
            TestPlace.PEOPLE, about_head=False, case_manager_id=FOUR, kept_out=[ONE]
        )
        assert (found.notified, found.readable) == ((TWO, FOUR), True)

    def test_are_no_heads_for_a_head(self) -> None:
        found = rules.signers(TestPlace.PEOPLE, about_head=True, case_manager_id=None, kept_out=[])
        assert found.notified == (TWO,)

    def test_are_wanted_from_administrators_where_there_are_none(self) -> None:
        found = rules.signers(
            TestPlace.PEOPLE, about_head=True, case_manager_id=None, kept_out=[TWO]
        )
        assert (found.notified, found.readable) == ((THREE,), False)


class TestManage:
    @pytest.mark.parametrize(
        ("roles", "about_head", "expected"),
        [
            ({"dsl"}, False, True),
            ({"dsl"}, True, True),
            ({"headteacher"}, False, True),
            ({"headteacher", "dsl"}, True, False),
            ({"chair_of_governors"}, True, True),
            ({"deputy_dsl"}, False, False),
            ({"staff", "governor"}, False, False),
            (set(), False, False),
        ],
    )
    def test_is_for_heads_chairs_and_leads(
        self, roles: set[str], about_head: bool, expected: bool
    ) -> None:
        assert rules.may_manage(roles, about_head=about_head) is expected


class TestStates:
    def test_lead_from_raised_to_closed(self) -> None:
        assert rules.next_state("acknowledge", "raised") == "acknowledged"
        assert rules.next_state("assess", "acknowledged") == "assessed"
        assert rules.next_state("consult", "assessed") == "lado_consulted"
        assert rules.next_state("refer", "lado_consulted") == "referred"
        assert rules.next_state("assess", "referred") == "referred"
        assert rules.next_state("close", "referred") == "closed"
        assert rules.next_state("withdraw", "closed") == "entered_in_error"

    def test_never_lead_back_to_raised(self) -> None:
        for verb, starts in rules.TRANSITIONS.items():
            for state, following in starts.items():
                assert following != "raised" or state == "raised", verb
                assert state != "entered_in_error", verb

    def test_refuse_what_does_not_follow(self) -> None:
        with pytest.raises(StateConflict):
            rules.next_state("close", "raised")
        for verb in ("acknowledge", "assess", "consult", "refer", "assign", "redirect", "close"):
            with pytest.raises(AdultConcernEnded):
                rules.next_state(verb, "closed")


class TestOutcome:
    @pytest.mark.parametrize("outcome", sorted(rules.ALLEGATION_OUTCOMES))
    def test_of_an_allegation_is_one_of_five(self, outcome: str) -> None:
        rules.check_outcome("allegation", outcome)

    @pytest.mark.parametrize(
        ("threshold", "outcome"),
        [
            ("allegation", "dealt_with"),
            ("allegation", "no_further_action"),
            ("low_level", "substantiated"),
            ("no_further_action", "malicious"),
        ],
    )
    def test_fits_the_threshold(self, threshold: str, outcome: str) -> None:
        with pytest.raises(OutcomeUnsuitable):
            rules.check_outcome(threshold, outcome)

    def test_needs_a_threshold(self) -> None:
        with pytest.raises(AssessmentMissing):
            rules.check_outcome(None, "unfounded")

    def test_needs_a_second_signature_where_the_harm_threshold_is_or_was_met(self) -> None:
        needs = rules.needs_second_signature
        assert needs("not_sure", "allegation", was_allegation=False)
        assert needs("allegation", "low_level", was_allegation=False)
        assert needs("not_sure", "low_level", was_allegation=True)
        assert not needs("not_sure", "low_level", was_allegation=False)

    @pytest.mark.parametrize(
        ("threshold", "tests"), [("allegation", []), ("low_level", ["risk_of_harm"])]
    )
    def test_goes_with_the_tests_of_the_threshold(self, threshold: str, tests: list[str]) -> None:
        with pytest.raises(HarmTestsUnsuitable):
            rules.check_harm_tests(threshold, tests)


class TestClocks:
    def test_are_in_the_book(self) -> None:
        for rule in (rules.AT_ONCE, rules.ACKNOWLEDGE, rules.LADO, rules.ASSESS, rules.REVIEW):
            assert rule in rule_book()
        assert "KCSIE" in rule_on(rules.LADO, FRIDAY.date()).source

    @pytest.mark.parametrize("kind", ["allegation", "not_sure"])
    def test_of_an_allegation_run_since_the_report(self, kind: str) -> None:
        """Acknowledging and assessing wind nothing back."""
        later = FRIDAY + timedelta(hours=5)
        assert rules.first_clock(kind, immediate_risk=False) is rules.LADO
        for rule, since in (
            rules.clock_after_acknowledging(kind, FRIDAY, None, later),
            rules.clock_after_assessing("allegation", kind, FRIDAY, None, later),
        ):
            assert (rule, since) == (rules.LADO, FRIDAY)

    def test_of_an_allegation_in_wales_is_of_its_own_guidance(self) -> None:
        later = FRIDAY + timedelta(hours=5)
        wales = rules.LADO_IN["wales"]
        assert "24 hours" in rule_on(wales, FRIDAY.date()).source
        assert rules.first_clock("allegation", immediate_risk=False, nation="wales") == wales
        for found in (
            rules.clock_after_acknowledging("not_sure", FRIDAY, None, later, "wales"),
            rules.clock_after_assessing("allegation", "not_sure", FRIDAY, None, later, "wales"),
        ):
            assert found == (wales, FRIDAY)

    def test_of_what_turns_out_an_allegation_begin_then(self) -> None:
        later = FRIDAY + timedelta(days=7)
        found = rules.clock_after_assessing("allegation", "low_level", FRIDAY, None, later)
        assert found == (rules.LADO, later)

    def test_are_satisfied_by_the_officers_advice(self) -> None:
        found = rules.clock_after_assessing("allegation", "allegation", FRIDAY, FRIDAY, FRIDAY)
        assert found[0] is rules.REVIEW


class TestTraces:
    """Which trail a change belongs in (`app.db.unit_of_work.untraced`)."""

    def test_of_the_register_are_its_own(self) -> None:
        assert len(ADULT_TABLES) == 4
        assert untraced({*ADULT_TABLES, "trail"}) == ADULT_TABLES
        assert untraced({*ADULT_TABLES, "adult_trail"}) == frozenset()

    def test_of_children_are_not_the_registers(self) -> None:
        assert untraced({"concern", "adult_trail"}) == {"concern"}
        assert untraced({"concern", "trail"}) == frozenset()
        assert untraced({"concern"}) == {"concern"}

    def test_of_alerts_are_either(self) -> None:
        assert untraced({"alert", "adult_trail"}) == untraced({"alert", "trail"}) == frozenset()
        assert untraced({"alert"}) == {"alert"}


@pytest.mark.parametrize(
    ("words", "may"),
    [
        ("Mrs Okafor shouted.", True), ("It was NGOZI.", True), ("hill did it", True),
        ("The head teacher did it.", True), ("Our Headmaster!", True), ("He hit her head.", True),
        ("Her forehead was red.", False), ("Mr Roe did it.", False), ("", False),
    ],
)  # fmt: skip
def test_a_head_may_be_meant_wherever_a_part_of_a_name_or_a_title_stands(
    words: str, may: bool
) -> None:
    assert rules.may_mean_head(words, ["Ngozi Okafor-Hill"]) is may
