"""What a roster brings: the real samples whole, who is matched, who leaves, staff and parents."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from app.core.vocabularies import codes
from app.core.words import Actor, Role
from app.db.reading import open_reading
from app.domain.access.row_hashes.queries import adopt_rows, differing_rows
from tests.rosters import DANDELION, DISTRICT, SMALL, Roster, fates, package, pupils, zipped
from tests.unit.formats.roster_packages import ORG, ORGS, manifest, user
from tests.world import School


@pytest.fixture
def roster(school: School) -> Roster:
    return Roster(school)


class TestImportSamples:
    async def test_brings_the_small_school_whole(self, roster: Roster) -> None:
        people_before = roster.one("select count(*) from staff where school_id = %s")

        done = await roster.bring(zipped(SMALL))

        assert done["state"] == "applied"
        assert done["done"] == done["total"] == 79 + 72 + 546 + 42 + 42 + 2 + 1
        assert done["counts"]["children"] == fates(new=72)
        assert done["counts"]["staff"] == fates(new=7)
        assert done["counts"]["contacts"] == fates()
        assert done["counts"]["enrolments"] == fates(new=72)
        assert done["counts"]["left_out"] == done["counts"]["errors"] == 0
        for table, number in (("child", 72), ("enrolment", 72), ("child_identifier", 4 * 72)):
            count = f"select count(*) from {table} where school_id = %s"  # noqa: S608
            assert roster.one(count) == number
        staff = roster.one("select count(*) from staff where school_id = %s")
        assert staff == people_before + 7

    async def test_keeps_what_the_file_says_of_a_child(self, roster: Roster) -> None:
        await roster.bring(zipped(SMALL))

        kenji = roster.child("a9792be6-1440-4646-a3d0-e797be0cc352")

        assert kenji["legal_given_name"] == "Kenji"
        assert kenji["legal_family_name"] == "Noodleman"
        assert kenji["date_of_birth"] == "2021-01-12"
        assert kenji["sex"] == "male"
        assert kenji["year_group"] == "KG"
        assert kenji["registration_group"] == "Cantankerous Cheetah"
        assert kenji["roll_status"] == "on_roll"
        assert kenji["enrolled"] == 1
        begun = roster.one(
            "select valid_from::text from enrolment where school_id = %s and child_id = %s",
            kenji["id"],
        )
        assert begun == "2026-08-15"

    async def test_changes_nothing_the_second_time(self, roster: Roster) -> None:
        first = await roster.bring(zipped(SMALL))
        before = roster.fingerprint()
        trail = roster.one("select count(*) from trail where school_id = %s")

        again = await roster.bring(zipped(SMALL))

        assert again["state"] == "applied"
        assert again["counts"]["children"] == fates(unchanged=72)
        assert again["counts"]["staff"] == fates(unchanged=7)
        assert again["counts"]["enrolments"] == fates(unchanged=72)
        assert roster.fingerprint() == before
        # received, applied
        assert roster.one("select count(*) from trail where school_id = %s") == trail + 2
        kept = [p["code"] for p in await roster.problems(first["id"])]
        assert [p["code"] for p in await roster.problems(again["id"])] == kept

    async def test_changes_nothing_for_a_rebuilt_file(self, roster: Roster, tmp_path: Path) -> None:
        await roster.bring(zipped(SMALL))
        before = roster.fingerprint()
        rebuilt = tmp_path / "again"
        shutil.copytree(SMALL, rebuilt)
        for name in ("users", "enrollments"):
            head, *rows = (rebuilt / f"{name}.csv").read_text().splitlines()
            text = "\n".join([head, *reversed(rows)]) + "\n"
            (rebuilt / f"{name}.csv").write_text(text.replace("06:00:00", "07:30:00"))

        again = await roster.bring(zipped(rebuilt))

        assert again["state"] == "applied"
        assert again["counts"]["children"] == fates(unchanged=72)
        assert again["counts"]["staff"] == fates(unchanged=7)
        assert again["counts"]["enrolments"] == fates(unchanged=72)
        assert roster.fingerprint() == before

    async def test_takes_one_school_of_a_district(self, roster: Roster) -> None:
        done = await roster.bring(zipped(DISTRICT), organisation_source_id=DANDELION)

        assert done["state"] == "applied"
        assert done["counts"]["children"] == fates(new=72)
        assert done["counts"]["staff"] == fates(new=7)
        assert done["counts"]["elsewhere"] == 268 - 79
        before = roster.fingerprint()
        again = await roster.bring(zipped(DISTRICT), organisation_source_id=DANDELION)
        assert again["counts"]["children"] == fates(unchanged=72)
        assert roster.fingerprint() == before

    async def test_makes_no_trust_of_a_district_and_says_so(self, roster: Roster) -> None:
        trusts = "select count(*) from organisation where kind = 'trust'"
        before = roster.sql(trusts)
        done = await roster.bring(zipped(DISTRICT), organisation_source_id=DANDELION)
        found = [
            p for p in await roster.problems(done["id"]) if p["code"] == "roster.trust_not_made"
        ]
        assert [(one["file"], one["severity"]) for one in found] == [("orgs.csv", "warning")]
        assert roster.sql(trusts) == before

    async def test_says_where_the_school_has_another_urn(self, roster: Roster) -> None:
        """A file of another school: nothing of the row is lost without a word."""
        orgs = ORGS + ORG.replace(",school,,", ",school,100001,")
        for number, kept, told in ((1, None, 1), (2, "100002", 1), (3, "100001", 0)):
            roster.sql(
                "update organisation set urn = %s where id = %s returning id",
                kept,
                roster.school.id,
            )
            done = await roster.bring(package(*pupils(number), orgs=orgs))
            assert done["state"] == "applied"
            found = [
                (one["file"], one["line"], one["severity"])
                for one in await roster.problems(done["id"])
                if one["code"] == "roster.urn_differs"
            ]
            assert found == [("orgs.csv", 2, "warning")] * told
            assert roster.sql("select urn from organisation where id = %s", roster.school.id) == [
                (kept,)
            ]

    async def test_asks_which_school_of_a_district(self, roster: Roster) -> None:
        done = await roster.bring(zipped(DISTRICT))

        assert done["state"] == "refused"
        assert done["fault"]["code"] == "organisation_choice_needed"
        assert {one["source_id"] for one in done["counts"]["organisations"]} > {DANDELION}
        assert len(done["counts"]["organisations"]) == 3
        assert roster.one("select count(*) from child where school_id = %s") == 0

    async def test_refuses_a_school_that_is_not_in_the_file(self, roster: Roster) -> None:
        done = await roster.bring(zipped(DISTRICT), organisation_source_id="nowhere")

        assert (done["state"], done["fault"]["code"]) == ("refused", "organisation_unknown")

    async def test_leaves_another_school_alone(self, roster: Roster, other_school: School) -> None:
        other = Roster(other_school)
        await other.bring(zipped(SMALL))
        before = other.fingerprint()

        await roster.bring(zipped(DISTRICT), organisation_source_id=DANDELION)
        await roster.bring(package(*pupils(1)))

        assert other.fingerprint() == before
        assert other.one("select count(*) from child where school_id = %s") == 72


class TestMatch:
    async def test_finds_a_child_by_upn_and_never_by_name(self, roster: Roster) -> None:
        known = await roster.school.child("Zoe", "Marsh")
        namesake = await roster.school.child("Amy", "Pond")
        roster.sql(
            "insert into child_identifier (school_id, id, child_id, system, value, source,"
            " created_at)"
            " values (%s, gen_random_uuid(), %s, 'upn', 'R201100018042', 'hand', now())",
            roster.school.id, known,
        )  # fmt: skip

        done = await roster.bring(
            package(
                user(
                    sourcedId="u1", givenName="Zoë", familyName="Marsh", identifier="R201100018042"
                ),
                user(sourcedId="u2", givenName="Amy", familyName="Pond"),
            )
        )

        assert done["counts"]["children"] == fates(new=1, changed=1)
        assert roster.child("u1")["id"] == str(known)
        assert roster.child("u1")["legal_given_name"] == "Zoë"
        assert roster.child("u2")["id"] != str(namesake)

    @pytest.mark.parametrize("wrong", ["A201100018042", "r 201100018043"])
    async def test_says_where_a_upn_does_not_pass_its_check(
        self, roster: Roster, wrong: str
    ) -> None:
        done = await roster.bring(package(*pupils(1, identifier=wrong)))

        (problem,) = await roster.problems(done["id"])
        assert [problem[part] for part in ("file", "line", "column", "code")] == [
            "users.csv", 2, "identifier", "roster.upn_invalid",
        ]  # fmt: skip
        assert "Correct it where it comes from" in problem["detail"]
        numbers = roster.sql(
            "select system from child_identifier where school_id = %s", roster.school.id
        )
        assert numbers == [("oneroster",), ("username",)]

    async def test_keeps_a_number_that_is_no_upn_as_the_senders(self, roster: Roster) -> None:
        done = await roster.bring(package(*pupils(1, identifier="A2011")))

        assert await roster.problems(done["id"]) == []
        assert roster.one("select count(*) from child_identifier where school_id = %s"
                          " and system = 'mis_id'") == 1  # fmt: skip

    async def test_keeps_a_number_with_the_first_of_two_rows(self, roster: Roster) -> None:
        done = await roster.bring(
            package(
                user(sourcedId="u1", identifier="R201100018042"),
                user(sourcedId="u2", identifier="R201100018042"),
            )
        )

        assert done["counts"]["children"] == fates(new=2, problems=1)
        problems = await roster.problems(done["id"])
        assert ("users.csv", 3, "roster.identifier_twice") in {
            (p["file"], p["line"], p["code"]) for p in problems
        }

    async def test_replaces_a_temporary_upn(self, roster: Roster) -> None:
        await roster.bring(package(user(identifier="T20110001804V")))
        child = roster.child("u1")["id"]

        done = await roster.bring(package(user(identifier="R201100018042")))

        assert done["counts"]["children"] == fates(changed=1)
        assert roster.child("u1")["id"] == child
        upns = roster.sql(
            "select value, valid_to is null from child_identifier where school_id = %s"
            " and system = 'upn' order by created_at",
            roster.school.id,
        )
        assert upns == [("T20110001804V", False), ("R201100018042", True)]

    async def test_ends_the_reason_why_a_child_has_no_upn(self, roster: Roster) -> None:
        await roster.bring(package(user()))
        path = f"/v1/children/{roster.child('u1')['id']}"
        reason = {"unknown_upn_reason_code": min(codes("unknown_upn_reasons"))}
        version = roster.child("u1")["version"]
        assert (await roster.api.patch(path, reason, version=version)).json().items() >= (
            reason.items()
        )

        await roster.bring(package(user(identifier="R201100018042")))

        assert (await roster.api.get(path)).json()["unknown_upn_reason_code"] is None

    @pytest.mark.parametrize(
        ("sent", "kept"), [("07", "7"), ("Year 7", "7"), ("KG", "KG"), ("Reception", "R")]
    )
    async def test_reads_a_year_group(self, roster: Roster, sent: str, kept: str) -> None:
        await roster.bring(package(user(grades=sent)))

        assert roster.child("u1")["year_group"] == kept

    async def test_finds_a_new_name(self, roster: Roster) -> None:
        await roster.bring(package(user(familyName="O'Brien")))
        await roster.bring(package(user(familyName="Hartley")))

        tokens = roster.sql(
            "select token from child_name_token where school_id = %s order by token",
            roster.school.id,
        )
        assert [token for (token,) in tokens] == ["amy", "hartley"]

    async def test_keeps_a_correction_by_hand_while_the_row_stays(self, roster: Roster) -> None:
        await roster.bring(package(user()))
        child = roster.child("u1")["id"]
        roster.sql("update child set legal_given_name = 'Amelia' where id = %s", child)

        await roster.bring(package(user(dateLastModified="2026-09-01T06:00:00.000Z")))

        assert roster.child("u1")["legal_given_name"] == "Amelia"

    async def test_vouches_for_every_row_as_it_left_it(self, roster: Roster) -> None:
        database, school = roster.school.world.runtime.database, roster.school
        await adopt_rows(database, school.id, "Made by the scene.", changed=True)
        for content in (
            package(*pupils(4), user(sourcedId="g1", role="parent", agentSourcedIds="p1")),
            package(*pupils(3, middleName="Ann")),
        ):
            assert (await roster.bring(content))["state"] == "applied"
            async with open_reading(database, Actor.system(school.id), one_moment=True) as reading:
                assert [one async for one in differing_rows(reading, school.id)] == []

    async def test_says_in_the_trail_what_changed(self, roster: Roster) -> None:
        await roster.bring(package(user()))
        await roster.bring(package(user(familyName="Hartley")))

        entries = roster.sql(
            "select verb, details->'fields' from trail where school_id = %s and noun_id = %s"
            " order by seq",
            roster.school.id, roster.child("u1")["id"],
        )  # fmt: skip
        assert entries == [("child.added", []), ("child.changed", ["legal_family_name"])]


class TestLeave:
    async def test_ends_who_is_missing_and_deletes_nobody(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(20)))

        done = await roster.bring(package(*pupils(18)))

        assert done["state"] == "applied"
        assert done["counts"]["children"] == fates(unchanged=18, left=2)
        assert done["counts"]["enrolments"] == fates(unchanged=18, left=2)
        gone = roster.child("p19")
        assert (gone["roll_status"], gone["enrolled"]) == ("left", 0)
        assert roster.one("select count(*) from child where school_id = %s") == 20

    async def test_enrols_again_who_comes_back(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(3)))
        child = roster.child("p2")["id"]
        await roster.bring(package(*pupils(2)))

        done = await roster.bring(package(*pupils(3)))

        assert done["counts"]["children"] == fates(unchanged=2, changed=1)
        back = roster.child("p2")
        assert (back["id"], back["roll_status"], back["enrolled"]) == (child, "on_roll", 1)

    async def test_never_ends_a_child_added_by_hand(self, roster: Roster) -> None:
        by_hand = await roster.school.child()
        await roster.bring(package(*pupils(2)))
        await roster.bring(package(*pupils(1)))

        status = roster.one(
            "select roll_status from child where school_id = %s and id = %s", by_hand
        )
        assert status == "on_roll"

    async def test_ends_nobody_while_rows_cannot_be_read(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(3)))

        done = await roster.bring(
            package(*pupils(2), user(sourcedId="p2", givenName="", familyName=""))
        )

        assert done["state"] == "applied"
        assert done["counts"]["children"] == fates(unchanged=2)
        assert done["counts"]["left_out"] == 1
        assert roster.child("p2")["roll_status"] == "on_roll"
        codes = {(p["line"], p["code"]) for p in await roster.problems(done["id"])}
        assert {(4, "row.missing_name"), (0, "roster.leavers_not_ended")} <= codes

    async def test_ends_only_the_marked_in_a_file_of_changes(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(3)))
        gone = user(
            sourcedId="p0", status="tobedeleted", dateLastModified="2026-09-01T06:00:00.000Z"
        )

        done = await roster.bring(package(gone, manifest=manifest(orgs="bulk", users="delta")))

        assert done["counts"]["children"] == fates(left=1)
        assert roster.child("p0")["roll_status"] == "left"
        assert roster.child("p1")["roll_status"] == "on_roll"


class TestStaff:
    def teacher(self, **cells: str) -> str:
        return user(**{"sourcedId": "t1", "role": "teacher", "email": "tea@oak.example"} | cells)

    def roles(self, roster: Roster, email: str) -> list[str]:
        found = roster.sql(
            "select m.role from account a join membership m on m.staff_id = a.id"
            " where a.email_key = lower(%s) and m.school_id = %s order by 1",
            email, roster.school.id,
        )  # fmt: skip
        return [role for (role,) in found]

    async def test_gives_new_staff_an_account_and_no_more_than_the_role_of_staff(
        self, roster: Roster
    ) -> None:
        email = f"{roster.school.id.hex}@oak.example"
        jobs = roster.one(
            "select count(*) from procrastinate_jobs where args->>'school_id' = %s::text"
        )

        await roster.bring(package(self.teacher(email=email, role="administrator")))

        assert self.roles(roster, email) == ["staff"]
        # The import's own job, and no invitation.
        after = roster.one(
            "select count(*) from procrastinate_jobs where args->>'school_id' = %s::text"
        )
        assert after == jobs + 1

    async def test_leaves_the_roles_of_known_people(self, roster: Roster) -> None:
        lead = roster.school[Role.DSL]

        done = await roster.bring(package(self.teacher(email=lead.email.upper())))

        assert done["counts"]["staff"] == fates(unchanged=1)
        assert self.roles(roster, lead.email) == ["dsl"]
        name = roster.one("select name from staff where school_id = %s and id = %s", lead.id)
        assert name == lead.name

    async def test_gives_no_role_back_that_was_taken_away(self, roster: Roster) -> None:
        email = f"{roster.school.id.hex}@oak.example"
        await roster.bring(package(self.teacher(email=email)))
        roster.sql(
            "update membership set valid_to = current_date where school_id = %s and staff_id ="
            " (select id from account where email = %s)", roster.school.id, email,
        )  # fmt: skip

        await roster.bring(package(self.teacher(email=email, familyName="New")))

        live = roster.one(
            "select count(*) from membership m join account a on a.id = m.staff_id"
            " where m.school_id = %s and a.email = %s and m.valid_to is null", email,
        )  # fmt: skip
        assert live == 0

    async def test_never_changes_the_address_somebody_signs_in_with(self, roster: Roster) -> None:
        email = f"{roster.school.id.hex}@oak.example"
        await roster.bring(package(self.teacher(email=email)))

        done = await roster.bring(package(self.teacher(email=f"other.{email}")))

        assert done["counts"]["staff"]["new"] == 0
        assert "roster.email_differs" in {p["code"] for p in await roster.problems(done["id"])}
        assert self.roles(roster, email) == ["staff"]
        assert self.roles(roster, f"other.{email}") == []

    async def test_reports_who_is_missing_and_ends_nobody(self, roster: Roster) -> None:
        email = f"{roster.school.id.hex}@oak.example"
        await roster.bring(package(self.teacher(email=email), *pupils(1)))

        done = await roster.bring(package(*pupils(1)))

        assert done["counts"]["staff"] == fates(left=1)
        assert "roster.staff_missing" in {p["code"] for p in await roster.problems(done["id"])}
        assert self.roles(roster, email) == ["staff"]

    async def test_leaves_out_staff_without_an_address(self, roster: Roster) -> None:
        done = await roster.bring(package(self.teacher(email="")))

        assert done["counts"]["staff"]["new"] == 0
        assert (2, "roster.email_missing") in {
            (p["line"], p["code"]) for p in await roster.problems(done["id"])
        }


class TestContacts:
    def family(self, **cells: str) -> list[str]:
        parent = {"sourcedId": "m1", "role": "parent", "givenName": "Mia", "orgSourcedIds": "",
                  "phone": "01", "grades": ""}  # fmt: skip
        return [
            user(sourcedId="k1", agentSourcedIds="m1"),
            user(sourcedId="k2", givenName="Bo"),
            user(**parent | {"agentSourcedIds": "k2"} | cells),
        ]

    def contacts(self, roster: Roster) -> list[Any]:
        return roster.sql(
            "select name, kind, phone, parental_responsibility, valid_to is null from contact"
            " where school_id = %s order by child_id", roster.school.id,
        )  # fmt: skip

    async def test_links_a_parent_to_each_child_either_way(self, roster: Roster) -> None:
        done = await roster.bring(package(*self.family()))

        assert done["counts"]["contacts"] == fates(new=2)
        assert self.contacts(roster) == [("Mia Pond", "parent", "01", "unknown", True)] * 2
        again = await roster.bring(package(*reversed(self.family())))
        assert again["counts"]["contacts"] == fates(unchanged=2)

    async def test_never_touches_what_people_know_of_a_contact(self, roster: Roster) -> None:
        await roster.bring(package(*self.family()))
        roster.sql(
            "update contact set parental_responsibility = 'no', contact_allowed = 'no',"
            " restriction = 'by order', may_be_told = false, alleged_source_of_harm = true,"
            " kind = 'mother' where school_id = %s", roster.school.id,
        )  # fmt: skip

        done = await roster.bring(package(*self.family(phone="02")))
        await roster.bring(package(*self.family(role="proctor")[:2]))

        assert done["counts"]["contacts"] == fates(changed=2)
        found = roster.sql(
            "select kind, phone, parental_responsibility, contact_allowed, restriction,"
            " may_be_told, alleged_source_of_harm, valid_to from contact where school_id = %s",
            roster.school.id,
        )
        assert found == [("mother", "02", "no", "no", "by order", False, True, None)] * 2

    async def test_ends_a_contact_nobody_said_anything_about(self, roster: Roster) -> None:
        await roster.bring(package(*self.family()))

        done = await roster.bring(package(*self.family()[1:]))

        assert done["counts"]["contacts"] == fates(unchanged=1)
        done = await roster.bring(package(self.family()[1]))
        assert [live for *_, live in self.contacts(roster)].count(True) == 1
