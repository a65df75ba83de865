"""A row whose id or number is that of another pupil never writes into that pupil's file."""

import json
from typing import Any

import pytest

from tests.rosters import Roster, fates, package
from tests.unit.formats.roster_packages import DEMOGRAPHICS, user
from tests.world import School

ANN, BEN, NEW = "R201100018042", "F201100018043", "V201100018044"


@pytest.fixture
def roster(school: School) -> Roster:
    return Roster(school)


def born(**days: str) -> str:
    return DEMOGRAPHICS + "".join(f"{id_},,,{day},,,,,,,,,,,,\n" for id_, day in days.items())


def pupil(source_id: str, given: str, upn: str = "", family: str = "Hill", **cells: str) -> str:
    return user(sourcedId=source_id, givenName=given, familyName=family, identifier=upn, **cells)


async def codes(roster: Roster, done: dict[str, Any]) -> list[tuple[int, str]]:
    problems = await roster.problems(done["id"])
    return [(p["line"], p["code"]) for p in problems if p["code"].startswith("roster.")]


def names(roster: Roster) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = roster.sql(
        "select l.source_id, c.legal_given_name from roster_link l join child c"
        " on c.school_id = l.school_id and c.id = l.local_id"
        " where l.school_id = %s and l.kind = 'child' order by 1",
        roster.school.id,
    )
    return found


class TestAnIdHandedOn:
    async def test_leaves_the_former_pupils_file_as_it_is(self, roster: Roster) -> None:
        stays = pupil("p2", "Ben", BEN)
        first = born(p1="2010-05-03", p2="2012-01-01")
        await roster.bring(package(pupil("p1", "Ann", ANN), stays, demographics=first))
        await roster.bring(package(stays, demographics=first))
        was = roster.child("p1")
        assert was["roll_status"] == "left"

        handed_on = pupil("p1", "Zoë", NEW, "Marsh", agentSourcedIds="c9")
        mother = user(sourcedId="c9", role="parent", givenName="Mo", familyName="Marsh")
        done = await roster.bring(
            package(handed_on, stays, mother, demographics=born(p1="2014-09-09", p2="2012-01-01"))
        )

        assert done["state"] == "applied"
        assert done["counts"]["children"] == fates(unchanged=1, problems=1)
        assert await codes(roster, done) == [(2, "roster.another_pupil")]
        assert roster.child("p1") == was
        assert roster.one("select count(*) from contact where school_id = %s") == 0

    async def test_is_told_without_birthdays_where_no_name_is_the_same(
        self, roster: Roster
    ) -> None:
        await roster.bring(package(pupil("p1", "Ann")))

        done = await roster.bring(package(pupil("p1", "Zoë", family="Marsh")))

        assert await codes(roster, done) == [(2, "roster.another_pupil")]
        assert names(roster) == [("p1", "Ann")]

    async def test_is_told_where_the_number_is_the_id(self, roster: Roster) -> None:
        row = (
            '{"format":"cairn-roster/1","school":{"id":"oak","name":"Oak"}}\n'
            f'{{"upn":"{ANN}","given_name":"%s","family_name":"Hill","date_of_birth":"%s"}}\n'
            '{"end":{"rows":1}}\n'
        )
        await roster.bring((row % ("Ann", "2010-05-03")).encode())

        done = await roster.bring((row % ("Ben", "2014-09-09")).encode())

        assert await codes(roster, done) == [(2, "roster.another_pupil")]
        assert names(roster) == [(ANN, "Ann")]

    async def test_is_named_by_line_in_a_batch(self, roster: Roster) -> None:
        path, kind = (
            "/v1/roster/children:batch?source=mis",
            {"Content-Type": "application/x-ndjson"},
        )
        row = '{"source_id":"p1","given_name":"%s","family_name":"Hill","date_of_birth":"%s"}\n'

        async def send(given: str, day: str) -> dict[str, Any]:
            answer = await roster.api.request(
                "POST", path, content=(row % (given, day)).encode(), headers=kind
            )
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = json.loads(answer.text.splitlines()[0])
            return found

        await send("Ann", "2010-05-03")
        told = await send("Ben", "2014-09-09")

        assert (told["result"], told["problems"][0]["code"]) == ("problem", "roster.another_pupil")
        assert told["child_id"] is None
        assert names(roster) == [("p1", "Ann")]


