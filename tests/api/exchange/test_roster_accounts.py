"""School email addresses and user names of pupils, as a roster brings, changes and ends them."""

from typing import Any

import pytest

from app.core.words import Role
from tests.monitoring import a_child_known_by, a_tool
from tests.rosters import SMALL, Roster, fates, package, pupils, zipped
from tests.unit.formats.roster_packages import manifest, user
from tests.world import School, World

MAIL = "amy.pond@oak.example"


@pytest.fixture
def roster(school: School) -> Roster:
    return Roster(school)


def amy(**cells: str) -> str:
    return user(**{"username": "Amy.Pond", "email": "Amy.Pond@oak.example"} | cells)


def live(roster: Roster, source_id: str = "u1") -> list[tuple[str, str]]:
    """The accounts a child has now."""
    found: list[tuple[str, str]] = roster.sql(
        "select i.system, i.value from roster_link l join child_identifier i"
        " on i.school_id = l.school_id and i.child_id = l.local_id"
        " where l.school_id = %s and l.kind = 'child' and l.source_id = %s"
        " and i.system in ('email', 'username') and i.valid_to is null order by 1, 2",
        roster.school.id, source_id,
    )  # fmt: skip
    return found


def told(roster: Roster, source_id: str = "u1") -> list[Any]:
    """What the trail says of a child's changes."""
    entries: list[Any] = roster.sql(
        "select verb, details->'fields' from trail where school_id = %s and noun_id = %s"
        " order by seq", roster.school.id, roster.child(source_id)["id"],
    )  # fmt: skip
    return entries


async def codes(roster: Roster, done: dict[str, Any]) -> set[tuple[int, str]]:
    return {(p["line"], p["code"]) for p in await roster.problems(done["id"])}


class TestBring:
    async def test_makes_a_child_known_by_both_in_lower_case(self, roster: Roster) -> None:
        await roster.bring(package(amy()))

        assert live(roster) == [("email", MAIL), ("username", "amy.pond")]
        sources = roster.sql(
            "select distinct source from child_identifier where school_id = %s", roster.school.id
        )
        assert sources == [("oneroster",)]

    async def test_brings_those_of_a_real_file(self, roster: Roster) -> None:
        await roster.bring(zipped(SMALL))

        assert live(roster, "a9792be6-1440-4646-a3d0-e797be0cc352") == [
            ("email", "kenji.noodleman@mulberryriveraelementary.edu"),
            ("username", "kenji.noodleman"),
        ]
        number = "select count(*) from child_identifier where school_id = %s and system = 'email'"
        assert roster.one(number) == 72

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ('"{LDAP:A.Pond},{Fed:AP@oak.example}"', [("email", "ap@oak.example"),
                                                      ("username", "a.pond")]),
            ("{library:4711}", []),
            ("98861739", []),
        ],
    )  # fmt: skip
    async def test_takes_of_user_ids_what_somebody_signs_in_with(
        self, roster: Roster, sent: str, kept: list[tuple[str, str]]
    ) -> None:
        await roster.bring(package(amy(username="", email="", userIds=sent)))

        assert live(roster) == kept

    async def test_takes_none_of_staff_parents_or_what_is_no_address(self, roster: Roster) -> None:
        await roster.bring(
            package(
                amy(email="none", username=""),
                user(sourcedId="t1", role="teacher", email=f"{roster.school.id.hex}@oak.example"),
                user(sourcedId="m1", role="parent", agentSourcedIds="u1", email="m@home.example"),
            )
        )

        accounts = "select count(*) from child_identifier where school_id = %s and system <> %s"
        assert roster.one(accounts, "oneroster") == 0

    async def test_gives_them_to_children_who_were_here_before(self, roster: Roster) -> None:
        """Whatever the size of the school: nothing is replaced, so nothing is held."""
        await roster.bring(package(*pupils(20)))
        roster.sql("delete from child_identifier where school_id = %s and system = 'username'",
                   roster.school.id)  # fmt: skip

        done = await roster.bring(package(*reversed(pupils(21))))

        assert (done["state"], done["counts"]["children"]) == ("applied", fates(new=1, changed=20))
        assert done["counts"]["enrolments"] == fates(new=1, unchanged=20)
        assert live(roster, "p7") == [("username", "p7")]

    async def test_changes_nothing_the_second_time(self, roster: Roster) -> None:
        lines = [amy(), *pupils(3, email="")]
        await roster.bring(package(*lines))
        before = roster.fingerprint()

        again = await roster.bring(package(*reversed(lines)))

        assert again["counts"]["children"] == fates(unchanged=4)
        assert roster.fingerprint() == before


