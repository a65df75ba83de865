"""Roster imports through the API: uploads, holds, reports, and imports that are cut off."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.words import Role
from app.db.repositories.exchange import roster_merges
from app.domain.exchange.roster.commands import go_on_after_check
from tests.api.staffing import jobs_of
from tests.check_ins import a_plan, keep, tasks
from tests.rosters import (
    DANDELION,
    DISTRICT,
    SMALL,
    ZIP,
    Roster,
    fates,
    package,
    packed,
    pupils,
    zipped,
)
from tests.unit.formats.roster_packages import DEMOGRAPHICS, ORGS, USERS, user
from tests.world import School

FORM = {"Content-Type": "multipart/form-data; boundary=b"}
TEXT = {"Content-Type": "text/plain"}
BARE_FORM = {"Content-Type": "multipart/form-data"}
BOMB = {"users.csv": b"0" * 30_000_000, "orgs.csv": b"x"}
OUTSIDE = {"../users.csv": USERS.encode(), "orgs.csv": ORGS.encode()}


@pytest.fixture
def roster(school: School) -> Roster:
    return Roster(school)


class TestHold:
    async def test_holds_a_plan_that_ends_many(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(30)))
        before = roster.fingerprint()

        held = await roster.bring(package(*pupils(24)))

        assert held["state"] == "held"
        assert held["fault"]["code"] == "too_many_leavers"
        assert held["counts"]["children"]["left"] == 6
        assert held["permissions"] == ["approve_roster_import"]
        assert roster.fingerprint() == before

    async def test_lets_few_leave_a_small_school(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(9)))

        assert (await roster.bring(package(*pupils(4))))["state"] == "applied"

    async def test_holds_a_plan_that_replaces_many_numbers(self, roster: Roster) -> None:
        await roster.bring(
            package(*[u.replace(",,,,,,7", f",A{n},,,,,7") for n, u in enumerate(pupils(20))])
        )

        held = await roster.bring(
            package(*[u.replace(",,,,,,7", f",B{n},,,,,7") for n, u in enumerate(pupils(20))])
        )

        assert (held["state"], held["fault"]["code"]) == ("held", "too_many_identifiers")

    async def test_applies_once_approved(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(30)))
        held = await roster.bring(package(*pupils(10)))
        path = f"/v1/roster/imports/{held['id']}"
        etag = (await roster.api.get(path)).headers["etag"]

        answer = await roster.api.post(f"{path}/approve", headers={"If-Match": etag})

        assert (answer.status_code, answer.json()["state"]) == (200, "approved")
        await roster.run(held["id"])
        done = await roster.get(held["id"])
        assert done["state"] == "applied"
        assert done["fault"] is None
        assert done["counts"]["children"] == fates(unchanged=10, left=20)
        verbs = roster.sql("select verb from trail where noun_id = %s order by seq", held["id"])
        assert [verb for (verb,) in verbs] == [
            "roster.received", "roster.held", "roster.approved", "roster.applied",
        ]  # fmt: skip

    async def test_approves_only_what_is_held(self, roster: Roster) -> None:
        done = await roster.bring(package(*pupils(1)))
        path = f"/v1/roster/imports/{done['id']}/approve"
        etag = (await roster.api.get(f"/v1/roster/imports/{done['id']}")).headers["etag"]

        assert (await roster.api.post(path)).status_code == 428
        assert (await roster.api.post(path, version=99)).status_code == 412
        refused = await roster.api.post(path, headers={"If-Match": etag})
        assert (refused.status_code, refused.json()["code"]) == (409, "import_not_planned")


class TestReport:
    async def test_names_file_line_and_column(self, roster: Roster) -> None:
        born = DEMOGRAPHICS + "p0,,,31/12/2014,male,,,,,,,,,,,\n" + "p1,,,2099-01-01,,,,,,,,,,,,\n"

        done = await roster.bring(package(*pupils(2), demographics=born))

        problems = await roster.problems(done["id"])
        found = {(p["file"], p["line"], p["column"], p["code"]) for p in problems}
        assert ("demographics.csv", 2, "birthDate", "row.date_spelling") in found
        assert ("demographics.csv", 3, "birthDate", "roster.birth_date_unlikely") in found
        assert all("2099" not in p["detail"] and "31/12" not in p["detail"] for p in problems)

    async def test_pages_by_position(self, roster: Roster) -> None:
        done = await roster.bring(
            package(*[p.replace("true", "maybe") for p in pupils(2)], *pupils(2))
        )
        path = f"/v1/roster/imports/{done['id']}/problems"

        seen: list[int] = []
        query: dict[str, Any] | None = {"limit": 1}
        while query:
            page = (await roster.api.get(path, params=query)).json()
            seen += [item["position"] for item in page["items"]]
            query = {"limit": 1, "cursor": page["next"]} if page["next"] else None

        assert len(seen) >= 3
        assert seen == list(range(1, len(seen) + 1))

    async def test_lists_imports_newest_first(self, roster: Roster) -> None:
        ids = [await roster.send(package(*pupils(1))) for _ in range(2)]

        listed = (await roster.api.get("/v1/roster/imports")).json()["items"]

        assert [one["id"] for one in listed] == ids[::-1]


class TestUpload:
    async def test_takes_a_form(self, roster: Roster) -> None:
        answer = await roster.api.request(
            "POST", "/v1/roster/imports",
            files={"file": ("my/roster.zip", zipped(DISTRICT), "application/zip")},
            data={"organisation_source_id": DANDELION, "source": "mis"},
        )  # fmt: skip

        assert answer.status_code == 202, answer.text
        assert answer.headers["location"] == f"/v1/roster/imports/{answer.json()['id']}"
        assert answer.json()["file_name"] == "roster.zip"
        await roster.run(answer.json()["id"])
        done = await roster.get(answer.json()["id"])
        assert (done["state"], done["source"]) == ("applied", "mis")
        assert done["counts"]["children"] == fates(new=72)

    async def test_forgets_the_file_once_it_is_applied(self, roster: Roster) -> None:
        done = await roster.bring(package(*pupils(1)))

        key = roster.one(
            "select key from roster_import where school_id = %s and id = %s", done["id"]
        )
        assert not await roster.school.world.runtime.storage.exists(key)

    async def test_replays_the_same_upload_and_keeps_one_file(self, roster: Roster) -> None:
        content = package(*pupils(1))
        options: dict[str, Any] = {"content": content, "headers": ZIP, "key": "one"}
        first = await roster.api.request("POST", "/v1/roster/imports", **options)
        again = await roster.api.request("POST", "/v1/roster/imports", **options)

        assert again.headers["idempotency-replayed"] == "true"
        assert again.json()["id"] == first.json()["id"]
        other = options | {"content": package(*pupils(2))}
        reused = await roster.api.request("POST", "/v1/roster/imports", **other)
        assert reused.json()["code"] == "idempotency_key_reused"
        assert roster.one("select count(*) from roster_import where school_id = %s") == 1

    @pytest.mark.parametrize(
        ("options", "status", "code"),
        [
            ({"content": b"x", "headers": TEXT}, 415, "media_type_unsupported"),
            ({"content": b"x"}, 415, "media_type_unsupported"),
            ({"content": b"", "headers": ZIP}, 422, "validation_failed"),
            ({"files": {"other": ("a.zip", b"x")}}, 422, "validation_failed"),
            ({"files": {"file": ("a.zip", b"")}}, 422, "validation_failed"),
            (
                {"files": [("file", ("a.zip", b"x")), ("file", ("b.zip", b"x"))]},
                422, "validation_failed",
            ),
            ({"files": {"file": ("a.zip", b"x")}, "data": {"who": "me"}}, 422, "validation_failed"),
            ({"content": b"x", "headers": ZIP, "params": {"who": "me"}}, 422, "validation_failed"),
            (
                {"content": b"x", "headers": ZIP, "params": {"source": "A B"}},
                422, "validation_failed",
            ),
            (
                {"content": b"--b\r\n", "headers": FORM},
                400, "body_malformed",
            ),
            (
                {"content": b"nonsense", "headers": FORM},
                400, "body_malformed",
            ),
            ({"content": b"x", "headers": BARE_FORM}, 400, "body_malformed"),
        ],
    )  # fmt: skip
    async def test_refuses_what_is_no_upload(
        self, roster: Roster, options: dict[str, Any], status: int, code: str
    ) -> None:
        answer = await roster.api.request("POST", "/v1/roster/imports", **options)

        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert roster.one("select count(*) from roster_import where school_id = %s") == 0

    async def test_refuses_more_than_the_limit(
        self, roster: Roster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        runtime = roster.school.world.runtime
        small = runtime.settings.model_copy(update={"max_roster_bytes": 1_000})
        monkeypatch.setattr(runtime, "settings", small)

        async def endless() -> Any:
            for _ in range(100):
                yield b"x" * 100

        answer = await roster.api.request(
            "POST", "/v1/roster/imports", content=endless(), headers=ZIP
        )
        declared = await roster.api.request(
            "POST", "/v1/roster/imports", content=b"x" * 200_000, headers=ZIP
        )

        assert answer.status_code == declared.status_code == 413
        assert answer.json()["code"] == "body_too_large"

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"this is no zip", "file.unknown"),
            (b"PK\x05\x06" + b"\xff" * 18, "package.too_many_entries"),
            (packed(BOMB), "package.suspicious_ratio"),
            (packed({f"{n}.txt": b"" for n in range(1_001)}), "package.too_many_entries"),
            (packed(OUTSIDE), "package.unsafe_name"),
            (packed({"readme.txt": b"hello"}), "file.zip_of_something_else"),
            (b"%PDF-1.7", "file.pdf"),
            (package(), "nothing_to_import"),
        ],
    )  # fmt: skip
    async def test_refuses_hostile_and_useless_packages(
        self, roster: Roster, content: bytes, code: str
    ) -> None:
        done = await roster.bring(content)

        assert (done["state"], done["fault"]["code"]) == ("refused", code)
        assert done["fault"]["detail"]
        assert roster.one("select count(*) from child where school_id = %s") == 0

    @pytest.mark.parametrize("role", [Role.STAFF, Role.DSL, Role.HEADTEACHER, Role.GOVERNOR])
    async def test_needs_the_permission(self, roster: Roster, role: Role) -> None:
        api = roster.school.api(role)
        done = await roster.send(package(*pupils(1)))

        answers = [
            await api.request("POST", "/v1/roster/imports", content=b"x", headers=ZIP),
            await api.get("/v1/roster/imports"),
            await api.get(f"/v1/roster/imports/{done}"),
            await api.get(f"/v1/roster/imports/{done}/problems"),
            await api.post(f"/v1/roster/imports/{done}/approve", version=1),
        ]

        assert [answer.status_code for answer in answers] == [403] * 5

    async def test_hides_another_schools_import(self, roster: Roster, other_school: School) -> None:
        done = await roster.send(package(*pupils(1)))
        api = other_school.api(Role.SCHOOL_ADMIN)

        assert (await api.get(f"/v1/roster/imports/{done}")).status_code == 404
        assert (await api.get(f"/v1/roster/imports/{done}/problems")).status_code == 404
        assert (await api.post(f"/v1/roster/imports/{done}/approve", version=1)).status_code == 404
        assert (await api.get("/v1/roster/imports")).json()["items"] == []


class TestBreakOff:
    async def test_leaves_nothing_half_applied(
        self, roster: Roster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The connection is cut from outside while the merge runs, as a killed worker would."""
        import_id = await roster.send(zipped(SMALL))
        before = roster.fingerprint()
        cut = text("select pg_terminate_backend(pg_backend_pid()), cast(:school_id as uuid)")
        whole = roster_merges.MERGE
        monkeypatch.setattr(roster_merges, "MERGE", (*whole[:-2], cut, *whole[-2:]))
        with pytest.raises(Exception, match=r"closed|terminat"):
            await roster.run(import_id)

        assert roster.fingerprint() == before
        assert (await roster.get(import_id))["state"] == "planned"
        assert roster.one("select count(*) from roster_link where school_id = %s") == 0
        monkeypatch.setattr(roster_merges, "MERGE", whole)
        await roster.run(import_id)
        assert (await roster.get(import_id))["counts"]["children"] == fates(new=72)

    async def test_does_a_finished_import_only_once(self, roster: Roster) -> None:
        done = await roster.bring(package(*pupils(1)))
        before = roster.fingerprint()

        await roster.run(done["id"])

        assert roster.fingerprint() == before

    async def test_takes_two_imports_of_a_school_one_after_the_other(self, roster: Roster) -> None:
        ids = [await roster.send(package(*pupils(40), user(sourcedId=f"x{n}"))) for n in range(2)]

        await asyncio.gather(*(roster.run(one) for one in ids))

        assert roster.one("select count(*) from child where school_id = %s") == 42
        left = roster.one(
            "select count(*) from child where school_id = %s and roll_status = 'left'"
        )
        assert left == 1


