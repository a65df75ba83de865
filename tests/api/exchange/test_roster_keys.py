"""What a service key does with rosters: its own, and nobody else's."""

from typing import Any
from uuid import UUID

import pytest

from app.core.words import Permission
from app.domain.exchange.roster_changes.commands import run_undo
from tests.api.record.test_concerns import raise_one
from tests.check_ins import a_plan
from tests.rosters import ZIP, Roster, package, pupils
from tests.unit.formats.roster_packages import user
from tests.world import Api, School, World

CONTENT = package(*pupils(3))


async def a_key(world: World, school: School) -> tuple[UUID, Roster]:
    """A service key that imports rosters, and the rosters as it handles them."""
    key_id, token = await world.a_service_key(school.id, Permission.ROSTER_IMPORT)
    roster = Roster(school)
    roster.api = Api(world, token)
    return key_id, roster


async def send(roster: Roster, source: str) -> Any:
    return await roster.api.request(
        "POST", "/v1/roster/imports", content=CONTENT, headers=ZIP, params={"source": source}
    )


async def approve(api: Api, import_id: str) -> tuple[int, str | None]:
    """What approving a plan answers."""
    path = f"/v1/roster/imports/{import_id}"
    etag = (await api.get(path)).headers["etag"]
    answer = await api.post(f"{path}/approve", headers={"If-Match": etag})
    return answer.status_code, answer.json().get("code")


HELD_BY_PEOPLE = {
    "child": {
        "known_given_name": "Typed-known", "middle_names": "Typed-middle",
        "registration_group": "Typed-group", "year_group": "Typed-year",
    },
    "contact": {
        "name": "Typed Name", "email": "typed@example.org", "phone": "01632 960777",
    },
}  # fmt: skip


class TestWhatAPlanTells:
    async def test_a_key_reads_nothing_that_people_entered(
        self, world: World, school: School
    ) -> None:
        _, key = await a_key(world, school)
        parent = user(
            sourcedId="g1", username="g1", role="parent", givenName="Pat", agentSourcedIds="p0"
        )
        await key.bring(package(*pupils(3), parent), source="mis")
        for table, columns in HELD_BY_PEOPLE.items():
            typed = ", ".join(f"{name} = '{value}'" for name, value in columns.items())
            world.sql(f"update {table} set {typed} where school_id = %s", school.id)  # noqa: S608
        content = package(
            *pupils(2, grades="8", middleName="Sent"),
            parent.replace("Pat", "Sent"),
        )  # fmt: skip
        held = await key.bring(content, source="mis", plan_only="true")

        path = f"/v1/roster/imports/{held['id']}/changes"
        told, seen = await key.api.get(path), await Roster(school).api.get(path)

        assert "yped" in seen.text
        assert "yped" not in told.text
        assert "960777" not in told.text
        assert len(told.json()["items"]) == len(seen.json()["items"]) > 3
        sent = [field for item in told.json()["items"] for field in item["fields"]]
        assert {field["old"] for field in sent} == {None}
        assert "Sent" in {field["new"] for field in sent}

    async def test_a_key_does_not_learn_whose_record_people_worked_with(
        self, world: World, school: School
    ) -> None:
        _, key = await a_key(world, school)
        done = await key.bring(CONTENT, source="mis")
        child = key.child("p0")["id"]
        await raise_one(school.staff, UUID(child))
        path = f"/v1/roster/imports/{done['id']}"
        etag = (await key.api.get(path)).headers["etag"]
        undone = await key.api.post(f"{path}/undo", headers={"If-Match": etag})
        assert undone.status_code == 200
        await run_undo(world.runtime.database, school.id, UUID(done["id"]))

        told = await key.api.get(f"{path}/changes")
        seen = await Roster(school).api.get(f"{path}/changes")

        assert any(item["kept"] for item in seen.json()["items"])
        assert {str(item["kept"]) for item in told.json()["items"]} == {"None"}


