"""A roster that comes again: answered at once where it can change nothing."""

from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from app.db.repositories.exchange.roster import RosterRepository
from app.domain.exchange.roster_runs import queries, rules
from app.formats.rosters.opening import open_roster
from tests.api.exchange.test_roster_accounts import live
from tests.api.exchange.test_roster_changes import undo
from tests.monitoring import a_child_known_by
from tests.rosters import Roster, confirmed, fates, package, pupils
from tests.unit.formats.roster_packages import user
from tests.world import School

CLASSES = (
    "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,"
    "schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\n"
)
ENROLLMENTS = (
    "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,"
    "beginDate,endDate\n"
)
PARENT = user(sourcedId="g1", username="g1", role="parent", givenName="Pat", agentSourcedIds="p0")


@pytest.fixture
def roster(school: School) -> Roster:
    return Roster(school)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What imports did: `read` a file, and `compared` its rows with the record."""
    done: list[str] = []
    read, stage = open_roster, RosterRepository.open_stage

    def reading(*args: Any, **how: Any) -> Any:
        done.append("read")
        return read(*args, **how)

    async def comparing(self: RosterRepository) -> None:
        done.append("compared")
        await stage(self)

    monkeypatch.setattr(queries, "open_roster", reading)
    monkeypatch.setattr(RosterRepository, "open_stage", comparing)
    return done


async def again(roster: Roster, steps: list[str], content: bytes, **query: str) -> Any:
    """Bring a file that is applied, and note the steps again."""
    steps.clear()
    found = await roster.bring(content, **query)
    assert found["state"] == "applied", found
    return found


async def test_a_file_is_read_while_no_transaction_waits(
    roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the turn of the school is held then, nor is a transaction set aside."""
    held: list[Any] = []
    read = queries.PackageReader.step

    def step(reader: queries.PackageReader) -> int | None:
        held.extend(roster.sql("select classid, objid from pg_locks where locktype = 'advisory'"))
        held.append(None)
        return read(reader)

    monkeypatch.setattr(queries.PackageReader, "step", step)
    assert (await roster.bring(package(*pupils(3))))["state"] == "applied"
    assert held
    assert set(held) == {None}


