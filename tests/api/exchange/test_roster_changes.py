"""What a roster import changes: planned without doing it, read field by field, and undone."""

from typing import Any
from uuid import UUID

import pytest

from app.core.words import Role
from app.domain.exchange.roster_changes.commands import run_undo
from tests.api.record.test_concerns import raise_one
from tests.rosters import Roster, confirmed, fates, package, pupils
from tests.unit.formats.roster_packages import manifest, user
from tests.world import School

PARENT = user(sourcedId="g1", username="g1", role="parent", givenName="Pat", agentSourcedIds="p0")
CONTENTS = ("child", "child_identifier", "child_name_token", "enrolment", "contact")
WITHOUT = {"version", "changed_at"}


@pytest.fixture
def roster(school: School) -> Roster:
    return Roster(school)


def record(roster: Roster) -> dict[str, list[Any]]:
    """The rows of the children but for the number of changes."""
    return {
        table: sorted(
            (
                {name: value for name, value in row.items() if name not in WITHOUT}
                for (row,) in roster.sql(
                    f"select to_jsonb(t) from {table} t where school_id = %s",  # noqa: S608
                    roster.school.id,
                )
            ),
            key=str,
        )
        for table in CONTENTS
    }


async def changes(roster: Roster, import_id: str, **query: Any) -> list[dict[str, Any]]:
    """Everything an import changes, page by page."""
    found: list[dict[str, Any]] = []
    asked: dict[str, Any] = {"limit": 2, **query}
    while True:
        answer = await roster.api.get(f"/v1/roster/imports/{import_id}/changes", params=asked)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next"] is None:
            return found
        asked["cursor"] = answer.json()["next"]


async def send(roster: Roster, step: str, import_id: str) -> Any:
    path = f"/v1/roster/imports/{import_id}"
    etag = (await roster.api.get(path)).headers["etag"]
    return await roster.api.post(f"{path}/{step}", headers={"If-Match": etag})


async def undo(roster: Roster, import_id: str) -> dict[str, Any]:
    answer = await send(roster, "undo", import_id)
    assert (answer.status_code, answer.json()["state"]) == (200, "undoing"), answer.text
    await run_undo(roster.school.world.runtime.database, roster.school.id, UUID(import_id))
    return await roster.get(import_id)


async def every(roster: Roster) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await roster.api.get("/v1/roster/imports")).json()["items"]
    return items