class TestKeys:
    async def test_do_what_they_need_with_imports_of_their_own(
        self, world: World, school: School
    ) -> None:
        _, roster = await a_key(world, school)
        done = await roster.bring(CONTENT, source="mis")
        path = f"/v1/roster/imports/{done['id']}"
        assert (await roster.api.get(f"{path}/changes")).status_code == 200
        assert await roster.problems(done["id"]) == []
        listed = (await roster.api.get("/v1/roster/imports")).json()["items"]
        assert [one["id"] for one in listed] == [done["id"]]
        etag = (await roster.api.get(path)).headers["etag"]
        undone = await roster.api.post(f"{path}/undo", headers={"If-Match": etag})
        assert undone.status_code == 200
        await run_undo(world.runtime.database, school.id, UUID(done["id"]))

    @pytest.mark.parametrize("by", ["person", "key"])
    async def test_know_of_no_other_import(self, world: World, school: School, by: str) -> None:
        theirs = Roster(school) if by == "person" else (await a_key(world, school))[1]
        done = await theirs.bring(CONTENT, source="mis")
        _, mine = await a_key(world, school)
        path = f"/v1/roster/imports/{done['id']}"
        for part in ("", "/problems", "/changes"):
            answer = await mine.api.get(f"{path}{part}")
            assert (answer.status_code, answer.json()["code"]) == (404, "import_not_found")
        assert (await mine.api.get("/v1/roster/imports")).json()["items"] == []
        before = mine.fingerprint()
        etag = (await theirs.api.get(path)).headers["etag"]
        for step in ("undo", "approve"):
            answer = await mine.api.post(f"{path}/{step}", headers={"If-Match": etag})
            assert (answer.status_code, answer.json()["code"]) == (404, "import_not_found")
        assert mine.fingerprint() == before
        assert (await theirs.get(done["id"]))["state"] == "applied"

    async def test_approve_no_plan_of_another(self, world: World, school: School) -> None:
        _, theirs = await a_key(world, school)
        held = await theirs.bring(CONTENT, source="mis", plan_only="true")
        assert held["state"] == "held"
        _, mine = await a_key(world, school)
        path = f"/v1/roster/imports/{held['id']}"
        etag = (await theirs.api.get(path)).headers["etag"]
        answer = await mine.api.post(f"{path}/approve", headers={"If-Match": etag})
        assert answer.status_code == 404
        assert (await theirs.get(held["id"]))["state"] == "held"

    @pytest.mark.parametrize("query", [{}, {"plan_only": "true"}])
    async def test_let_no_plan_of_their_own_go(
        self, world: World, school: School, query: dict[str, str]
    ) -> None:
        """A file that would end too many enrolments is held for a person."""
        _, key = await a_key(world, school)
        await key.bring(package(*pupils(20)), source="mis")
        held = await key.bring(package(*pupils(1)), source="mis", **query)
        assert (held["state"], held["permissions"]) == ("held", [])
        assert await approve(key.api, held["id"]) == (403, "permission_missing")
        assert (await key.get(held["id"]))["state"] == "held"
        assert key.child("p19")["roll_status"] == "on_roll"

    async def test_leave_what_they_are_not_told_to_a_person(
        self, world: World, school: School
    ) -> None:
        _, key = await a_key(world, school)
        await key.bring(package(*pupils(20)), source="mis")
        held = await key.bring(package(*pupils(1)), source="mis")
        person = Roster(school)
        assert held["fault"]["code"] == "needs_person"
        seen = await person.get(held["id"])
        assert (seen["fault"]["code"], seen["permissions"]) == (
            "too_many_leavers", ["approve_roster_import"],
        )  # fmt: skip
        assert await approve(person.api, held["id"]) == (200, None)
        await person.run(held["id"])
        assert (await key.get(held["id"]))["state"] == "applied"
        assert key.child("p19")["roll_status"] == "left"

    async def test_are_told_nobody_by_name(self, world: World, school: School) -> None:
        key_id, key = await a_key(world, school)
        done = await key.bring(CONTENT, source="mis")
        nameless = {"id": str(key_id), "name": ""}
        assert done["started_by"] == nameless
        path = f"/v1/roster/imports/{done['id']}"
        etag = (await key.api.get(path)).headers["etag"]
        undone = await key.api.post(f"{path}/undo", headers={"If-Match": etag})
        assert undone.json()["started_by"] == nameless
        listed = (await key.api.get("/v1/roster/imports")).json()["items"]
        assert [one["started_by"] for one in listed] == [nameless]
        assert (await Roster(school).get(done["id"]))["started_by"]["name"]

    async def test_bring_nothing_into_the_source_of_another_key(
        self, world: World, school: School
    ) -> None:
        other, theirs = await a_key(world, school)
        await theirs.bring(CONTENT, source="mis")
        _, mine = await a_key(world, school)
        answer = await send(mine, "mis")
        assert (answer.status_code, answer.json()["code"]) == (409, "source_of_another_key")
        assert (await send(mine, "arbor")).status_code == 202
        world.sql("update service_key set revoked_at = now() where id = %s", other)
        answer = await send(mine, "mis")
        assert (answer.status_code, answer.json()["code"]) == (403, "source_not_of_key")

    @pytest.mark.parametrize(
        "ended",
        [
            "update service_key set revoked_at = now() where id = %s",
            "update service_key set expires_at = now() where id = %s",
        ],
    )
    async def test_take_over_from_a_key_that_has_ended_once_they_are_bound(
        self, world: World, school: School, ended: str
    ) -> None:
        """Whoever sends a source may end its children: a person says who that is."""
        other, theirs = await a_key(world, school)
        await theirs.bring(CONTENT, source="mis")
        world.sql(ended, other)
        key_id, mine = await a_key(world, school)
        before = mine.fingerprint()
        answer = await send(mine, "mis")
        assert (answer.status_code, answer.json()["code"]) == (403, "source_not_of_key")
        assert mine.fingerprint() == before
        world.sql("update service_key set roster_sources = '{mis}' where id = %s", key_id)
        assert (await send(mine, "mis")).status_code == 202

    async def test_go_on_with_a_source_that_a_person_began_once_they_are_bound_to_it(
        self, world: World, school: School
    ) -> None:
        await Roster(school).bring(CONTENT, source="mis")
        key_id, mine = await a_key(world, school)
        answer = await send(mine, "mis")
        assert (answer.status_code, answer.json()["code"]) == (403, "source_not_of_key")
        world.sql("update service_key set roster_sources = '{mis}' where id = %s", key_id)
        assert (await send(mine, "mis")).status_code == 202

    async def test_come_before_no_plan_of_a_person(self, world: World, school: School) -> None:
        """Nor by a file of their own that waits since before: what came in decides whose it is."""
        _, mine = await a_key(world, school)
        assert (await send(mine, "mis")).status_code == 202
        person = Roster(school)
        held = await person.bring(CONTENT, source="mis", plan_only="true")
        assert held["state"] == "held"
        answer = await send(mine, "mis")
        assert (answer.status_code, answer.json()["code"]) == (403, "source_not_of_key")
        assert await approve(person.api, held["id"]) == (200, None)
        await person.run(held["id"])
        answer = await send(mine, "mis")
        assert (answer.status_code, answer.json()["code"]) == (403, "source_not_of_key")

    async def test_go_on_with_a_source_of_their_own_after_a_person_and_beside_a_reader(
        self, world: World, school: School
    ) -> None:
        _, mine = await a_key(world, school)
        await mine.bring(CONTENT, source="mis")
        await Roster(school).bring(CONTENT, source="mis")
        await world.a_service_key(school.id, Permission.ROSTER_READ, roster_sources=["mis"])
        assert (await send(mine, "mis")).status_code == 202

    async def test_bring_nothing_into_a_source_that_another_key_is_bound_to(
        self, world: World, school: School
    ) -> None:
        other, _ = await world.a_service_key(
            school.id, Permission.ROSTER_IMPORT, roster_sources=["mis"]
        )
        _, mine = await a_key(world, school)
        answer = await send(mine, "mis")
        assert (answer.status_code, answer.json()["code"]) == (403, "source_not_of_key")
        world.sql("update service_key set revoked_at = now() where id = %s", other)
        assert (await send(mine, "mis")).status_code == 202

    async def test_take_no_source_by_a_file_that_was_refused(
        self, world: World, school: School
    ) -> None:
        _, other = await a_key(world, school)
        assert (await other.bring(b"junk", source="mis"))["state"] == "refused"
        _, mine = await a_key(world, school)
        assert (await send(mine, "mis")).status_code == 202

    async def test_leave_people_free_to_see_and_undo_all(
        self, world: World, school: School
    ) -> None:
        _, theirs = await a_key(world, school)
        done = await theirs.bring(CONTENT, source="mis")
        person = Roster(school)
        assert (await person.get(done["id"]))["state"] == "applied"
        path = f"/v1/roster/imports/{done['id']}"
        etag = (await person.api.get(path)).headers["etag"]
        assert (
            await person.api.post(f"{path}/undo", headers={"If-Match": etag})
        ).status_code == 200