class TestChange:
    async def test_ends_the_one_before_and_says_so(self, roster: Roster) -> None:
        await roster.bring(package(amy()))
        child = roster.child("u1")

        done = await roster.bring(package(amy(email="amy.hart@oak.example")))

        assert done["counts"]["children"] == fates(changed=1)
        assert live(roster) == [("email", "amy.hart@oak.example"), ("username", "amy.pond")]
        ended = roster.sql(
            "select value from child_identifier where school_id = %s and valid_to is not null",
            roster.school.id,
        )
        assert ended == [(MAIL,)]
        assert told(roster) == [("child.added", []), ("child.changed", ["identifiers"])]
        assert roster.child("u1")["version"] == child["version"] + 1

    async def test_keeps_corrections_by_hand_of_everything_else(self, roster: Roster) -> None:
        await roster.bring(package(amy()))
        child = roster.child("u1")["id"]
        roster.sql("update child set legal_given_name = 'Amelia' where id = %s", child)

        await roster.bring(package(amy(username="apond")))

        assert roster.child("u1")["legal_given_name"] == "Amelia"
        assert ("username", "apond") in live(roster)

    async def test_says_a_name_and_an_account_in_one_entry(self, roster: Roster) -> None:
        await roster.bring(package(amy()))

        await roster.bring(package(amy(familyName="Hartley", username="a.hartley")))

        assert told(roster)[1:] == [("child.changed", ["identifiers", "legal_family_name"])]

    async def test_takes_a_blank_for_silence(self, roster: Roster) -> None:
        await roster.bring(package(amy()))

        await roster.bring(package(amy(email="", username="")))

        assert live(roster) == [("email", MAIL), ("username", "amy.pond")]

    async def test_hands_an_account_on_where_the_file_says_so(self, roster: Roster) -> None:
        await roster.bring(package(amy(email=""), user(sourcedId="u2", username="b")))

        done = await roster.bring(
            package(amy(email="", username="b"), user(sourcedId="u2", username="amy.pond"))
        )

        assert done["counts"]["children"] == fates(changed=2)
        assert (live(roster), live(roster, "u2")) == (
            [("username", "b")], [("username", "amy.pond")]
        )  # fmt: skip

    async def test_is_held_where_too_many_change(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(20)))
        before = roster.fingerprint()

        done = await roster.bring(
            package(*[user(sourcedId=f"p{n}", username=f"new{n}", givenName=f"Given{n}",
                           familyName="Hill") for n in range(20)])
        )  # fmt: skip

        assert (done["state"], done["fault"]["code"]) == ("held", "too_many_accounts")
        assert roster.fingerprint() == before


class TestPeople:
    async def test_keep_what_they_added(self, roster: Roster) -> None:
        await roster.bring(package(amy()))
        added = {"system": "username", "value": "APond2"}
        path = f"/v1/children/{roster.child('u1')['id']}/identifiers"
        assert (await roster.school.lead.post(path, added)).status_code == 201

        await roster.bring(package(amy(username="a.hartley")))

        assert live(roster) == [("email", MAIL), ("username", "a.hartley"), ("username", "apond2")]

    async def test_are_not_undone_where_they_ended_one(self, roster: Roster) -> None:
        await roster.bring(package(amy()))
        roster.sql(
            "update child_identifier set valid_to = current_date, ended_by = %s"
            " where school_id = %s and system = 'email'",
            roster.school[Role.DSL].id, roster.school.id,
        )  # fmt: skip

        await roster.bring(package(amy(familyName="Hartley")))

        assert live(roster) == [("username", "amy.pond")]