class TestPlanOnly:
    async def test_changes_nothing_and_says_what_it_would(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(3), PARENT))
        before = roster.fingerprint(), record(roster)
        content = package(*pupils(2, grades="8"), user(sourcedId="p7", givenName="Zed"))

        held = await roster.bring(content, plan_only="true")

        assert (held["state"], held["fault"]["code"]) == ("held", "plan_only")
        assert (roster.fingerprint(), record(roster)) == before
        assert held["counts"]["children"] == fates(new=1, changed=2, left=1)
        found = await changes(roster, held["id"])
        assert [one["position"] for one in found] == list(range(1, len(found) + 1))
        told = {(one["kind"], one["source_id"], one["change"], one["reason_code"]) for one in found}
        assert told == {
            ("child", "p0", "changed", "in_file"), ("child", "p1", "changed", "in_file"),
            ("child", "p2", "left", "absent"), ("child", "p7", "new", "in_file"),
            ("contact", "g1", "left", "absent"),
        }  # fmt: skip
        moved = next(one for one in found if one["source_id"] == "p0")
        assert {"field": "year_group", "old": "7", "new": "8"} in moved["fields"]
        gone = next(one for one in found if one["source_id"] == "p2")
        assert {"field": "roll_status", "old": "on_roll", "new": "left"} in gone["fields"]
        new = next(one for one in found if one["source_id"] == "p7")
        assert new["record_id"] is None
        assert {"field": "legal_given_name", "old": None, "new": "Zed"} in new["fields"]

    async def test_counts_by_year_group(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(3)))
        content = package(*pupils(2), user(sourcedId="p7", grades="9"))

        held = await roster.bring(content, plan_only="true")

        assert held["counts"]["year_groups"] == [
            {"year_group": "7", "new": 0, "changed": 0, "unchanged": 2, "left": 1},
            {"year_group": "9", "new": 1, "changed": 0, "unchanged": 0, "left": 0},
        ]

    async def test_names_everything_it_would_be_held_for(self, roster: Roster) -> None:
        await roster.bring(package(*(p.replace(",,,,,,7", f",A{n},,,,,7") for n, p in
                                     enumerate(pupils(40)))))  # fmt: skip
        content = package(*(p.replace(",,,,,,7", f",B{n},,,,,7") for n, p in
                            enumerate(pupils(20))))  # fmt: skip

        held = await roster.bring(content, plan_only="true")

        assert [one["code"] for one in held["counts"]["held"]] == [
            "too_many_leavers", "too_many_identifiers",
        ]  # fmt: skip
        assert held["counts"]["held"][0] == {
            "code": "too_many_leavers", "number": 20, "of": 40, "percent": 10,
        }  # fmt: skip

    async def test_takes_the_thresholds_of_the_school(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(40)))
        path = f"/v1/schools/{roster.school.id}"
        etag = (await roster.api.get(path)).headers["etag"]
        changed = await roster.api.patch(
            path, {"roster_leaving_percent": 60}, headers={"If-Match": etag}
        )
        assert changed.status_code == 200, changed.text
        assert changed.json()["roster_leaving_percent"] == 10, "one person alone moves no guard"
        await confirmed(roster.school)
        shown = (await roster.api.get(path)).json()
        assert shown["roster_leaving_percent"] == 60
        assert shown["roster_identifier_percent"] == 10

        assert (await roster.bring(package(*pupils(20))))["state"] == "applied"

    async def test_is_applied_once_approved(self, roster: Roster) -> None:
        held = await roster.bring(package(*pupils(2)), plan_only="true")

        assert (await send(roster, "approve", held["id"])).status_code == 200
        await roster.run(held["id"])

        assert (await roster.get(held["id"]))["state"] == "applied"
        found = await changes(roster, held["id"])
        assert {one["record_id"] for one in found} == {
            roster.child("p0")["id"], roster.child("p1")["id"]
        }  # fmt: skip

    async def test_can_be_narrowed(self, roster: Roster) -> None:
        held = await roster.bring(package(*pupils(1), PARENT), plan_only="true")

        assert len(await changes(roster, held["id"], kind="contact")) == 1
        assert await changes(roster, held["id"], change="left") == []

    @pytest.mark.parametrize("role", [Role.STAFF, Role.DSL, Role.GOVERNOR])
    async def test_is_shown_to_those_who_import(self, roster: Roster, role: Role) -> None:
        held = await roster.bring(package(*pupils(1)), plan_only="true")

        answer = await roster.school.api(role).get(f"/v1/roster/imports/{held['id']}/changes")

        assert answer.status_code == 403


class TestNobody:
    async def test_of_the_school_is_no_success(self, roster: Roster) -> None:
        done = await roster.bring(package(*pupils(2, orgSourcedIds="s9")))

        assert (done["state"], done["fault"]["code"]) == ("refused", "nobody_imported")

    async def test_is_taken_for_a_leaver_by_it(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(2)))

        done = await roster.bring(package(*pupils(2, orgSourcedIds="s9")))

        assert done["state"] == "refused"
        assert roster.child("p0")["roll_status"] == "on_roll"

    async def test_leaves_by_a_file_of_changes(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(2)))
        lines = pupils(1, orgSourcedIds="s9")

        done = await roster.bring(
            package(*lines, manifest=manifest(users="delta").replace("bulk", "delta"))
        )

        assert done["state"] == "refused"
        assert roster.child("p1")["roll_status"] == "on_roll"


class TestTrail:
    async def test_has_one_entry_for_a_child(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(1), PARENT))
        child = roster.child("p0")["id"]

        rows = roster.sql("select verb, details from trail where child_id = %s", child)

        assert [verb for verb, _ in rows] == ["child.added"]
        assert [one["did"] for one in rows[0][1]["contacts"]] == ["contact.added"]
        await roster.bring(package(*pupils(1), PARENT.replace("Pat", "Patricia")))
        rows = roster.sql("select verb, details from trail where child_id = %s order by seq", child)
        assert (rows[1][0], rows[1][1]["fields"]) == ("child.changed", ["contacts"])


