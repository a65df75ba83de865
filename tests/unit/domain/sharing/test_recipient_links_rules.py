"""Tokens, codes and guard rails of recipients, as pure rules."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.sharing.recipient_links import rules
from app.domain.sharing.share_recipients.rules import Approval, guard_stands
from app.domain.sharing.shares.rules import waiting

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ONE, TWO, THREE = uuid4(), uuid4(), uuid4()
SECRETS = st.binary(min_size=rules.SECRET_BYTES, max_size=rules.SECRET_BYTES)


class TestToken:
    @given(st.uuids(), st.uuids(), SECRETS)
    def test_is_read_as_it_was_written(self, school: UUID, link: UUID, secret: bytes) -> None:
        token = rules.Token(school, link, secret)
        assert rules.read_token(token.text) == token
        assert token.text.replace("-", "").replace("_", "").isalnum()

    @given(st.text(max_size=120))
    def test_is_nobodys_or_written_so(self, text: str) -> None:
        found = rules.read_token(text)
        assert found == rules.NOBODY or found.text == text

    @given(st.text(max_size=120))
    def test_of_a_session_is_none_or_written_so(self, text: str) -> None:
        found = rules.read_session(text)
        assert found is None or found.text == text


class TestCode:
    def test_is_eight_digits_in_two_groups(self) -> None:
        codes = {rules.new_code() for _ in range(200)}
        assert len(codes) > 190
        assert all(len(code) == 9 and code[4] == " " for code in codes)
        assert all(len(rules.digits_of(code)) == rules.CODE_DIGITS for code in codes)

    @pytest.mark.parametrize(
        "written", ["12345678", "1234 5678", "1234-5678", " 1 2345678", "١٢٣٤٥٦٧٨"]
    )
    def test_is_known_however_it_is_written(self, written: str) -> None:
        secret = rules.new_secret()
        assert rules.is_code(written, secret, rules.mac_of("1234 5678", secret))

    @given(SECRETS, SECRETS)
    def test_is_of_one_link(self, one: bytes, other: bytes) -> None:
        kept = rules.mac_of("1234 5678", one)
        assert rules.is_code("1234 5678", other, kept) is (one == other)

    @pytest.mark.parametrize("code", ["", "1234 567", "1234 56789", "1234 5679", "x"])
    def test_is_no_other(self, code: str) -> None:
        secret = rules.new_secret()
        assert not rules.is_code(code, secret, rules.mac_of("1234 5678", secret))

    def test_that_was_spent_is_none(self) -> None:
        secret = rules.new_secret()
        assert not rules.is_code("1234 5678", secret, None)
        assert not rules.is_secret(secret, None)


class TestTimes:
    @pytest.mark.parametrize(
        ("ended", "locked", "over", "state"),
        [
            (True, True, True, "ended"),
            (False, True, True, "expired"),
            (False, True, False, "locked"),
            (False, False, False, "waiting_for_code"),
        ],
    )
    def test_say_what_a_link_waits_for(
        self, ended: bool, locked: bool, over: bool, state: str
    ) -> None:
        expires = NOW if over else NOW + timedelta(seconds=1)
        found = rules.state_of(ended=ended, locked=locked, expires_at=expires, now=NOW)
        assert found == state

    @given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=90)))
    def test_end_a_session_with_its_link_and_with_the_day(self, left: timedelta) -> None:
        ends = rules.session_ends(NOW, NOW + left)
        assert ends <= NOW + left
        assert ends <= NOW + rules.LONGEST


class TestNetworkPrefix:
    @pytest.mark.parametrize(
        ("network", "kept"),
        [
            ("203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:1:2::/64", "2001:db8:1::/48"),
            ("local", "local"),
            ("nonsense", "local"),
        ],
    )
    def test_is_never_a_whole_address(self, network: str, kept: str) -> None:
        assert rules.network_prefix(network) == kept


class TestGuardStands:
    def approval(self, by: UUID, *seen: str) -> Approval:
        return Approval(by, "0" * 64, frozenset(seen))

    def test_not_where_nothing_bars(self) -> None:
        assert not guard_stands([], [], drafted_by=ONE)

    @pytest.mark.parametrize(
        ("given", "stands"),
        [
            ([], True),
            ([(ONE, "a")], True),
            ([(ONE, "a"), (ONE, "a")], True),
            ([(ONE, "a"), (TWO, "b")], True),
            ([(ONE, "a"), (TWO, "a")], False),
            ([(TWO, "a"), (THREE, "a")], False),
            ([(ONE,), (TWO,)], True),
        ],
    )
    def test_until_two_have_seen_why(self, given: list[tuple[UUID, str]], stands: bool) -> None:
        approvals = [self.approval(one[0], *one[1:]) for one in given]
        assert guard_stands(["a"], approvals, drafted_by=ONE) is stands


class TestWaiting:
    @pytest.mark.parametrize(
        ("kinds", "waits"),
        [
            ([], set()),
            (["replied"], set()),
            (["question"], {"question"}),
            (["question", "answered"], set()),
            (["question", "answered", "question"], {"question"}),
            (["question", "correction_requested"], {"question", "correction_requested"}),
            (["correction_requested", "answered"], {"correction_requested"}),
            (["correction_requested", "correction_answered"], set()),
        ],
    )
    def test_is_what_was_asked_since_the_last_answer(
        self, kinds: list[str], waits: set[str]
    ) -> None:
        assert waiting(kinds) == waits