class TestAnIdOfStaffHandedOn:
    async def test_gives_nobody_the_words_of_the_one_before(self, roster: Roster) -> None:
        def member(name: str, family: str, email: str) -> bytes:
            return package(
                user(sourcedId="t1", role="teacher", givenName=name, familyName=family, email=email)
            )

        told = "select name from staff where school_id = %s and source_id = 't1'"
        await roster.bring(member("Ada", "Byron", "ada@oak.example"))

        done = await roster.bring(member("Ben", "Grey", "ben@oak.example"))

        assert await codes(roster, done) == [(2, "roster.email_differs")]
        assert roster.one(told) == "Ada Byron"
        await roster.bring(member("Ada", "King", "ada.king@oak.example"))
        assert roster.one(told) == "Ada King"
        await roster.bring(member("Augusta", "Noel", "ada@oak.example"))
        assert roster.one(told) == "Augusta Noel"


class TestTwoIdsSwapped:
    @pytest.mark.parametrize("second", ["2010-05-03", "2012-01-01"], ids=["twins", "siblings"])
    async def test_changes_neither_file(self, roster: Roster, second: str) -> None:
        days = born(p1="2010-05-03", p2=second)
        await roster.bring(
            package(pupil("p1", "Ann", ANN), pupil("p2", "Ben", BEN), demographics=days)
        )

        swapped = born(p1=second, p2="2010-05-03")
        done = await roster.bring(
            package(pupil("p1", "Ben", BEN), pupil("p2", "Ann", ANN), demographics=swapped)
        )

        assert await codes(roster, done) == [
            (2, "roster.another_pupil"), (3, "roster.another_pupil"),
        ]  # fmt: skip
        assert names(roster) == [("p1", "Ann"), ("p2", "Ben")]
        assert roster.child("p1")["date_of_birth"] == "2010-05-03"


class TestANumberOfSomebodyElse:
    async def test_finds_nobody_of_another_name_and_birthday(self, roster: Roster) -> None:
        await roster.bring(package(pupil("p1", "Ann", ANN), demographics=born(p1="2010-05-03")))

        done = await roster.bring(
            package(
                pupil("p1", "Ann", ""), pupil("p7", "Zoë", ANN, "Marsh"),
                demographics=born(p1="2010-05-03", p7="2014-09-09"),
            ),
            source="other",
        )  # fmt: skip

        assert (3, "roster.identifier_taken") in await codes(roster, done)
        assert roster.child("p7")["legal_given_name"] == "Zoë"
        ann = "select count(*) from child where school_id = %s and legal_given_name = 'Ann'"
        assert roster.one(ann) == 2


class TestTheSamePupil:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (("Ann", ANN, "Hill", "2010-05-03"), ("Zoë", NEW, "Marsh", "2010-05-03")),
            (("Zoe", "", "Hill", "2010-05-03"), ("Zoë-Marie", "", "Marsh", "2010-03-05")),
            (("Ann", ANN, "Hill", "2010-05-03"), ("Amy", ANN, "Marsh", "2010-03-05")),
            (("Sam", "", "Hill", ""), ("Samuel", "", "Hill", "2010-03-05")),
        ],
        ids=["adopted", "birthday corrected", "same number", "nothing known before"],
    )
    async def test_follows_the_file(
        self, roster: Roster, before: tuple[str, ...], after: tuple[str, ...]
    ) -> None:
        for given, upn, family, day in (before, after):
            row = pupil("p1", given, upn, family)
            done = await roster.bring(package(row, demographics=born(p1=day)))

        assert await codes(roster, done) == []
        child = roster.child("p1")
        assert (child["legal_given_name"], child["date_of_birth"]) == (after[0], after[3])

    async def test_is_known_again_once_a_person_has_corrected_the_name(
        self, roster: Roster
    ) -> None:
        await roster.bring(package(pupil("p1", "Baby"), demographics=born(p1="2020-01-01")))
        file = package(pupil("p1", "Ada"), demographics=born(p1="2020-02-02"))
        assert await codes(roster, await roster.bring(file)) == [(2, "roster.another_pupil")]

        path = f"/v1/children/{roster.child('p1')['id']}"
        tag = (await roster.api.get(path)).headers["etag"]
        changed = await roster.api.request(
            "PATCH", path, json={"legal_given_name": "Ada"}, headers={"If-Match": tag}
        )
        assert changed.status_code == 200, changed.text
        done = await roster.bring(file)

        assert await codes(roster, done) == []
        assert roster.child("p1")["date_of_birth"] == "2020-02-02"