READS = ("/v1/roster/children", "/v1/roster/digests", "/v1/roster/changes")


async def read(key: Api, path: str, source: str) -> tuple[int, str | None]:
    answer = await key.get(path, params={"source": source})
    return answer.status_code, answer.json().get("code")


async def sources_of(key: Api) -> list[str]:
    return [one["source"] for one in (await key.get("/v1/roster/sources")).json()["items"]]


class TestSourcesOfAKey:
    async def test_that_reads_are_those_it_is_bound_to(self, world: World, school: School) -> None:
        person = Roster(school)
        await person.bring(CONTENT, source="mis")
        await person.bring(CONTENT, source="arbor")
        _, token = await world.a_service_key(
            school.id, Permission.ROSTER_READ, roster_sources=["mis"]
        )
        key = Api(world, token)

        for path in READS:
            assert await read(key, path, "mis") == (200, None)
            refused = {await read(key, path, source) for source in ("arbor", "nobody:sent")}
            assert refused == {(403, "source_not_of_key")}
            assert await read(person.api, path, "arbor") == (200, None)
        looked = await key.post("/v1/roster/children/search", {"source": "arbor", "source_id": "1"})
        assert (looked.status_code, looked.json()["code"]) == (403, "source_not_of_key")
        assert await sources_of(key) == ["mis"]
        assert sorted(await sources_of(person.api)) == ["arbor", "mis"]

    async def test_that_sends_are_what_it_sent(self, world: World, school: School) -> None:
        await Roster(school).bring(CONTENT, source="arbor")
        scopes = (Permission.ROSTER_IMPORT, Permission.ROSTER_READ)
        _, token = await world.a_service_key(school.id, *scopes)
        roster = Roster(school)
        roster.api = Api(world, token)
        assert await read(roster.api, READS[0], "mis") == (403, "source_not_of_key")
        for content, query in ((b"junk", {}), (CONTENT, {"plan_only": "true"})):
            await roster.bring(content, source="mis", **query)
            assert await read(roster.api, READS[0], "mis") == (403, "source_not_of_key")
        await roster.bring(CONTENT, source="mis")
        assert await read(roster.api, READS[0], "mis") == (200, None)
        assert await sources_of(roster.api) == ["mis"]

    async def test_are_the_only_ones_it_sends_to(self, world: World, school: School) -> None:
        _, token = await world.a_service_key(
            school.id, Permission.ROSTER_IMPORT, roster_sources=["mis"]
        )
        roster = Roster(school)
        roster.api = Api(world, token)
        answer = await send(roster, "arbor")
        assert (answer.status_code, answer.json()["code"]) == (403, "source_not_of_key")
        assert (await send(roster, "mis")).status_code == 202

    async def test_are_said_and_changed_by_an_administrator(self, school: School) -> None:
        admin = Roster(school).api
        body = {"name": "MIS", "scopes": ["roster:read"], "roster_sources": ["mis:oak"]}
        made = (await admin.post("/v1/service-keys", body)).json()
        assert made["roster_sources"] == ["mis:oak"]
        changed = await admin.patch(
            f"/v1/service-keys/{made['id']}", {"roster_sources": ["arbor", "mis"]}, version=1
        )
        assert changed.json()["roster_sources"] == ["arbor", "mis"]
        for wrong in (["Not a source"], ["mis", "mis"]):
            answer = await admin.post("/v1/service-keys", body | {"roster_sources": wrong})
            assert answer.status_code == 422