class TestTheSameFile:
    async def test_is_answered_without_reading_a_row(
        self, roster: Roster, steps: list[str]
    ) -> None:
        content = package(*pupils(3), PARENT)
        first = await roster.bring(content)
        before = roster.fingerprint()
        for _ in range(3):
            found = await again(roster, steps, content)
            assert steps == []
            assert found["counts"]["children"] == fates(unchanged=3)
            assert found["counts"]["contacts"] == fates(unchanged=1)
            assert found["counts"]["enrolments"] == fates(unchanged=3)
            years = [{"year_group": "7", "new": 0, "changed": 0, "unchanged": 3, "left": 0}]
            assert found["counts"]["year_groups"] == years
            assert (found["format"], found["total"]) == (first["format"], first["total"])
        assert roster.fingerprint() == before

    async def test_counts_as_it_would_if_it_were_read(
        self, roster: Roster, steps: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        staff = [user(sourcedId=f"t{n}", username=f"t{n}", role="teacher",
                      email=f"t{n}@oak.example") for n in range(2)]  # fmt: skip
        await roster.bring(package(*pupils(3), *staff))
        content = package(*pupils(3), PARENT, staff[0], user(sourcedId="x", email="no"))
        await roster.bring(content)
        quick = await again(roster, steps, content)
        assert steps == []
        monkeypatch.setattr(rules, "READING", "another version")
        read = await again(roster, steps, content)
        assert steps == ["read", "compared"]
        assert quick["counts"] == read["counts"]
        said = [await roster.problems(one["id"]) for one in (quick, read)]
        assert said[0] == said[1]

    async def test_is_read_where_only_the_plan_is_asked_for(
        self, roster: Roster, steps: list[str]
    ) -> None:
        content = package(*pupils(3))
        await roster.bring(content)
        steps.clear()
        found = await roster.bring(content, plan_only="true")
        assert (found["state"], found["fault"]["code"]) == ("held", "plan_only")
        assert steps == ["read", "compared"]

    async def test_is_read_after_a_person_changed_a_child(
        self, roster: Roster, steps: list[str]
    ) -> None:
        content = package(*pupils(3))
        await roster.bring(content)
        path = f"/v1/children/{roster.child('p1')['id']}"
        etag = (await roster.school.lead.get(path)).headers["etag"]
        answer = await roster.school.lead.request(
            "PATCH", path, json={"year_group": "8"}, headers={"If-Match": etag}
        )
        assert answer.status_code == 200, answer.text
        await again(roster, steps, content)
        assert steps == ["read", "compared"]
        await again(roster, steps, content)
        assert steps == []

    async def test_restores_what_a_person_made_free(self, roster: Roster, steps: list[str]) -> None:
        child = await a_child_known_by(roster.school, "username", "p1")
        content = package(*pupils(3))
        await roster.bring(content)
        assert live(roster, "p1") == []
        lead, path = roster.school.lead, f"/v1/children/{child}"
        number = next(
            one for one in (await lead.get(path)).json()["identifiers"] if one["value"] == "p1"
        )
        etag = (await lead.get(path)).headers["etag"]
        ended = await lead.request(
            "POST", f"{path}/identifiers/{number['id']}/end", headers={"If-Match": etag}
        )
        assert ended.is_success, ended.text
        await again(roster, steps, content)
        assert live(roster, "p1") == [("username", "p1")]

    async def test_is_read_after_an_undo(self, roster: Roster, steps: list[str]) -> None:
        content = package(*pupils(3))
        await roster.bring(content)
        later = await roster.bring(package(*pupils(3, middleName="Ann")))
        await undo(roster, later["id"])
        await again(roster, steps, content)
        assert steps == ["read", "compared"]

    async def test_is_applied_again_after_its_own_undo(
        self, roster: Roster, steps: list[str]
    ) -> None:
        content = package(*pupils(3))
        await undo(roster, (await roster.bring(content))["id"])
        assert roster.child("p1")["roll_status"] == "left"
        await again(roster, steps, content)
        assert roster.child("p1")["roll_status"] == "on_roll"

    async def test_is_read_after_the_settings_changed(
        self, roster: Roster, steps: list[str]
    ) -> None:
        content = package(*pupils(3))
        await roster.bring(content)
        path = f"/v1/schools/{roster.school.id}"
        etag = (await roster.api.get(path)).headers["etag"]
        answer = await roster.api.request(
            "PATCH", path, json={"roster_leaving_percent": 5}, headers={"If-Match": etag}
        )
        assert answer.status_code == 200, answer.text
        await confirmed(roster.school)
        await again(roster, steps, content)
        assert steps == ["read", "compared"]

    async def test_is_read_after_another_source_changed_something(
        self, roster: Roster, steps: list[str]
    ) -> None:
        content = package(*pupils(3))
        await roster.bring(content)
        await roster.bring(package(*pupils(1, middleName="Ann")), source="other")
        await again(roster, steps, content)
        assert steps == ["read", "compared"]

    async def test_is_read_on_the_day_on_which_it_says_something_else(
        self, roster: Roster, steps: list[str]
    ) -> None:
        ends = clock.day_of(clock.now()) + timedelta(days=2)
        seats = f"{ENROLLMENTS}e1,,,k1,s1,p1,student,true,2026-09-01,{ends}\n"
        content = package(
            *pupils(3), classes=f"{CLASSES}k1,,,7A,,c1,,homeroom,,s1,t1,,,\n", enrollments=seats
        )
        await roster.bring(content)
        assert roster.child("p1")["registration_group"] == "7A"
        for days, took in ((1, []), (2, ["read", "compared"])):
            import_id = await roster.send(content)
            steps.clear()
            with clock.shifted(timedelta(days=days)):
                await roster.run(import_id)
            assert steps == took
            assert (await roster.get(import_id))["state"] == "applied"

    async def test_is_read_where_nothing_tells_what_was_written_since(
        self, roster: Roster, steps: list[str]
    ) -> None:
        content = package(*pupils(3))
        await roster.bring(content)
        roster.sql(
            "update roster_import set standing = standing || '{\"own\": \"3\"}'"
            " where school_id = %s", roster.school.id,
        )  # fmt: skip
        await again(roster, steps, content)
        assert steps == ["read", "compared"]


class TestTheSameContent:
    async def test_is_not_compared_in_another_order(self, roster: Roster, steps: list[str]) -> None:
        await roster.bring(package(*pupils(5), PARENT))
        before = roster.fingerprint()
        found = await again(roster, steps, package(PARENT, *reversed(pupils(5))))
        assert steps == ["read"]
        assert found["counts"]["children"] == fates(unchanged=5)
        assert roster.fingerprint() == before

    @pytest.mark.parametrize(
        "cells",
        [{"familyName": "Pond"}, {"email": "a@oak.example"}, {"agentSourcedIds": "g1"},
         {"grades": "8"}, {"status": "tobedeleted"}, {"role": "teacher"}],
    )  # fmt: skip
    async def test_is_compared_where_one_cell_differs(
        self, roster: Roster, steps: list[str], cells: dict[str, str]
    ) -> None:
        parent = user(sourcedId="g1", username="g1", role="parent", givenName="Pat")
        await roster.bring(package(*pupils(5), parent))
        changed = user(**{"sourcedId": "p4", "username": "p4", "givenName": "Given4",
                          "familyName": "Hill"} | cells)  # fmt: skip
        await again(roster, steps, package(*pupils(4), changed, parent))
        assert steps == ["read", "compared"]

    async def test_is_compared_where_two_rows_claim_the_same(
        self, roster: Roster, steps: list[str]
    ) -> None:
        rows = [user(sourcedId=f"u{n}", username="same") for n in range(2)]
        await roster.bring(package(*rows))
        await again(roster, steps, package(*reversed(rows)))
        assert steps == ["read", "compared"]

    async def test_is_compared_where_a_row_is_lost(self, roster: Roster, steps: list[str]) -> None:
        rows = package(*pupils(3)), package(*pupils(3), "broken\n")
        await roster.bring(rows[0])
        await again(roster, steps, rows[1])
        assert steps == ["read", "compared"]
