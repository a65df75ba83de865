"""A pupil at two schools, one who moves, and one who comes back: each school has its own file."""

from typing import Any
from uuid import UUID

import pytest

from tests.api.exchange.test_roster_changes import undo
from tests.api.records import a_concern
from tests.rosters import Roster, package, pupils
from tests.unit.formats.roster_packages import ORG, ORGS, USERS, manifest, user
from tests.unit.formats.test_roster_references import ROLES
from tests.world import School

BOTH = ORGS + ORG + ORG.replace("s1", "s2").replace("Oak", "Elm")
AT_TWO, AT_OAK, AT_ELM = '"s1,s2"', "s1", "s2"
UPN = "A801200005001"


def sam(orgs: str, **cells: str) -> str:
    return user(
        sourcedId="sam", givenName="Sam", familyName="Reed", orgSourcedIds=orgs, identifier=UPN,
        **cells,
    )  # fmt: skip


class Trust:
    """Two schools, one feed."""

    def __init__(self, oak: School, elm: School) -> None:
        self.oak, self.elm = Roster(oak), Roster(elm)

    async def bring(self, *users: str, **files: str) -> list[dict[str, Any]]:
        content = package(*users, *pupils(9), *pupils_of_elm(), **{"orgs": BOTH, **files})
        return [
            await roster.bring(content, organisation_source_id=org)
            for roster, org in ((self.oak, "s1"), (self.elm, "s2"))
        ]

    def stands(self) -> list[tuple[str, int]]:
        """How Sam stands at each school: the roll, and how many stays are open."""
        found = [roster.child("sam") for roster in (self.oak, self.elm)]
        return [(one["roll_status"], one["enrolled"]) for one in found]


def pupils_of_elm() -> list[str]:
    return [
        user(sourcedId=f"e{n}", username=f"e{n}", givenName=f"Eve{n}", familyName="Hill",
             orgSourcedIds="s2")
        for n in range(9)
    ]  # fmt: skip


@pytest.fixture
def trust(school: School, other_school: School) -> Trust:
    return Trust(school, other_school)


class TestTwoSchools:
    async def test_have_a_file_each(self, trust: Trust) -> None:
        done = await trust.bring(sam(AT_TWO))
        assert [one["state"] for one in done] == ["applied", "applied"]
        assert trust.stands() == [("on_roll", 1), ("on_roll", 1)]
        here, there = (UUID(one.child("sam")["id"]) for one in (trust.oak, trust.elm))
        assert here != there
        await a_concern(trust.oak.school, here)
        answer = await trust.elm.school.lead.get(f"/v1/children/{here}")
        assert answer.status_code == 404
        read = await trust.elm.school.lead.get(f"/v1/children/{there}/chronology")
        assert not [one for one in read.json()["items"] if one["kind"] == "concern"]

    @pytest.mark.parametrize(
        ("stays", "left"), [(AT_OAK, [("on_roll", 1), ("left", 0)]),
                            (AT_ELM, [("left", 0), ("on_roll", 1)])],
    )  # fmt: skip
    async def test_close_no_file_because_of_the_other(
        self, trust: Trust, stays: str, left: list[Any]
    ) -> None:
        await trust.bring(sam(AT_TWO))
        await trust.bring(sam(stays))
        assert trust.stands() == left

    async def test_go_on_where_one_is_imported_alone(self, trust: Trust) -> None:
        await trust.bring(sam(AT_TWO))
        content = package(sam(AT_TWO), *pupils(9), orgs=BOTH)
        await trust.oak.bring(content, organisation_source_id="s1")
        assert trust.stands() == [("on_roll", 1), ("on_roll", 1)]

    async def test_of_a_pupil_who_moves_and_comes_back(self, trust: Trust) -> None:
        await trust.bring(sam(AT_OAK))
        assert trust.oak.child("sam")["roll_status"] == "on_roll"
        await trust.bring(sam(AT_ELM))
        assert trust.stands() == [("left", 0), ("on_roll", 1)]
        first = trust.oak.child("sam")["id"]
        await trust.bring(sam(AT_OAK))
        assert trust.stands() == [("on_roll", 1), ("left", 0)]
        assert trust.oak.child("sam")["id"] == first

    async def test_know_of_each_other_what_their_own_roster_says(self, trust: Trust) -> None:
        async def also_at(roster: Roster) -> list[Any]:
            answer = await roster.school.lead.get(f"/v1/children/{roster.child('sam')['id']}")
            found: list[Any] = answer.json()["other_schools"]
            return found

        await trust.bring(sam(AT_TWO))
        assert await also_at(trust.oak) == [{"school": "Elm School", "source": "oneroster"}]
        assert await also_at(trust.elm) == [{"school": "Oak School", "source": "oneroster"}]
        await trust.bring(sam(AT_OAK))
        assert await also_at(trust.oak) == []
        assert await also_at(trust.elm) == []

    async def test_undo_at_one_leaves_the_other(self, trust: Trust) -> None:
        await trust.bring(sam(AT_OAK))
        before = trust.oak.fingerprint()
        done = await trust.bring(sam(AT_TWO))
        await undo(trust.elm, done[1]["id"])
        assert trust.oak.child("sam")["roll_status"] == "on_roll"
        assert trust.elm.child("sam")["roll_status"] == "left"
        assert trust.oak.fingerprint() == before


