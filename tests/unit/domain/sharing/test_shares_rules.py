"""Pure rules of shares and referrals: steps, signatures, clocks, what approval needs."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.vocabularies import VOCABULARIES
from app.domain.common.deadlines.rules import rule_on
from app.domain.record.children import rules as children_rules
from app.domain.sharing.referral_forms.rules import KINDS, TYPES
from app.domain.sharing.referrals import rules as referrals
from app.domain.sharing.share_recipients import rules as share_recipients_rules
from app.domain.sharing.share_recipients.rules import (
    CONTACT_RECIPIENTS,
    FAMILY,
    PROFESSIONALS,
    Approval,
)
from app.domain.sharing.shares import rules as shares_rules
from app.domain.sharing.shares.rules import STEPS
from app.domain.sharing.snapshots.rules import redacted, sha256_of, to_json_bytes

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SHARE_STATES = sorted(VOCABULARIES["share_states"].codes)
REFERRAL_STATES = sorted(VOCABULARIES["referral_states"].codes)

OUT = {
    "record_hand_over", "record_response", "revoke_share", "send_share", "confirm_share",
    "renew_share_code", "answer_correction", "answer_recipient",
}  # fmt: skip
SHARE_TABLE = {
    "draft": {"update_share", "approve_share", "revoke_share"},
    "approved": {"record_hand_over", "revoke_share", "send_share", "confirm_share"},
    "available": OUT,
    "opened": OUT,
    "acknowledged": OUT,
    "revoked": {"answer_correction", "answer_recipient"},
    "expired": {"answer_correction", "answer_recipient"},
}  # fmt: skip
ONCE_SENT = {
    "record_outcome", "answer_agency", "send_referral_link", "challenge_referral",
    "withdraw_referral",
}  # fmt: skip
REFERRAL_TABLE = {
    "draft": {"update_referral", "approve_referral", "close_referral"},
    "approved": {"record_referral_sent", "send_referral_link", "close_referral"},
    "sent": ONCE_SENT | {"record_referral_sent", "record_acknowledgement", "chase_referral"},
    "acknowledged": ONCE_SENT | {"chase_referral"},
    "chased": ONCE_SENT | {"record_acknowledgement", "chase_referral"},
    "challenged": ONCE_SENT | {"record_acknowledgement", "resolve_challenge"},
    "outcome_received": ONCE_SENT | {"close_referral"},
    "closed": set(),
    "withdrawn": set(),
}


class TestSteps:
    @pytest.mark.parametrize("state", SHARE_STATES)
    def test_follow_the_table_of_shares(self, state: str) -> None:
        assert {step for step in STEPS if shares_rules.possible(step, state)} == SHARE_TABLE[state]

    @pytest.mark.parametrize("state", REFERRAL_STATES)
    def test_follow_the_table_of_referrals(self, state: str) -> None:
        found = {
            step
            for step in referrals.STEPS
            if referrals.possible(step, state, "routine", outstanding=False)
        }
        assert found == REFERRAL_TABLE[state]

    @pytest.mark.parametrize("state", REFERRAL_STATES)
    def test_let_an_emergency_go_first_and_never_close_unreviewed(self, state: str) -> None:
        owed = referrals.approval_owed(state, [])
        found = {
            step
            for step in referrals.STEPS
            if referrals.possible(step, state, "emergency", outstanding=owed)
        }
        expected = set(REFERRAL_TABLE[state])
        if state == "draft":
            expected |= {"record_referral_sent", "send_referral_link"}
        elif state != "closed":
            expected = (expected | {"approve_referral"}) - {"close_referral"}
        assert found == expected

    @pytest.mark.parametrize(
        ("state", "kind", "after"),
        [
            ("available", "opened", "opened"),
            ("available", "replied", "opened"),
            ("opened", "acknowledged", "acknowledged"),
            ("acknowledged", "replied", "acknowledged"),
            ("acknowledged", "correction_requested", "acknowledged"),
        ],
    )
    def test_move_on_with_what_the_recipient_does(self, state: str, kind: str, after: str) -> None:
        assert shares_rules.state_after_response(state, kind) == after


class TestOnlyRead:
    @pytest.mark.parametrize(
        ("seen", "version", "read", "expected"),
        [
            (3, 5, [4, 5], True),
            (3, 5, [None, 2, 4, 5], True),
            (3, 5, [5], False),
            (3, 5, [4], False),
            (5, 5, [], False),
            (6, 5, [6], False),
        ],
    )
    def test_wants_every_version_since_to_be_a_reading(
        self, seen: int, version: int, read: list[int | None], expected: bool
    ) -> None:
        assert referrals.only_read(seen, version, read) is expected


class TestMayFreeze:
    def approvals(self, *people: UUID) -> list[Approval]:
        return [Approval(one, "hash") for one in people]

    def test_lets_the_drafter_approve_alone_in_a_small_school(self) -> None:
        one = uuid4()
        assert shares_rules.may_freeze(self.approvals(one), guarded=False, drafted_by=one)
        assert not shares_rules.may_freeze([], guarded=False, drafted_by=one)

    def test_wants_two_people_where_guarded(self) -> None:
        one, two = uuid4(), uuid4()
        assert not shares_rules.may_freeze(self.approvals(one, one), guarded=True, drafted_by=two)
        assert shares_rules.may_freeze(self.approvals(one, two), guarded=True, drafted_by=two)

    def test_counts_only_approvals_of_the_same_content(self) -> None:
        given = [Approval(uuid4(), "old"), Approval(uuid4(), "new")]
        assert shares_rules.still_valid(given, "new") == given[1:]


class TestGuarded:
    @pytest.mark.parametrize(
        ("told", "because", "alleged", "audience", "expected"),
        [
            (True, "parental_responsibility", False, FAMILY, False),
            (False, "unknown", False, FAMILY, True),
            (False, "unknown", False, PROFESSIONALS, False),
            (False, "court_order", False, PROFESSIONALS, True),
            (True, "set_by_a_person", True, FAMILY, True),
            (True, "set_by_a_person", True, PROFESSIONALS, True),
        ],
    )
    def test_follows_the_table(
        self, told: bool, because: str, alleged: bool, audience: str, expected: bool
    ) -> None:
        found = share_recipients_rules.guarded(
            may_be_told=told, reason=because, alleged_source_of_harm=alleged, audience=audience
        )
        assert found is expected


class TestAudience:
    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("police", True), ("parent", False), ("child", False), ("other", False),
            ("not_a_kind", False),
        ],
    )  # fmt: skip
    def test_takes_only_known_kinds_for_professional(self, kind: str, expected: bool) -> None:
        assert share_recipients_rules.is_professional(kind) is expected

    def test_follows_the_kind_of_the_contact(self) -> None:
        assert share_recipients_rules.audience_of_contact("mother") == FAMILY
        assert share_recipients_rules.audience_of_contact("social_worker") == PROFESSIONALS

    def test_knows_only_kinds_of_the_vocabularies(self) -> None:
        assert set(CONTACT_RECIPIENTS) <= VOCABULARIES["contact_kinds"].codes
        assert set(CONTACT_RECIPIENTS.values()) <= VOCABULARIES["recipient_kinds"].codes


class TestSameName:
    @pytest.mark.parametrize(
        ("one", "other", "expected"),
        [
            ("Kim Marsh", "KIM  MARSH", True),
            ("Kim Marsh", "Marsh, Kim", True),
            ("Zoë O'Brien", "zoe obrien", True),
            ("Zoë O'Brien", "Zoe O Brien", True),
            ("Mrs Kim Marsh", "Kim Marsh", True),
            ("Kim Jo Marsh", "Kim Marsh", True),
            ("Kim", "Mr. Kim", True),
            ("Rob Marsh", "R\u043eb M\u0430rsh", True),
            ("Rob Marsh", "Rob\u200b Marsh", True),
            ("Rob Marsh", "\uff32ob Marsh", True),
            ("Kim Marsh", "Kim", False),
            ("Kim Marsh", "Sam Marsh", False),
            ("Mrs", "Mr", False),
            ("", "Kim Marsh", False),
        ],
    )
    def test_sees_through_spelling_order_and_titles(
        self, one: str, other: str, expected: bool
    ) -> None:
        assert children_rules.same_name(one, other) is expected
        assert children_rules.same_name(other, one) is expected


class TestWaysTo:
    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            (("rob@example.org",), ("Rob+x@EXAMPLE.org",), True),
            (("rob@example.org",), ("bob@example.org",), False),
            ((None, "07700 900123"), (None, "+44 (0)7700 900123"), True),
            ((None, "07700 900123"), (None, "07700 900124"), False),
            ((None, None), (None, ""), False),
            (("Rob <rob@example.org>",), ("rob@example.org.",), True),
            (("kim@example.org, rob@example.org",), ("rob@example.org",), True),
            (("rob.b@example.org",), ("robb@example.org",), False),
            (("rob.b@gmail.com",), ("robb@googlemail.com",), True),
            (("rob@müller.example",), ("rob@xn--mller-kva.example",), True),
            ((None, "07700 900123 / 01632 960123"), (None, "00441632960123"), True),
            ((None, "01632 960123 ext 45"), (None, "01632960123"), True),
            ((None, "٠١٦٣٢٩٦٠١٢٣"), (None, "01632960123"), True),
            ((None, "12345"), (None, "12345"), False),
        ],
    )
    def test_are_compared_without_their_spelling(
        self, one: tuple[str | None, ...], other: tuple[str | None, ...], same: bool
    ) -> None:
        assert bool(children_rules.ways_to(*one) & children_rules.ways_to(*other)) is same


class TestRedacted:
    @pytest.mark.parametrize(
        ("cuts", "expected"),
        [
            ([], "abcdef"),
            ([(0, 1)], "[redacted]bcdef"),
            ([(5, 6)], "abcde[redacted]"),
            ([(0, 6)], "[redacted]"),
            ([(3, 5), (1, 2)], "a[redacted]c[redacted]f"),
            ([(1, 4), (2, 3)], "a[redacted]ef"),
            ([(1, 3), (3, 5)], "a[redacted]f"),
        ],
    )
    def test_replaces_each_passage_once(self, cuts: list[tuple[int, int]], expected: str) -> None:
        assert redacted("abcdef", cuts) == expected


class TestPacked:
    def test_gives_the_same_hash_for_any_order_and_zone(self) -> None:
        from datetime import timezone

        there = NOW.astimezone(timezone(timedelta(hours=5)))
        one = to_json_bytes({"b": NOW, "a": {"d": 1, "c": None}})
        two = to_json_bytes({"a": {"c": None, "d": 1}, "b": there.astimezone(UTC)})
        assert one == two == b'{"a":{"c":null,"d":1},"b":"2026-11-25T12:00:00.000000Z"}'
        assert sha256_of(one) == sha256_of(two)


class TestDueRule:
    @pytest.mark.parametrize(
        ("state", "kind", "owed", "route", "expected"),
        [
            ("draft", "camhs", False, None, "referral.draft"),
            ("draft", "lado", False, None, "lado.refer"),
            ("approved", "fgm_report", False, None, "fgm.police"),
            ("sent", "childrens_social_care", False, "phoned", "csc.written_confirm"),
            ("sent", "childrens_social_care", False, "secure_email", "csc.decision"),
            ("acknowledged", "childrens_social_care", False, None, "csc.decision"),
            ("sent", "camhs", False, "posted", "referral.outcome"),
            ("sent", "camhs", True, "posted", "referral.approve_after"),
            ("outcome_received", "camhs", False, None, "referral.close"),
        ],
    )
    def test_follows_the_table(
        self, state: str, kind: str, owed: bool, route: str | None, expected: str
    ) -> None:
        rule = referrals.due_rule(state, kind, outstanding=owed, route=route)
        assert rule == expected
        assert rule_on(rule, NOW.date()).source

    def test_winds_no_duty_back(self) -> None:
        assert set(referrals.DUTIES.values()) < set(referrals.SINCE)


class TestKinds:
    def test_cover_the_vocabulary_with_fields_named_once(self) -> None:
        assert set(KINDS) == VOCABULARIES["referral_kinds"].codes
        for schema in KINDS.values():
            names = [field.name for section in schema.sections for field in section.fields]
            assert len(names) == len(set(names)), schema.kind
            for field in schema.fields.values():
                assert field.type in TYPES
                assert bool(field.choices) == (field.type == "choice"), field.name


class TestProblemsOfFields:
    def problems(self, kind: str, **fields: Any) -> set[str]:
        return {one.pointer for one in referrals.problems_of_fields(KINDS[kind], fields)}

    @pytest.mark.parametrize(
        ("name", "value", "fits"),
        [
            ("incident_date", "2026-02-28", True),
            ("incident_date", "2026-02-30", False),
            ("incident_date", "20260228", False),
            ("request", "advice", True),
            ("request", "magic", False),
            ("household", [{"name": "Kim"}], True),
            ("household", [], False),
            ("household", {"name": "Kim"}, False),
            ("household", [{"password": "x"}], False),
            ("referrer", {}, False),
            ("worry", "Bruises", True),
            ("worry", ["Bruises"], False),
            ("aliases", ["Al"], True),
        ],
    )
    def test_hold_each_value_against_its_type(self, name: str, value: Any, fits: bool) -> None:
        answer = {"state": "value", "value": value}
        found = self.problems("childrens_social_care", **{name: answer})
        assert found == (set() if fits else {f"/fields/{name}/value"})

    def test_take_a_state_for_an_answer(self) -> None:
        required = {
            field.name: {"state": "withheld", "value": None}
            for field in KINDS["lado"].fields.values()
            if field.required
        }
        assert self.problems("lado", **required) == set()
        assert referrals.missing_fields(KINDS["lado"], required) == []
        assert len(referrals.missing_fields(KINDS["lado"], {})) == len(required)
