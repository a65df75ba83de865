"""Ids of people: UUIDv7 to every reader, with a time that says nothing."""

from uuid import RFC_4122

from app.core.ids import new_account_id


class TestNewAccountId:
    def test_is_a_uuid_of_version_7(self) -> None:
        for _ in range(200):
            made = new_account_id()
            assert (made.version, made.variant) == (7, RFC_4122)

    def test_draws_its_time_from_years(self) -> None:
        times = [new_account_id().int >> 80 for _ in range(200)]
        assert times != sorted(times)
        assert max(times) - min(times) > 10 * 365 * 86_400_000
        assert min(times) >= 1 << 40
