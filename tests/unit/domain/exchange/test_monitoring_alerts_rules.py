"""Pure rules of monitoring alerts: severity, match, burst, owner, signature and body."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from standardwebhooks import Webhook

from app.core.words import Role
from app.domain.common.deadlines.rules import rule_book
from app.domain.exchange.monitoring_alerts import rules
from app.domain.exchange.monitoring_alerts.rules import SEVERITIES, Hit, content_of, decide, text_of
from app.formats import standard_webhooks
from app.formats.standard_webhooks import Shown

ONE, TWO = uuid4(), uuid4()
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
UPN = "T820001426097"


def hit(child: UUID = ONE, part: str = "upn", **fields: Any) -> Hit:
    """A live hit of a child on roll."""
    given: dict[str, Any] = {"system": part, "live": True, "on_roll": True} | fields
    return Hit(part=part, child_id=child, **given)


class TestDecide:
    @pytest.mark.parametrize(
        ("hits", "child", "confidence"),
        [
            ([], None, "none"),
            ([hit()], ONE, "exact"),
            ([hit(part="mis_id")], ONE, "exact"),
            ([hit(part="email")], ONE, "strong"),
            ([hit(part="username"), hit()], ONE, "exact"),
            ([hit(), hit(TWO)], None, "none"),
            ([hit(), hit(TWO, "username")], None, "none"),
            ([hit(), hit(TWO, "username", live=False)], ONE, "exact"),
            ([hit(live=False)], None, "weak"),
            ([hit(system="former_upn")], None, "weak"),
            ([hit(part="username", on_roll=False)], None, "weak"),
            ([hit(on_roll=False)], ONE, "exact"),
            ([hit(live=False), hit(TWO, live=False)], None, "none"),
        ],
    )
    def test_takes_the_one_child_that_everything_live_agrees_on(
        self, hits: list[Hit], child: UUID | None, confidence: str
    ) -> None:
        match = decide(hits)
        assert (match.child_id, match.confidence) == (child, confidence)
        assert (match.candidates == []) == (child is not None or not hits)


class TestWanted:
    def test_looks_in_the_systems_of_each_part_in_order(self) -> None:
        subject = {"upn": f" {UPN.lower()} ", "email": "A@B.C", "mis_id": " 4  7 ", "name": "Alex"}
        found = rules.wanted_of(subject, ["mis_id", "email", "username"])
        assert [(one.system, one.value) for one in found] == [
            ("mis_id", "4 7"), ("oneroster", "4 7"), ("email", "a@b.c"),
        ]  # fmt: skip

    def test_looks_for_no_number_that_is_none(self) -> None:
        assert rules.wanted_of({"upn": "A123"}, ["upn"]) == []


class TestSeverity:
    @pytest.mark.parametrize(
        ("said", "source", "expected"),
        [
            ("low", None, ("low", None, True)),
            ("LOW", None, ("high", "LOW", False)),
            ("danger", None, ("critical", "danger", True)),
            ("low", "Danger", ("critical", "Danger", True)),
            ("low", "?", ("low", "?", True)),
            (None, "?", ("high", "?", False)),
            (None, None, ("high", None, False)),
        ],
    )
    def test_is_the_schools_before_the_tools(
        self, said: str | None, source: str | None, expected: tuple[str, str | None, bool]
    ) -> None:
        found = rules.severity_of(said, source, {"danger": "critical"})
        assert (found.value, found.text, found.known) == expected

    def test_has_a_rule_of_the_book_for_each(self) -> None:
        for severity in SEVERITIES:
            assert rules.rule_for(severity) in rule_book()

    def test_rises_and_rings_by_its_order(self) -> None:
        assert rules.higher("medium", "low") == "medium"
        assert [one for one in SEVERITIES if rules.rings(one)] == ["high", "critical"]


class TestBurst:
    def test_has_a_key_by_child_or_by_what_was_said(self) -> None:
        child = rules.burst_key(ONE, {"username": "a"}, "self_harm")
        assert child == rules.burst_key(ONE, {"email": "b"}, "self_harm")
        said = rules.burst_key(None, {"username": "A  b"}, None)
        assert said == rules.burst_key(None, {"username": "a b"}, None)
        assert len({child, said, rules.burst_key(ONE, {}, "bullying")}) == 3
        assert rules.burst_key(None, {"name": "Alex"}, "self_harm") is None


class TestOwner:
    def test_is_the_first_lead_who_is_here_and_free(self) -> None:
        lead, deputy, head, admin = (uuid4() for _ in range(4))
        people = [
            (admin, Role.SCHOOL_ADMIN.value), (head, Role.HEADTEACHER.value),
            (deputy, Role.DEPUTY_DSL.value), (lead, Role.DSL.value),
        ]  # fmt: skip
        other = uuid4()
        assert rules.first_owner(people, (), (), other) == lead
        assert rules.first_owner(people, (), (lead,), other) == deputy
        assert rules.first_owner(people, (lead,), (), other) == deputy
        assert rules.first_owner(people, (lead, deputy), (head,), other) == admin
        assert rules.first_owner(people, (deputy, head, admin), (lead,), other) == lead
        assert rules.first_owner([(uuid4(), Role.PASTORAL.value)], (), (), other) == other


class TestSignature:
    KEY = bytes(range(32))
    BODY = b'{"a": "\xc3\xa9"}'

    def shown(self, **fields: str) -> Shown:
        signed = Webhook(standard_webhooks.written(self.KEY)).sign("msg_1", NOW, self.BODY.decode())
        given = {"id": "msg_1", "timestamp": str(int(NOW.timestamp())), "signatures": signed}
        return Shown(**(given | fields))

    def test_is_the_standards(self) -> None:
        assert standard_webhooks.is_signed(self.shown(), self.BODY, [self.KEY], NOW)
        assert standard_webhooks.is_signed(self.shown(), self.BODY, [bytes(32), self.KEY], NOW)

    def test_holds_five_minutes_either_way(self) -> None:
        for seconds, expected in ((300, True), (-300, True), (301, False), (-301, False)):
            at = NOW + timedelta(seconds=seconds)
            assert standard_webhooks.is_signed(self.shown(), self.BODY, [self.KEY], at) is expected

    @pytest.mark.parametrize(
        ("fields", "body", "key"),
        [
            ({"id": "msg_2"}, BODY, KEY),
            ({"id": "é"}, BODY, KEY),
            ({"id": "\ud800"}, BODY, KEY),
            ({"timestamp": "9" * 40}, BODY, KEY),
            ({"timestamp": ""}, BODY, KEY),
            ({"signatures": "v1,"}, BODY, KEY),
            ({"signatures": "v1"}, BODY, KEY),
            ({}, BODY + b" ", KEY),
            ({}, BODY, bytes(32)),
        ],
    )
    def test_is_of_these_bytes_alone(self, fields: dict[str, str], body: bytes, key: bytes) -> None:
        assert not standard_webhooks.is_signed(self.shown(**fields), body, [key], NOW)

    def test_needs_a_key(self) -> None:
        assert not standard_webhooks.is_signed(self.shown(), self.BODY, [], NOW)


class TestBody:
    def test_shows_what_can_be_read(self) -> None:
        body = {
            "subject": {"username": " a ", "upn": 7, "name": ["x"], "other": "y"},
            "device": "LT-1", "application": True, "url": "x" * 3_000, "matched_terms": "one",
            "snippet": "a\x00b\ud800", "evidence": [{"url": "https://x"}, 7, {"z": 1}],
            "review": {"outcome": "yes"},
        }  # fmt: skip
        found = content_of(body)
        assert found["subject"] == {"username": "a", "upn": "7"}
        assert found["device"] == {"name": "LT-1"}
        assert "application" not in found
        assert len(found["url"]) == 2_000
        assert found["matched_terms"] == ["one"]
        assert found["snippet"] == "a\ufffdb\ufffd"
        assert found["evidence"] == [{"url": "https://x"}]

    @pytest.mark.parametrize("value", [None, [], {}, True, "", "  "])
    def test_shows_nothing_where_nothing_is_said(self, value: Any) -> None:
        assert not text_of(value)
        assert content_of(dict.fromkeys(("subject", "snippet", "evidence"), value)) == {}
