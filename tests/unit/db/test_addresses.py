"""One form of address for API, worker and migrations: libpq's own, with one server or several."""

import asyncio
from typing import Any
from unittest.mock import patch

import asyncpg
import pytest
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from app.db.addresses import AddressMalformed, DatabaseAway, ask, connect, parts_of, servers_of

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


class TestParts:
    @pytest.mark.parametrize(
        "rest",
        [
            "@", "@/", "@/cairn", "@db1", "@db1:/cairn", "@db1:5432/cairn", "@db1?user=other",
            "@db1,db2/cairn", "@db1:1,db2/cairn", "@db1,db2:2/cairn", "@[::1]/cairn",
            "@[::1]:5432/cairn", "@[::1]:1,db2:2,[fe80::1%25eth0]/cairn",
            "@/cairn?host=/run/postgresql", "@%2Frun%2Fpostgresql/cairn", "@db1/a%20b?",
            "@db1/cairn?sslmode=verify-full&sslrootcert=/etc/ca%20s.pem",
            "@db1/cairn?options=-c%20a%3Db&application_name=x+y", "@db1/cairn?port=6432",
            "%40%3a:@db1/cairn", "@db1/cairn/more", "@db1/cairn?sslmode=",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("role", [ROLE, "postgresql://cairn%5Fweb", "postgresql://:p%2fw"])
    def test_are_what_libpq_reads(self, role: str, rest: str) -> None:
        libpq = {name: str(value) for name, value in conninfo_to_dict(role + rest).items()}
        assert parts_of(role + rest) == {name: value for name, value in libpq.items() if value}

    @pytest.mark.parametrize(
        "rest",
        ["@db1/%zz", "@db1/%", "@db1/cairn%00", "@[::1/cairn", "@db1/cairn?sslmode", "@[]/cairn",
         "@db1/cairn?=require", "@db1/cairn?a=b=c", "@[::1]x/cairn"],
    )  # fmt: skip
    def test_of_what_libpq_refuses_are_refused(self, rest: str) -> None:
        with pytest.raises(ProgrammingError):
            conninfo_to_dict(ROLE + rest)
        with pytest.raises(AddressMalformed):
            parts_of(ROLE + rest)


class TestAsking:
    def test_says_that_nobody_answers(self) -> None:
        url = f"{ROLE}@127.0.0.1:1/cairn"
        with pytest.raises(DatabaseAway) as away:
            ask(url, lambda connection: connection.fetchval("select 1"))
        assert "secret" not in str(away.value)


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