class TestTwoChildren:
    async def test_never_share_one_of_a_file(self, roster: Roster) -> None:
        done = await roster.bring(package(amy(), amy(sourcedId="u2", username="b")))

        assert done["state"] == "applied"
        assert (live(roster), live(roster, "u2")) == (
            [("username", "amy.pond")], [("username", "b")]
        )  # fmt: skip
        found = await codes(roster, done)
        assert {(2, "roster.account_twice"), (3, "roster.account_twice")} <= found

    async def test_leave_it_with_the_one_who_has_it(self, roster: Roster) -> None:
        await roster.bring(package(amy(email="")))

        done = await roster.bring(package(user(sourcedId="u2", username="AMY.POND"),
                                          amy(email="")))  # fmt: skip

        assert (live(roster), live(roster, "u2")) == ([("username", "amy.pond")], [])
        assert (2, "roster.account_twice") in await codes(roster, done)

    async def test_never_take_what_a_person_gave_to_another(self, roster: Roster) -> None:
        other = await a_child_known_by(roster.school, "username", "amy.pond")

        done = await roster.bring(package(amy()))
        again = await roster.bring(package(amy(), *pupils(1)))

        assert live(roster) == [("email", MAIL)]
        for one in (done, again):
            assert (2, "roster.account_taken") in await codes(roster, one)
        holder = roster.one(
            "select child_id from child_identifier where school_id = %s and system = 'username'"
            " and value = 'amy.pond' and valid_to is null"
        )
        assert holder == other


class TestLeave:
    async def test_ends_them_with_the_child(self, roster: Roster) -> None:
        await roster.bring(package(amy(), *pupils(1)))

        await roster.bring(package(*pupils(1)))

        assert live(roster) == []
        assert told(roster)[1:] == [("child.changed", ["identifiers", "roll_status"])]
        kept = "select count(*) from child_identifier where school_id = %s and value = 'amy.pond'"
        assert roster.one(kept) == 1

    async def test_ends_them_where_a_person_had_marked_the_leaver(self, roster: Roster) -> None:
        await roster.bring(package(amy(), *pupils(1)))
        child = roster.child("u1")
        roster.sql("update child set roll_status = 'left' where id = %s", child["id"])

        await roster.bring(package(*pupils(1)))

        assert live(roster) == []
        assert told(roster)[1:] == [("child.changed", ["identifiers"])]
        assert roster.child("u1")["version"] == child["version"] + 1

    async def test_ends_them_where_the_row_is_marked_as_deleted(self, roster: Roster) -> None:
        await roster.bring(package(amy(), *pupils(1)))
        gone = amy(status="tobedeleted", dateLastModified="2026-09-01T06:00:00.000Z")

        await roster.bring(package(gone, manifest=manifest(orgs="bulk", users="delta")))

        assert (live(roster), live(roster, "p0")) == ([], [("username", "p0")])

    async def test_frees_them_for_another_child(self, roster: Roster) -> None:
        await roster.bring(package(amy(), *pupils(1)))

        await roster.bring(package(amy(sourcedId="u2"), *pupils(1)))

        assert (live(roster), live(roster, "u2")) == (
            [], [("email", MAIL), ("username", "amy.pond")]
        )  # fmt: skip

    async def test_gives_them_back_to_who_comes_back(self, roster: Roster) -> None:
        await roster.bring(package(amy(), *pupils(1)))
        await roster.bring(package(*pupils(1)))

        await roster.bring(package(amy(), *pupils(1)))

        assert live(roster) == [("email", MAIL), ("username", "amy.pond")]


class TestAlerts:
    @pytest.mark.parametrize(
        "subject", [{"username": "AMY.POND"}, {"email": "Amy.Pond@Oak.Example"}]
    )
    async def test_are_about_the_child_whom_the_roster_made_known(
        self, world: World, roster: Roster, subject: dict[str, str]
    ) -> None:
        tool = await a_tool(world, roster.school)
        before = await tool.sent(subject=subject)
        await roster.bring(package(amy(), *pupils(1)))

        after = await tool.sent(subject=subject)

        assert (before["matched"], after["matched"]) == (False, True)
        shown = await tool.open(after["id"])
        assert shown["child"]["id"] == roster.child("u1")["id"]
        assert shown["confidence"] == "strong"

    async def test_are_about_nobody_for_sure_once_the_account_has_ended(
        self, world: World, roster: Roster
    ) -> None:
        tool = await a_tool(world, roster.school)
        await roster.bring(package(amy(), *pupils(1)))
        await roster.bring(package(*pupils(1)))

        assert (await tool.sent(subject={"username": "amy.pond"}))["matched"] is False