class TestUndo:
    async def test_restores_exactly(self, roster: Roster) -> None:
        born = user(sourcedId="p3", givenName="Amy", identifier="A1", email="amy@oak.example")
        await roster.bring(package(*pupils(3), born, PARENT))
        before = record(roster)
        done = await roster.bring(
            package(
                *pupils(2, grades="8", middleName="Dale"),
                born.replace("A1", "B1").replace("amy@", "amy.p@"),
                PARENT.replace("Pat", "Patricia"),
            )
        )
        assert record(roster) != before

        undone = await undo(roster, done["id"])

        assert (undone["state"], undone["permissions"]) == ("undone", [])
        after = record(roster)
        assert after["child"] == before["child"]
        assert after["child_name_token"] == before["child_name_token"]
        assert after["enrolment"] == before["enrolment"]
        assert after["contact"] == before["contact"]
        live = [
            [one for one in rows["child_identifier"] if one["valid_to"] is None]
            for rows in (before, after)
        ]
        assert live[0] == live[1]

    async def test_can_be_imported_again(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(3)))
        content = package(*pupils(2, grades="8"), user(sourcedId="p7"))
        done = await roster.bring(content)
        child = roster.child("p7")["id"]
        await undo(roster, done["id"])
        assert roster.child("p7")["roll_status"] == "left"
        assert roster.child("p7")["enrolled"] == 0

        again = await roster.bring(content)

        assert again["state"] == "applied"
        assert (roster.child("p7")["id"], roster.child("p7")["roll_status"]) == (child, "on_roll")
        assert roster.child("p0")["year_group"] == "8"
        assert roster.child("p2")["roll_status"] == "left"

    async def test_leaves_and_lists_what_people_changed_since(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(1)))
        done = await roster.bring(package(*pupils(1, grades="8", middleName="Dale")))
        child = roster.child("p0")["id"]
        roster.sql("update child set middle_names = 'Dell' where id = %s", child)

        undone = await undo(roster, done["id"])

        assert roster.child("p0")["middle_names"] == "Dell"
        assert roster.child("p0")["year_group"] == "7"
        assert undone["counts"]["undone"] == {"restored": 1, "kept": 1}
        found = await changes(roster, done["id"])
        assert [one["kept"] for one in found] == [["middle_names"]]
        assert found[0]["undone_at"]

    async def test_leaves_a_new_child_that_somebody_wrote_about(self, roster: Roster) -> None:
        done = await roster.bring(package(*pupils(2), PARENT))
        await raise_one(roster.school.staff, UUID(roster.child("p0")["id"]))

        await undo(roster, done["id"])

        assert roster.child("p0")["roll_status"] == "on_roll"
        assert roster.child("p1")["roll_status"] == "left"
        assert roster.one("select count(*) from contact where school_id = %s"
                          " and valid_to is not null") == 0  # fmt: skip

    async def test_begins_with_the_latest(self, roster: Roster) -> None:
        first = await roster.bring(package(*pupils(1)))
        later = await roster.bring(package(*pupils(1, grades="8")))

        refused = await send(roster, "undo", first["id"])

        assert (refused.status_code, refused.json()["code"]) == (409, "later_import_applied")
        offered = {one["id"]: one["permissions"] for one in (await every(roster))}
        assert offered == {first["id"]: [], later["id"]: ["undo_roster_import"]}
        assert (await roster.get(first["id"]))["permissions"] == []
        await undo(roster, later["id"])
        assert (await roster.get(first["id"]))["permissions"] == ["undo_roster_import"]
        await undo(roster, first["id"])

    async def test_is_refused_for_what_was_not_applied(self, roster: Roster) -> None:
        held = await roster.bring(package(*pupils(1)), plan_only="true")

        refused = await send(roster, "undo", held["id"])

        assert (refused.status_code, refused.json()["code"]) == (409, "import_not_applied")

    async def test_is_refused_after_thirty_days_and_the_changes_are_forgotten(
        self, roster: Roster
    ) -> None:
        old = await roster.bring(package(*pupils(1)))
        assert old["permissions"] == ["undo_roster_import"]
        roster.sql(
            "update roster_import set ended_at = ended_at - interval '31 days' where id = %s",
            old["id"],
        )
        assert (await roster.get(old["id"]))["permissions"] == []

        refused = await send(roster, "undo", old["id"])

        assert (refused.status_code, refused.json()["code"]) == (409, "undo_expired")
        assert await changes(roster, old["id"])
        await roster.bring(package(*pupils(1, grades="8")))
        assert await changes(roster, old["id"]) == []

    async def test_leaves_a_trace_of_each_child(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(1)))
        done = await roster.bring(package(*pupils(1, grades="8")))
        await undo(roster, done["id"])
        child = roster.child("p0")["id"]

        rows = roster.sql(
            "select details from trail where child_id = %s order by seq desc limit 1", child
        )

        assert rows[0][0] == {"import_id": done["id"], "fields": ["year_group"], "undone": True}


