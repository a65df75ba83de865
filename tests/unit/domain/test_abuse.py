"""How long whoever fails has to wait: doubling, bounded, and told apart by place."""

import pytest

from app.core.limits import Policy
from app.core.settings import Settings
from app.domain.abuse import guards_of, pair_key
from app.domain.errors import TooManyRequests


class TestWaits:
    def test_double_from_five_seconds_to_the_longest(self) -> None:
        seconds = [wait.total_seconds() for wait in guards_of(Settings()).waits]
        assert seconds[:4] == [5, 10, 20, 40]
        assert seconds[-1] == 900
        assert seconds == sorted(seconds)

    def test_are_never_longer_than_the_settings_allow(self) -> None:
        guards = guards_of(Settings(lockout_max_seconds=30))
        assert max(guards.waits).total_seconds() == 30


class TestGuards:
    def test_hold_one_pair_long_before_an_address_and_an_address_before_a_network(self) -> None:
        guards = guards_of(Settings())
        assert guards.address is not None
        assert guards.network is not None
        assert guards.tries * 10 <= guards.address.burst < guards.network.burst

    def test_make_an_address_wait_less_than_a_minute_for_each_further_try(self) -> None:
        guards = guards_of(Settings())
        assert guards.address is not None
        assert guards.address.step.total_seconds() <= 60

    def test_are_off_where_the_amount_is_0(self) -> None:
        guards = guards_of(
            Settings(
                network_sign_in_failures_per_hour=0,
                address_sign_in_failures_per_hour=0,
                network_resets_per_hour=0,
            )
        )
        assert (guards.network, guards.address, guards.resets_of_network) == (None, None, None)


class TestPairKey:
    def test_is_the_same_however_an_address_is_typed(self) -> None:
        assert pair_key(" Lead@Example.ORG ", "n") == pair_key("lead@example.org", "n")

    @pytest.mark.parametrize(
        ("one", "other"),
        [(("a", "n"), ("a", "m")), (("a", "n"), ("b", "n")), (("a", "bn"), ("ab", "n"))],
    )
    def test_differs_by_address_and_by_network(
        self, one: tuple[str, str], other: tuple[str, str]
    ) -> None:
        assert pair_key(*one) != pair_key(*other)


class TestTooManyRequests:
    @pytest.mark.parametrize(
        ("wait", "told"), [(0.0, 1), (0.2, 1), (1.0, 1), (1.01, 2), (59.9, 60)]
    )
    def test_never_tells_to_come_back_too_early(self, wait: float, told: int) -> None:
        assert TooManyRequests(Policy("p", 1, 1, 1), wait).seconds == told
