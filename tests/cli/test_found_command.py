"""`cairn found`: a whole trust from one file, as often as one likes."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.cli.doctor import unled_in
from app.cli.exits import Exit
from app.core.ids import new_id
from app.core.settings import Settings
from app.db.addresses import plain
from tests.cli.conftest import Cairn

pytestmark = pytest.mark.machine_time

HEADER = ("trust", "school", "urn", "laestab", "nation", "phone", "name", "email", "role")
Row = dict[str, str]


class Trust:
    """A trust in a spreadsheet, under names and addresses that no other test has."""

    def __init__(self, folder: Path) -> None:
        self.mark = new_id().hex[-10:]
        self.urn = str(900_000 + int(self.mark, 16) % 90_000)
        self.name = f"Trust {self.mark}"
        self.file = folder / "trust.csv"
        self.rows: list[Row] = [self.row("", "Tess Trust", "trust", "school_admin")]

    def email(self, of: str) -> str:
        return f"{of}.{self.mark}@example.org"

    def row(self, school: str, name: str, of: str, role: str, **facts: str) -> Row:
        said = {"trust": self.name, "school": school and f"{school} {self.mark}", "name": name}
        return {**said, "email": self.email(of), "role": role, **facts}

    def school(self, name: str, **facts: str) -> None:
        """A school with an administrator, a lead and a head."""
        for role in ("school_admin", "dsl", "headteacher"):
            of = f"{role}.{name.casefold().replace(' ', '.')}"
            self.rows.append(self.row(name, f"{role} of {name}", of, role, **facts))

    def write(self) -> str:
        with self.file.open("w", newline="", encoding="utf-8-sig") as stream:
            writer = csv.DictWriter(stream, HEADER, restval="")
            writer.writeheader()
            writer.writerows(self.rows)
        return str(self.file)


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return Trust(tmp_path)


@pytest.fixture
def sql(database_urls: tuple[str, str]) -> Any:
    def ask(statement: str, *values: object) -> Sequence[Any]:
        with psycopg.connect(database_urls[0], autocommit=True) as connection:
            found = connection.execute(statement, values)
            return found.fetchall() if found.description else []

    return ask


def run(cairn: Cairn, *words: str) -> tuple[int, dict[str, Any]]:
    code, said, _ = cairn("found", *words, "--json")
    answer: dict[str, Any] = json.loads(said)
    assert answer["state"] == Exit(code).name.lower()
    return code, answer


def states(answer: dict[str, Any]) -> list[str]:
    return [one["state"] for one in answer["organisations"]]


def codes(answer: dict[str, Any]) -> list[tuple[int, int, str]]:
    return [(one["line"], one["column"], one["code"]) for one in answer["problems"]]


def invited(answer: dict[str, Any]) -> set[str]:
    return {one["email"] for found in answer["organisations"] for one in found["added"]}


class TestFound:
    def test_founds_everything_once(self, cairn: Cairn, trust: Trust, sql: Any) -> None:
        trust.school("Hill", urn=trust.urn, laestab="201/3614", phone="01632 960001")
        trust.school("Dale", nation="wales")
        file = trust.write()
        code, planned = run(cairn, file, "--dry-run")
        assert (code, states(planned)) == (0, ["created"] * 3)
        assert sql("select 1 from organisation where name = %s", trust.name) == []
        assert sql("select 1 from account where email = %s", trust.email("trust")) == []
        code, done = run(cairn, file)
        assert (code, states(done)) == (0, ["created"] * 3)
        assert invited(done) == invited(planned) == {row["email"] for row in trust.rows}
        ids = [one["id"] for one in done["organisations"]]
        found = sql(
            "select kind, urn, laestab, nation, phone, parent_id::text from organisation"
            " where id = any(%s::uuid[]) order by kind, nation desc", ids,
        )  # fmt: skip
        assert found == [
            ("school", None, None, "wales", None, ids[0]),
            ("school", trust.urn, "2013614", "england", "01632 960001", ids[0]),
            ("trust", None, None, "england", None, None),
        ]
        asked = "select count(*) from procrastinate_jobs where args->>'school_id' = any(%s)"
        assert sql(asked, ids) == [(7,)]
        code, again = run(cairn, file)
        assert (code, states(again), invited(again)) == (0, ["unchanged"] * 3, set())
        assert [one["id"] for one in again["organisations"]] == ids
        assert sql(asked, ids) == [(7,)]
        assert "Nothing to do" in cairn("found", file)[1]

    def test_of_two_trusts_of_one_name_takes_neither(
        self, cairn: Cairn, trust: Trust, sql: Any
    ) -> None:
        name, file = trust.name, trust.write()
        assert run(cairn, file)[0] == 0
        sql("update organisation set name = name || ' old' where name = %s", name)
        assert run(cairn, file)[0] == 0
        sql("update organisation set name = %s where name = %s || ' old'", name, name)
        code, said, _ = cairn("found", file)
        assert (code, "Cairn has two trusts of this name." in said) == (3, True), said

    def test_takes_json(self, cairn: Cairn, trust: Trust, tmp_path: Path) -> None:
        people = [
            {"name": "Ada", "email": trust.email("ada"), "roles": ["school_admin", "dsl"]},
            {"name": "Hal", "email": trust.email("hal"), "roles": ["headteacher"]},
        ]
        file = tmp_path / "trust.json"
        command = {
            "trust": {"name": trust.name, "people": people[:1]},
            "schools": [{"name": f"Fell {trust.mark}", "people": people}],
        }
        command["trust"]["people"] = [{**people[0], "roles": ["school_admin"]}]  # type: ignore[index]
        file.write_text(json.dumps(command))
        code, done = run(cairn, str(file))
        assert (code, states(done)) == (0, ["created", "created"]), done
        assert run(cairn, str(file)) == (0, {**done, "organisations": unchanged(done)})

    def test_adds_what_is_new_and_shows_what_differs(
        self,
        cairn: Cairn,
        trust: Trust,
        sql: Any,
    ) -> None:
        trust.school("Hill", urn=trust.urn)
        run(cairn, trust.write())
        for row in trust.rows:
            if row["school"]:
                row["phone"] = "01632 960002"
        trust.school("Dale", urn=str(int(trust.urn) + 1))
        trust.rows.append(trust.row("Hill", "Dee Puty", "deputy", "deputy_dsl", urn=trust.urn))
        trust.rows.append(trust.row("Hill", "dsl of Hill", "dsl.hill", "deputy_dsl"))
        trust.rows[1]["name"] = "Another Name"
        code, done = run(cairn, trust.write())
        assert (code, states(done)) == (Exit.HELD, ["unchanged", "added", "created"])
        hill = done["organisations"][1]
        assert hill["filled"] == ["phone"]
        assert {one["email"]: one["roles"] for one in hill["added"]} == {
            trust.email("deputy"): ["deputy_dsl"], trust.email("dsl.hill"): ["deputy_dsl"],
        }  # fmt: skip
        assert hill["differences"] == [
            {
                "what": "name", "in_cairn": "school_admin of Hill", "in_file": "Another Name",
                "email": trust.email("school_admin.hill"),
            }
        ]  # fmt: skip
        assert sql("select name from staff where email = %s", trust.email("school_admin.hill")) == [
            ("school_admin of Hill",)
        ]
        assert run(cairn, trust.write())[0] == Exit.HELD

    def test_knows_a_school_by_its_urn(self, cairn: Cairn, trust: Trust) -> None:
        trust.school("Hill", urn=trust.urn)
        run(cairn, trust.write())
        for row in trust.rows[1:]:
            row["school"] = "Hilltop"
        code, done = run(cairn, trust.write())
        assert (code, states(done)) == (Exit.HELD, ["unchanged", "unchanged"])
        assert done["organisations"][1]["differences"][0]["what"] == "name"
        for row in trust.rows[1:]:
            row.update(school=f"hill  {trust.mark}".upper(), urn="")
        assert run(cairn, trust.write())[1]["organisations"][1]["differences"][0]["what"] == "name"

    def test_holds_a_school_whose_urn_another_of_its_name_has(
        self,
        cairn: Cairn,
        trust: Trust,
        sql: Any,
    ) -> None:
        trust.school("Hill", urn=trust.urn)
        run(cairn, trust.write())
        for row in trust.rows[1:]:
            row["urn"] = str(int(trust.urn) + 1)
        code, done = run(cairn, trust.write())
        assert (code, states(done)) == (Exit.HELD, ["unchanged", "held"])
        assert sql("select count(*) from organisation where urn = %s", str(int(trust.urn) + 1)) == [
            (0,)
        ]

    def test_holds_a_school_that_stands_outside_of_the_trust(
        self,
        cairn: Cairn,
        trust: Trust,
    ) -> None:
        """Two records of one school would each miss half of what is known of a child."""
        lead = trust.email("dsl.hill")
        cairn(
            "school", "create", f"Hill {trust.mark}", "--admin-email", lead, "--lead-email", lead
        )  # fmt: skip
        trust.school("Hill")
        code, done = run(cairn, trust.write())
        assert (code, states(done)) == (Exit.HELD, ["created", "held"])
        assert done["organisations"][1]["differences"][0]["what"] == "school"

    def test_gives_no_role_again_that_a_person_ended(
        self,
        cairn: Cairn,
        trust: Trust,
        sql: Any,
    ) -> None:
        trust.school("Hill")
        trust.rows.append(trust.row("Hill", "Second Lead", "second", "dsl"))
        _, done = run(cairn, trust.write())
        school = done["organisations"][1]["id"]
        assert cairn("school", "dismiss", school, trust.email("second"), "--role", "dsl")[0] == 0
        sql(
            "update staff set declined_at = now() where school_id = %s and email = %s",
            school, trust.email("headteacher.hill"),
        )  # fmt: skip
        trust.rows.append(trust.row("Hill", "headteacher of Hill", "headteacher.hill", "governor"))
        code, again = run(cairn, trust.write())
        assert (code, invited(again)) == (Exit.HELD, set())
        assert [
            (one["email"], one["in_cairn"], one["in_file"])
            for one in again["organisations"][1]["differences"]
        ] == [
            (trust.email("headteacher.hill"), "declined", "governor"),
            (trust.email("second"), "role_ended", "dsl"),
        ]
        held = "select role from membership where school_id = %s and valid_to is null"
        assert sorted(sql(held, school)) == [("dsl",), ("headteacher",), ("school_admin",)]

    def test_gives_one_person_two_schools(
        self,
        cairn: Cairn,
        trust: Trust,
        sql: Any,
    ) -> None:
        trust.school("Hill")
        trust.school("Dale")
        trust.rows += [
            trust.row("Hill", "Both Ways", "both", "deputy_dsl"),
            trust.row("Dale", "both ways", "both", "headteacher"),
        ]
        trust.rows[-1]["email"] = trust.email("both").upper()
        assert run(cairn, trust.write())[0] == 0
        assert sql(
            "select count(distinct s.id), count(*) from staff s where lower(s.email) = %s",
            trust.email("both"),
        ) == [(1, 2)]


def unchanged(done: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {**one, "state": "unchanged", "added": [], "filled": []} for one in done["organisations"]
    ]


class TestRefusals:
    @pytest.fixture(autouse=True)
    def founds_nothing(self, trust: Trust, sql: Any) -> Iterable[None]:
        yield
        assert sql("select 1 from organisation where name like %s", f"%{trust.mark}%") == []

    def test_points_at_every_fault(self, cairn: Cairn, trust: Trust) -> None:
        trust.school("Hill", urn="12")
        trust.rows[1]["email"] = "nowhere"
        trust.rows[2]["role"] = "boss"
        trust.rows[3]["name"] = "=cmd|' /C calc'!A0"
        trust.rows.append(trust.row("Hill", "", "x", ""))
        code, answer = run(cairn, trust.write())
        assert code == Exit.REFUSED
        assert codes(answer) == [
            (3, 8, "string_pattern_mismatch"),
            (4, 9, "literal_error"),
            (5, 7, "value_error"),
            (6, 7, "missing"),
            (6, 7, "too_short"),
        ]
        trust.rows[1]["email"] = trust.rows[2]["email"]
        trust.rows[2]["role"], trust.rows[3]["name"] = "dsl", "Hal Head"
        del trust.rows[4]
        trust.rows += [
            trust.row("Hill", "Dee", "trust", "staff"),
            trust.row("hill", "Dee", "dee", "staff", urn=trust.urn),
        ]
        code, answer = run(cairn, trust.write())
        assert codes(answer) == [(7, 3, "school.contradicts")]
        del trust.rows[-1]
        _, answer = run(cairn, trust.write())
        assert codes(answer) == [
            (3, 3, "urn_malformed"),
            (4, 7, "email_two_names"),
            (6, 7, "email_two_names"),
        ]

    def test_names_who_is_missing(self, cairn: Cairn, trust: Trust) -> None:
        trust.school("Hill")
        del trust.rows[0], trust.rows[2]
        code, answer = run(cairn, trust.write())
        assert code == Exit.REFUSED
        assert codes(answer) == [(2, 1, "person_missing"), (2, 2, "person_missing")]
        assert answer["problems"][1]["detail"] == (
            "It has no headteacher. Name a person with the role headteacher."
        )

    def test_refuses_two_schools_of_one_name_or_number(self, cairn: Cairn, trust: Trust) -> None:
        file = trust.file.with_suffix(".json")
        school = {"name": f"Hill {trust.mark}", "urn": trust.urn, "people": []}
        other = {"name": f"HILL  {trust.mark}", "urn": f" {trust.urn} "}
        content = {"trust": {"name": trust.name}, "schools": [school, other]}
        file.write_text(json.dumps(content, indent=1))
        _, answer = run(cairn, str(file))
        assert [(line, code) for line, _, code in codes(answer)] == [
            (12, "school_twice"), (13, "school_twice"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("content", "place"),
        [
            (b"", (1, 1, "file.empty")),
            (b"PK\x03\x04\x00\xff", (1, 1, "file.not_text")),
            ("trust,school\nTr\u00fcst".encode("utf-16"), (1, 1, "file.not_text")),
            (b"trust,school,name,email,role\nA,B,\xe9,a@b.example,dsl", (2, 1, "file.not_text")),
            (b"trust,school,name,email\n", (1, 1, "column.missing")),
            (b"trust,school,name,email,role,E-mail\n", (1, 6, "column.unknown")),
            (b"trust,school,name,email,role,Role\n", (1, 6, "column.twice")),
            (b"trust,school,name,email,role\n\nA,B\n", (3, 1, "row.ragged")),
            (b'trust,school,name,email,role\nA,"B\n', (2, 1, "csv.malformed")),
            (b"trust,school,name,email,role,urn\nA,,,,,1\n", (2, 6, "row.no_school")),
            (b"trust,school,name,email,role\nA,,,,\n", (2, 1, "row.nobody")),
            (b"trust,school,name,email,role\nA,B,,,\nC,D,,,\n", (3, 1, "trust.contradicts")),
            (b"[]", (1, 1, "json.not_object")),
            (b'{"trust":\n  {"name": }', (2, 12, "json.malformed")),
            (b'{"trust": {"name": "A", "name": "B"}, "schools": []}', (1, 25, "json.twice")),
            (b'{"a": ' + b"[" * 100_000, (1, 1, "json.malformed")),
            (b'{"trust": {"name": 1}, "schools": []}', (1, 20, "string_type")),
            (b'{"trust": {"name": "A", "x": 1}, "schools": []}', (1, 30, "extra_forbidden")),
        ],
    )
    def test_says_where_a_file_is_broken(
        self,
        cairn: Cairn,
        tmp_path: Path,
        content: bytes,
        place: tuple[int, int, str],
    ) -> None:
        file = tmp_path / "broken"
        file.write_bytes(content)
        code, answer = run(cairn, str(file))
        assert (code, codes(answer)) == (Exit.REFUSED, [place])

    def test_needs_a_file(self, cairn: Cairn, tmp_path: Path) -> None:
        code, answer = run(cairn, str(tmp_path / "nothing.csv"))
        assert (code, "cannot be read" in answer["error"]) == (Exit.REFUSED, True)

    def test_says_that_the_database_does_not_answer(
        self,
        cairn: Cairn,
        trust: Trust,
        app_settings: Settings,
    ) -> None:
        trust.school("Hill")
        code, said, _ = cairn(
            "found", trust.write(), "--json",
            CAIRN_DATABASE_URL="postgresql://cairn_web:x@127.0.0.1:1/cairn",
        )  # fmt: skip
        assert (code, json.loads(said)["state"]) == (Exit.UNREACHABLE, "unreachable")


class TestDoctor:
    def of(self, trust: Trust, settings: Settings) -> list[tuple[str, str, bool]]:
        """What it finds in the schools of one test."""
        with psycopg.connect(plain(settings.database_url.get_secret_value())) as connection:
            return [one for one in unled_in(connection) if trust.mark in one[0]]

    def test_names_who_is_missing_and_who_has_not_joined(
        self, cairn: Cairn, trust: Trust, sql: Any, app_settings: Settings
    ) -> None:
        trust.school("Hill")
        school = run(cairn, trust.write())[1]["organisations"][1]["id"]
        name = f"Hill {trust.mark}"
        assert sorted(self.of(trust, app_settings)) == [
            (name, "administrator", True), (name, "headteacher", True),
            (name, "safeguarding lead", True), (trust.name, "administrator", True),
        ]  # fmt: skip
        sql("update staff set accepted_at = now() where email like %s", f"%{trust.mark}%")
        assert self.of(trust, app_settings) == []
        sql(
            "update membership set valid_to = valid_from where school_id = %s"
            " and role = 'headteacher'", school,
        )  # fmt: skip
        sql("update staff set suspended_at = now() where email = %s", trust.email("dsl.hill"))
        assert self.of(trust, app_settings) == [
            (name, "safeguarding lead", False), (name, "headteacher", False),
        ]  # fmt: skip
        said = cairn("doctor")[1]
        finding = next(line for line in said.splitlines() if line.split()[1] == "people")
        assert finding.startswith("bad")
        assert "`cairn school appoint` gives roles" in finding