class TestLeavers:
    async def test_t17_on_a_plan_hold_an_import_until_a_lead_has_looked(
        self, roster: Roster
    ) -> None:
        await roster.bring(package(*pupils(10)))
        child = roster.child("p9")["id"]
        await a_plan(roster.school, UUID(child))
        held = await roster.bring(package(*pupils(9)))
        assert (held["state"], held["fault"]["code"]) == ("held", "leaver_to_look_at")
        assert child not in str(held)
        assert "Hill" not in str(held) + str(await roster.problems(held["id"]))
        assert roster.child("p9")["roll_status"] == "on_roll"
        path = f"/v1/roster/imports/{held['id']}"
        refused = await roster.api.post(f"{path}/approve", version=await version_of(roster, path))
        assert (refused.status_code, refused.json()["code"]) == (409, "leaver_not_looked_at")
        assert (await roster.api.get("/v1/tasks")).json()["items"] == []
        await self._look(roster, child)
        approved = await roster.api.post(f"{path}/approve", version=await version_of(roster, path))
        assert approved.status_code == 200, approved.text
        await roster.run(held["id"])
        assert (await roster.get(held["id"]))["state"] == "applied"
        await keep(roster.school.world, roster.school)
        assert len(tasks(roster.school.world, roster.school, "plan_to_next_school")) == 1

    async def _look(self, roster: Roster, child: str) -> None:
        path = f"/v1/tasks?kind=leaver_check&child_id={child}"
        (task,) = (await roster.school.lead.get(path)).json()["items"]
        done = await roster.school.lead.post(f"/v1/tasks/{task['id']}/complete", {}, version=1)
        assert done.status_code == 200, done.text

    async def test_show_a_lead_their_row_and_come_in_once_each_was_looked_at(
        self, roster: Roster
    ) -> None:
        await roster.bring(package(*pupils(10)))
        child = roster.child("p9")["id"]
        await a_plan(roster.school, UUID(child))
        held = await roster.bring(package(*pupils(9)))
        assert held["counts"]["held"] == [
            {"code": "leaver_to_look_at", "number": 1, "of": 10, "percent": 0}
        ]
        lead = roster.school.lead
        path = f"/v1/tasks?kind=leaver_check&child_id={child}"
        (card,) = (await lead.get(path)).json()["items"]
        task = (await lead.get(f"/v1/tasks/{card['id']}")).json()
        assert task["facts"] == {
            "reason": "leaver_to_look_at", "source": "oneroster", "source_id": "p9",
            "change": "left", "reason_code": "absent",
        }  # fmt: skip
        assert card["about"] is task["about"] is None  # never a link that a lead may not open
        assert (await lead.get(f"/v1/children/{task['child']['id']}")).status_code == 200

        await self._look(roster, child)
        await keep(roster.school.world, roster.school)
        await do_all(roster)

        assert (await roster.get(held["id"]))["state"] == "applied"
        assert roster.child("p9")["roll_status"] == "left"

    async def test_looked_at_late_bring_no_file_back_that_a_newer_one_overtook(
        self, roster: Roster
    ) -> None:
        await roster.bring(package(*pupils(10)))
        child = roster.child("p9")["id"]
        await a_plan(roster.school, UUID(child))
        held = await roster.bring(package(*pupils(9)))
        assert (await roster.bring(package(*pupils(10))))["state"] == "applied"

        await self._look(roster, child)
        await do_all(roster)

        assert (await roster.get(held["id"]))["state"] == "held"
        assert roster.child("p9")["roll_status"] == "on_roll"

    async def test_that_are_many_are_a_task_of_an_administrator_until_decided(
        self, roster: Roster
    ) -> None:
        await roster.bring(package(*pupils(20)))
        held = await roster.bring(package(*pupils(9)))
        again = await roster.bring(package(*pupils(8)))
        assert (held["state"], again["state"]) == ("held", "held")
        (card,) = (await roster.api.get("/v1/tasks?kind=roster_check")).json()["items"]
        assert card["about"]["path"] == f"/v1/roster/imports/{again['id']}"
        assert (await roster.api.get(card["about"]["path"])).status_code == 200
        task = (await roster.api.get(f"/v1/tasks/{card['id']}")).json()
        assert task["facts"] == {
            "reason": "too_many_leavers", "source": "oneroster", "number": 12, "of": 20,
            "percent": 10,
        }  # fmt: skip

        path = f"/v1/roster/imports/{again['id']}"
        approved = await roster.api.post(f"{path}/approve", version=await version_of(roster, path))
        assert approved.status_code == 200, approved.text
        assert (await roster.api.get("/v1/tasks?kind=roster_check")).json()["items"] == []

    async def test_both_many_and_on_a_plan_go_from_the_lead_to_an_administrator(
        self, roster: Roster
    ) -> None:
        await roster.bring(package(*pupils(20)))
        child = roster.child("p19")["id"]
        await a_plan(roster.school, UUID(child))
        held = await roster.bring(package(*pupils(9)))
        codes = [hold["code"] for hold in held["counts"]["held"]]
        assert codes == ["leaver_to_look_at", "too_many_leavers"]
        assert (await roster.api.get("/v1/tasks?kind=roster_check")).json()["items"] == []

        await self._look(roster, child)
        await do_all(roster)

        now = await roster.get(held["id"])
        assert (now["state"], now["fault"]["code"]) == ("held", "too_many_leavers")
        (task,) = (await roster.api.get("/v1/tasks?kind=roster_check")).json()["items"]
        assert task["about"]["id"] == held["id"]

    async def test_of_whom_nobody_looks_after_hold_nothing(self, roster: Roster) -> None:
        await roster.bring(package(*pupils(10)))
        assert (await roster.bring(package(*pupils(9))))["state"] == "applied"


async def do_all(roster: Roster) -> None:
    """Do the jobs that a lead's look left, in their order."""
    for job in jobs_of(roster.school.world, roster.school, "roster.leaver_checked"):
        async with roster.school.world.work(roster.school.id) as work:
            await go_on_after_check(work, UUID(job["about_id"]))
    for state, import_id in roster.sql(
        "select state, id from roster_import where school_id = %s", roster.school.id
    ):
        if state == "approved":
            await roster.run(str(import_id))


async def version_of(roster: Roster, path: str) -> int:
    """The version of an import."""
    return int((await roster.api.get(path)).headers["ETag"].strip('"').split("-")[0])
