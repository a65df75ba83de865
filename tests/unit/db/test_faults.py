"""What a database error means, read from its causes."""

import pytest

from app.db.faults import Fault, causes_of, constraint_of, fault_of


class Refused(Exception):
    """An error as the driver raises it."""

    sqlstate = "23505"
    constraint_name = "uq_child"


class TestCauses:
    def test_end_where_they_are_a_circle(self) -> None:
        """`raise error from error` is legal, and once hung the server."""
        one, two = ValueError(), KeyError()
        one.__cause__, two.__cause__ = two, one
        assert list(causes_of(one)) == [one, two]
        one.__cause__ = one
        assert list(causes_of(one)) == [one]
        assert fault_of(one) is None
        assert constraint_of(one) is None

    def test_are_searched_for_the_driver_error(self) -> None:
        outer = RuntimeError()
        outer.__cause__ = Refused()
        assert fault_of(outer) is Fault.ALREADY_EXISTS
        assert constraint_of(outer) == "uq_child"

    @pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError(), OSError()])
    def test_of_the_network_mean_unavailable(self, error: Exception) -> None:
        assert fault_of(error) is Fault.UNAVAILABLE

    def test_of_our_own_are_no_fault_of_the_database(self) -> None:
        assert fault_of(KeyError("x")) is None
