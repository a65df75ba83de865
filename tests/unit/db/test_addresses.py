"""One form of address for API, worker and migrations: libpq's own, with one server or several."""

import asyncio
from typing import Any
from unittest.mock import patch

import asyncpg
import pytest

from app.db.addresses import AddressMalformed, connect, servers_of

ROLE = "postgresql://cairn_web:secret"
THREE = [("db1", 5432), ("db2", 5433), ("db3", 5432)]


class TestServers:
    @pytest.mark.parametrize(
        ("rest", "found"),
        [
            ("@db1/cairn", [("db1", 5432)]),
            ("@db1:6432/cairn", [("db1", 6432)]),
            ("@db1:5432,db2:5433,db3:5432/cairn?target_session_attrs=read-write", THREE),
            ("@/cairn?host=db1,db2,db3&port=5432,5433,5432", THREE),
            ("@/cairn?host=db1,db2&port=6432", [("db1", 6432), ("db2", 6432)]),
            ("@/cairn?host=/run/postgresql", [("/run/postgresql", 5432)]),
        ],
    )
    def test_are_what_the_address_lists(self, rest: str, found: list[tuple[str, int]]) -> None:
        assert servers_of(ROLE + rest) == found
        assert servers_of((ROLE + rest).replace("://", "+psycopg://")) == found

    @pytest.mark.parametrize("url", ["db1/cairn", "mysql://db1/cairn", ROLE + "@db1:x/cairn"])
    def test_of_what_is_no_address_are_refused_without_repeating_it(self, url: str) -> None:
        with pytest.raises(AddressMalformed) as refused:
            servers_of(url)
        assert "secret" not in str(refused.value)


class TestConnecting:
    """`tests/faults/test_failover.py` does it with real servers, one of which dies."""

    URL = f"{ROLE}@db1:5432,db2:5433,db3:5432/cairn?target_session_attrs=read-write"

    def tried(self, answers: dict[str, Any]) -> tuple[Any, list[str]]:
        """What came of it, and the servers in the order in which they were asked."""
        asked: list[str] = []

        async def answer(_url: str, *, host: str, **_more: object) -> Any:
            asked.append(host)
            if isinstance(answers[host], Exception):
                raise answers[host]
            return answers[host]

        with (
            patch.object(asyncpg, "connect", answer),
            patch("app.db.addresses.random.sample", lambda servers, _: sorted(servers)),
        ):
            try:
                return asyncio.run(connect(self.URL)), asked
            except OSError as error:
                return error, asked

    def test_takes_the_first_that_takes_changes(self) -> None:
        answers = {
            "db1": asyncpg.TargetServerAttributeNotMatched("a standby"),
            "db2": ConnectionRefusedError("away"),
            "db3": "the connection",
        }
        assert self.tried(answers) == ("the connection", ["db1", "db2", "db3"])

    def test_says_so_where_none_does(self) -> None:
        answers = dict.fromkeys(
            ("db1", "db2", "db3"), asyncpg.TargetServerAttributeNotMatched("a standby")
        )
        error, asked = self.tried(answers)
        assert "target_session_attrs" in str(error)
        assert len(asked) == len(THREE)