class TestUndoOfStays:
    """Enrolments and numbers that an import made are gone, and those that it ended go on."""

    async def test_of_a_child_who_had_none(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(1)))
        child = roster.child("p0")["id"]
        roster.sql("delete from enrolment where child_id = %s", child)
        before = record(roster)
        done = await roster.bring(package(*pupils(1, grades="8")))
        assert len(record(roster)["enrolment"]) == 1
        await undo(roster, done["id"])
        assert record(roster) == before

    async def test_of_a_child_who_came_back(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(9)))
        await roster.bring(package(*pupils(8)))
        before = record(roster)
        done = await roster.bring(package(*pupils(9)))
        assert record(roster) != before
        await undo(roster, done["id"])
        assert record(roster) == before

    async def test_of_leavers_and_of_new_numbers(self, roster: Roster) -> None:
        born = user(sourcedId="q1", identifier="A1", email="amy@oak.example")
        await roster.bring(package(*pupils(9), born))
        before = record(roster)
        other = born.replace("A1", "B1").replace("amy@", "amy.p@")
        done = await roster.bring(package(*pupils(8), other))
        await undo(roster, done["id"])
        assert record(roster) == before

    async def test_of_new_children(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(3)))
        before = record(roster)
        done = await roster.bring(
            package(*pupils(3), user(sourcedId="q1", identifier="A1", email="amy@oak.example"))
        )
        await undo(roster, done["id"])
        after = record(roster)
        assert after["enrolment"] == before["enrolment"]
        assert after["child_identifier"] == before["child_identifier"]

    async def test_leaves_a_stay_that_had_ended_the_same_day(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(9)))
        child = roster.child("p8")["id"]
        roster.sql(
            "insert into enrolment (school_id, id, child_id, valid_from, valid_to, source,"
            " created_at) values (%s, gen_random_uuid(), %s, current_date, current_date,"
            " 'school', now())",
            roster.school.id, child,
        )  # fmt: skip
        before = record(roster)
        done = await roster.bring(package(*pupils(8)))
        await undo(roster, done["id"])
        assert record(roster) == before

    async def test_leaves_what_people_did_since(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(9)))
        await roster.bring(package(*pupils(8)))
        done = await roster.bring(package(*pupils(9)))
        child = roster.child("p8")["id"]
        open_stays = "select count(*) from enrolment where child_id = %s and valid_to is null"
        roster.sql("update child set roll_status = 'expected' where id = %s", child)
        await undo(roster, done["id"])
        assert roster.child("p8")["roll_status"] == "expected"
        assert roster.sql(open_stays, child) == [(1,)]
        (kept,) = [one["kept"] for one in await changes(roster, done["id"]) if one["kept"]]
        assert "roll_status" in kept

    async def test_keeps_the_row_trail_whole(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(9)))
        done = await roster.bring(package(*pupils(8), user(sourcedId="q1", identifier="A1")))
        await undo(roster, done["id"])
        gone = roster.sql(
            "select count(*) from row_trail t, jsonb_each(t.details) d, jsonb_each(d.value) r "
            "where t.school_id = %s and d.key in ('enrolment', 'child_identifier') "
            "and r.value = 'null'::jsonb",
            roster.school.id,
        )
        assert gone[0][0] >= 2