PLAIN = ",".join(n for n in USERS.strip().split(",") if n not in ("orgSourcedIds", "role")) + "\n"
SAM = f"sam,active,2026-09-01T06:00:00.000Z,true,sam,,Sam,Reed,,{UPN},,,,,7,\n"
ENDED, GONE = "2026-07-20", "tobedeleted"


def role(id_: str, org: str, ends: str = "", status: str = "active") -> str:
    return f"{id_},{status},2026-09-01T06:00:00.000Z,sam,primary,student,,{ends},{org},\n"


class TestRolesOfVersion12:
    async def _bring(self, trust: Trust, *roles: str, mode: str = "bulk") -> None:
        bulk = "".join(
            f"{name},active,2026-09-01T06:00:00.000Z,true,{name},,Eve,Hill,,,,,,,7,\n"
            for name in ("p0", "e0")
        )
        seats = "".join(
            role(f"r{name}", org).replace("sam", name) for name, org in (("p0", "s1"), ("e0", "s2"))
        )
        content = package(
            manifest=manifest(version="1.2", orgs=mode, users=mode, roles=mode), orgs=BOTH,
            users=PLAIN + SAM + bulk, roles=ROLES + "".join(roles) + seats,
        )  # fmt: skip
        for roster, org in ((trust.oak, "s1"), (trust.elm, "s2")):
            done = await roster.bring(content, organisation_source_id=org)
            assert done["state"] == "applied", done

    @pytest.mark.parametrize("mode", ["bulk", "delta"])
    async def test_that_end_at_one_school_go_on_at_the_other(self, trust: Trust, mode: str) -> None:
        await self._bring(trust, role("a", "s1"), role("b", "s2"))
        assert trust.stands() == [("on_roll", 1), ("on_roll", 1)]
        sql = "select also_at from roster_link where school_id = %s and source_id = 'sam'"
        assert trust.oak.one(sql) == ["Elm School"]
        await self._bring(trust, role("a", "s1", ENDED), role("b", "s2"), mode=mode)
        assert trust.elm.one(sql) == []
        assert trust.stands() == [("left", 0), ("on_roll", 1)]
        await self._bring(trust, role("a", "s1"), role("b", "s2"), mode=mode)
        assert trust.stands() == [("on_roll", 1), ("on_roll", 1)]

    @pytest.mark.parametrize("mode", ["bulk", "delta"])
    async def test_that_are_deleted_at_one_school_close_that_file_alone(
        self, trust: Trust, mode: str
    ) -> None:
        await self._bring(trust, role("a", "s1"), role("b", "s2"))
        await self._bring(trust, role("a", "s1", status=GONE), role("b", "s2"), mode=mode)
        assert trust.stands() == [("left", 0), ("on_roll", 1)]

    async def test_of_which_one_is_live_keep_the_file(self, trust: Trust) -> None:
        """A school says of one pupil a role that has ended, and one that goes on."""
        await self._bring(trust, role("a", "s1"), role("b", "s2"))
        await self._bring(
            trust, role("a", "s1", ENDED), role("c", "s1"), role("d", "s1", status=GONE),
            role("b", "s2"), mode="delta",
        )  # fmt: skip
        assert trust.stands() == [("on_roll", 1), ("on_roll", 1)]