def as_shown(found: dict[str, Any]) -> dict[str, Any]:
    """An import but for what differs between any two."""
    names = ("state", "fault", "counts", "permissions", "total", "done")
    return {name: found[name] for name in names}


class TestLeaversOfAKey:
    """Two pupils, one of whom is on the support list: a key is told the same of both."""

    @pytest.fixture
    async def key(self, world: World, school: School) -> Roster:
        _, roster = await a_key(world, school)
        await roster.bring(package(*pupils(10)), source="mis")
        await a_plan(school, UUID(roster.child("p9")["id"]))
        return roster

    async def look(self, roster: Roster, number: str) -> None:
        """A lead looks at one leaver."""
        lead, child = roster.school.lead, roster.child(number)["id"]
        path = f"/v1/tasks?kind=leaver_check&child_id={child}"
        (task,) = (await lead.get(path)).json()["items"]
        done = await lead.post(f"/v1/tasks/{task['id']}/complete", {}, version=1)
        assert done.status_code == 200, done.text

    async def outcome(self, key: Roster, number: int, **query: str) -> list[Any]:
        """What a key is shown of a file in which one pupil is missing."""
        rows = [row for n, row in enumerate(pupils(10)) if n != number]
        found = await key.bring(package(*rows), source="mis", **query)
        told = [as_shown(found), await key.problems(found["id"])]
        return [*told, await approve(key.api, found["id"])]

    @pytest.mark.parametrize("query", [{}, {"plan_only": "true"}])
    async def test_wait_for_a_lead_alike(self, key: Roster, query: dict[str, str]) -> None:
        first, second = [await self.outcome(key, number, **query) for number in (9, 8)]
        assert first == second
        assert first[0]["state"] == "held"
        assert {key.child(f"p{n}")["roll_status"] for n in (8, 9)} == {"on_roll"}

    async def test_leave_with_the_next_file_once_a_lead_has_looked(self, key: Roster) -> None:
        rows = pupils(8)
        held = await key.bring(package(*rows), source="mis")
        seen = await Roster(key.school).get(held["id"])
        assert seen["fault"]["code"] == "leaver_to_look_at"
        await self.look(key, "p9")
        still = await key.bring(package(*rows), source="mis")
        assert (still["state"], still["fault"]["code"]) == ("held", "needs_person")
        await self.look(key, "p8")
        done = await key.bring(package(*rows), source="mis")
        assert (done["state"], done["counts"]["children"]["left"]) == ("applied", 2)

    async def test_of_a_person_are_held_where_somebody_cares(self, key: Roster) -> None:
        done = await Roster(key.school).bring(package(*pupils(8), *pupils(10)[9:]), source="mis")
        assert done["state"] == "applied"

    async def test_who_are_many_do_not_each_wait(self, world: World, school: School) -> None:
        """So many tasks at the end of a year would hide the few that matter."""
        _, key = await a_key(world, school)
        await key.bring(package(*pupils(20)), source="mis")
        await a_plan(school, UUID(key.child("p19")["id"]))
        held = await key.bring(package(*pupils(12)), source="mis")
        seen = await Roster(school).get(held["id"])
        assert seen["fault"]["code"] == "leaver_to_look_at"
        assert [one["code"] for one in held["counts"]["held"]] == ["too_many_leavers"]
        waiting = key.one(
            "select count(*) from task where school_id = %s and kind = %s", "leaver_check"
        )
        assert waiting == 1

    async def test_who_are_many_tell_nothing_of_one(self, world: World, school: School) -> None:
        """Six pupils of whom nobody knows anything, and the one in question."""
        scopes = (Permission.ROSTER_IMPORT, Permission.ROSTER_READ)
        _, token = await world.a_service_key(school.id, *scopes)
        key = Roster(school)
        key.api = Api(world, token)
        await key.bring(package(*pupils(20)), source="mis")
        await a_plan(school, UUID(key.child("p19")["id"]))
        told = []
        for probe in (18, 19):
            missing = {*range(6), probe}
            rows = [row for n, row in enumerate(pupils(20)) if n not in missing]
            found = await key.bring(package(*rows), source="mis")
            answers: list[Any] = [as_shown(found), await approve(key.api, found["id"])]
            (source,) = (await key.api.get("/v1/roster/sources")).json()["items"]
            answers.append([(one["code"], one["detail"]) for one in source["held"]][:1])
            told.append(answers)
        assert told[0] == told[1]
        assert told[0][0]["fault"]["code"] == told[0][2][0][0] == "needs_person"
        (source,) = (await Roster(school).api.get("/v1/roster/sources")).json()["items"]
        codes = [one["code"] for one in source["held"]]
        assert codes == ["leaver_to_look_at", "too_many_leavers"]
