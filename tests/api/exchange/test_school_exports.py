"""A whole school is exported over the API: ordered, stood for by two, written, and fetched."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.words import Permission, Role
from app.db.repositories.exchange import school_exports as stored
from app.formats.backups import SCHOOL, BackupReader
from app.formats.school_files import EncryptedSource, prove
from app.integrations.storage import LocalStorage, StorageUnavailable
from app.jobs import school_exports
from app.jobs.runner import TryLater
from app.jobs.school_exports import expire_exports, remove_export
from tests.api.records import a_concern
from tests.exports import (
    KEY,
    REASON,
    THUMBPRINT,
    a_key,
    approve,
    at,
    change,
    order,
    ordered,
    run_of,
    write,
)
from tests.signing_in import age, prove_by_password_only
from tests.transfers import adapters_of
from tests.world import Api, School, World


@pytest.fixture
async def ready(world: World, school: School) -> dict[str, Any]:
    """An export that the head ordered and the lead stands for, written."""
    found = await ordered(school.api(Role.HEADTEACHER))
    assert (await approve(school.lead, found["id"])).status_code == 200
    await write(world, school, found["id"])
    written: dict[str, Any] = (await at(school.lead, found["id"])).json()
    assert written["state"] == "ready"
    return written


def verbs(world: World, school: School) -> list[str]:
    rows = world.sql(
        "select verb from trail where school_id = %s and verb like 'school%%export%%'"
        " order by seq", school.id,
    )  # fmt: skip
    return [verb for (verb,) in rows]


def told(world: World, school: School, kind: str) -> set[Any]:
    rows = world.sql(
        "select recipient_id from alert where school_id = %s and kind = %s", school.id, kind
    )
    return {one for (one,) in rows}


class TestOrder:
    async def test_writes_nothing_before_two_people_stand_for_it(
        self, world: World, school: School
    ) -> None:
        """An administrator who reads no record is neither of them."""
        found = await ordered(school.api(Role.SCHOOL_ADMIN))
        assert (found["state"], found["approvals"]) == ("asked", [])
        await write(world, school, found["id"])
        assert (await at(school.lead, found["id"])).json()["state"] == "asked"
        first = await approve(school.api(Role.HEADTEACHER), found["id"])
        assert (first.status_code, first.json()["state"]) == (200, "asked")
        second = await approve(school.lead, found["id"])
        assert (second.status_code, second.json()["state"]) == (200, "approved")
        assert verbs(world, school) == [
            "school_export.ordered", "school_export.approved", "school_export.approved",
        ]  # fmt: skip

    async def test_counts_the_head_who_ordered_it_as_one(self, school: School) -> None:
        found = await ordered(school.api(Role.HEADTEACHER))
        assert [one["reads_sealed"] for one in found["approvals"]] == [False]
        again = await approve(school.api(Role.HEADTEACHER), found["id"])
        assert (again.status_code, again.json()["code"]) == (403, "second_person_needed")
        assert (await approve(school.lead, found["id"])).json()["state"] == "approved"

    async def test_needs_somebody_who_reads_every_class(self, school: School) -> None:
        other = await school.person(Role.HEADTEACHER, "Another Head")
        found = await ordered(school.api(Role.HEADTEACHER))
        refused = await approve(Api(school.world, other.token), found["id"])
        assert (refused.status_code, refused.json()["code"]) == (403, "sealed_not_read")

    @pytest.mark.parametrize(
        "ended",
        [
            "update staff set suspended_at = now() where id = %s",
            "update membership set valid_to = current_date where staff_id = %s",
            "update membership set role = 'deputy_dsl' where staff_id = %s",
        ],
    )
    async def test_drops_an_approval_whose_giver_has_lost_the_role(
        self, world: World, school: School, ended: str
    ) -> None:
        found = await ordered(school.api(Role.HEADTEACHER))
        head = school[Role.HEADTEACHER].id
        world.sql(ended, head)
        answer = await approve(school.lead, found["id"])
        assert (answer.status_code, answer.json()["state"]) == (200, "asked")
        assert [one["by"] for one in answer.json()["approvals"]] == [str(school[Role.DSL].id)]
        assert "school_export.approval_dropped" in verbs(world, school)
        other = await school.person(Role.HEADTEACHER, "Another Head")
        second = await approve(Api(school.world, other.token), found["id"])
        assert second.json()["state"] == "approved"

    async def test_is_not_written_for_somebody_who_has_lost_the_role_since(
        self, world: World, school: School
    ) -> None:
        found = await ordered(school.api(Role.HEADTEACHER))
        assert (await approve(school.lead, found["id"])).json()["state"] == "approved"
        world.sql(
            "update staff set suspended_at = now() where id = %s", school[Role.HEADTEACHER].id
        )
        await write(world, school, found["id"])
        stands = (await at(school.lead, found["id"])).json()
        assert (stands["state"], len(stands["approvals"])) == ("asked", 1)
        assert verbs(world, school)[-1] == "school_export.approval_dropped"
        assert not await world.runtime.storage.exists(f"exports/{school.id}/{found['id']}")

    async def test_is_for_the_key_that_the_approver_names(self, school: School) -> None:
        found = await ordered(school.api(Role.HEADTEACHER))
        refused = await approve(school.lead, found["id"], "x" * 43)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["code"] == "other_key"

    async def test_tells_leads_and_heads_and_who_ordered_it(
        self, world: World, school: School
    ) -> None:
        admin, lead = school[Role.SCHOOL_ADMIN].id, school[Role.DSL].id
        found = await ordered(school.api(Role.SCHOOL_ADMIN))
        assert lead in told(world, school, "school_export_ordered")
        await approve(school.lead, found["id"])
        assert {admin, school[Role.HEADTEACHER].id} <= told(world, school, "school_export_changed")

    async def test_is_a_task_of_who_may_decide_until_somebody_has(
        self, world: World, school: School
    ) -> None:
        head, lead = school[Role.HEADTEACHER].id, school[Role.DSL].id

        def tasks() -> list[Any]:
            return world.sql(
                "select owner_id, state from task where school_id = %s and kind = 'school_export'"
                " order by set_at, ended_at nulls last",
                school.id,
            )

        one = await ordered(school.api(Role.SCHOOL_ADMIN))
        assert tasks() == [(lead, "open")], "they read every class"
        listed = (await school.lead.get("/v1/tasks?mine=true")).json()["items"]
        assert "school_export" in {found["kind"] for found in listed}
        await approve(school.lead, one["id"])
        assert [state for _, state in tasks()] == ["done", "open"]
        assert tasks()[1][0] != lead, "nobody stands for it twice"
        await approve(school.api(Role.HEADTEACHER), one["id"])
        assert {state for _, state in tasks()} == {"done"}
        await change(school.lead, one["id"], "cancel", {"reason": "Enough."})
        other = await ordered(school.api(Role.HEADTEACHER))
        assert tasks()[-1] == (lead, "open")
        await change(school.lead, other["id"], "refuse", {"reason": "Not now."})
        assert {state for _, state in tasks()} == {"done"}
        assert head not in {owner for owner, _ in tasks()[-1:]}

    async def test_is_refused_for_a_key_that_is_none_and_while_another_is_under_way(
        self, school: School
    ) -> None:
        bad = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}
        answer = await school.lead.post("/v1/exports", {"reason": REASON, "public_key": bad})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "key_refused")
        await ordered(school.lead)
        twice = await order(school.api(Role.HEADTEACHER))
        assert (twice.status_code, twice.json()["code"]) == (409, "school_export_under_way")

    async def test_can_be_refused_and_cancelled(self, world: World, school: School) -> None:
        body = {"reason": "Nobody asked us."}
        found = await ordered(school.api(Role.SCHOOL_ADMIN))
        refused = await change(school.lead, found["id"], "refuse", body)
        assert (refused.json()["state"], refused.json()["end_reason"]) == (
            "refused", "Nobody asked us.",
        )  # fmt: skip
        assert (await approve(school.lead, found["id"])).json()["code"] == "state_conflict"
        second = await ordered(school.lead)
        stopped = await change(school.api(Role.SCHOOL_ADMIN), second["id"], "cancel", body)
        assert stopped.json()["state"] == "cancelled"
        await write(world, school, second["id"])
        assert (await at(school.lead, second["id"])).json()["state"] == "cancelled"

    async def test_expires_where_nobody_approves_it(self, world: World, school: School) -> None:
        found = await ordered(school.api(Role.HEADTEACHER))
        world.sql(
            "update school_export set expires_at = now() - interval '1 second' where id = %s",
            found["id"],
        )
        late = await approve(school.lead, found["id"])
        assert (late.status_code, late.json()["code"]) == (409, "state_conflict")
        assert (await order(school.lead)).status_code == 202

    @pytest.mark.parametrize("step", ["refuse", "cancel"])
    async def test_that_has_expired_is_neither_refused_nor_cancelled(
        self, world: World, school: School, step: str
    ) -> None:
        found = await ordered(school.api(Role.HEADTEACHER))
        world.sql(
            "update school_export set expires_at = now() - interval '1 second' where id = %s",
            found["id"],
        )
        late = await change(school.lead, found["id"], step, {"reason": "Not now."})
        assert (late.status_code, late.json()["code"]) == (409, "state_conflict")
        assert (await at(school.lead, found["id"])).json()["state"] == "expired"


class TestAttacks:
    async def test_a_teacher_and_a_deputy_order_nothing(self, school: School) -> None:
        for role in (Role.STAFF, Role.PASTORAL, Role.DEPUTY_DSL, Role.GOVERNOR):
            answer = await order(school.api(role))
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")

    async def test_an_administrator_approves_nothing(self, school: School) -> None:
        found = await ordered(school.api(Role.HEADTEACHER))
        answer = await approve(school.api(Role.SCHOOL_ADMIN), found["id"])
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")

    async def test_another_school_finds_nothing(self, world: World, ready: dict[str, Any]) -> None:
        other = await world.a_school()
        for path in ("", "/file"):
            answer = await other.lead.get(f"/v1/exports/{ready['id']}{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "school_export_not_found")
        for step, body in (("approve", {"thumbprint": THUMBPRINT}), ("cancel", {"reason": "x"})):
            answer = await other.lead.post(f"/v1/exports/{ready['id']}/{step}", body, version=5)
            assert answer.status_code == 404
        assert (await other.lead.get("/v1/exports")).json()["items"] == []

    async def test_a_key_of_another_scope_is_refused(
        self, world: World, school: School, ready: dict[str, Any]
    ) -> None:
        key = await a_key(world, school, Permission.ROSTER_IMPORT, Permission.HISTORY_PREPARE)
        for answer in (
            await order(key),
            await key.get(f"/v1/exports/{ready['id']}"),
            await key.get(f"/v1/exports/{ready['id']}/file"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")

    async def test_a_key_fetches_what_it_ordered_alone(
        self, world: World, school: School, ready: dict[str, Any]
    ) -> None:
        key = await a_key(world, school, Permission.SCHOOL_EXPORT)
        for path in ("", "/file"):
            answer = await key.get(f"/v1/exports/{ready['id']}{path}")
            assert answer.status_code == 404
        assert (await key.get("/v1/exports")).json()["items"] == []

    async def test_a_key_is_told_nobody_by_name(self, world: World, school: School) -> None:
        key = await a_key(world, school, Permission.SCHOOL_EXPORT)
        found = await ordered(key)
        await change(school.lead, found["id"], "refuse", {"reason": "Not now."})
        seen = (await key.get(f"/v1/exports/{found['id']}")).json()
        assert seen["ended_by"] == {"id": str(school[Role.DSL].id), "name": ""}
        assert seen["ordered_by"]["name"] == ""

    async def test_what_a_key_ordered_needs_two_people_who_did_not_make_the_key(
        self, world: World, school: School
    ) -> None:
        key_id, _ = await world.a_service_key(school.id, Permission.SCHOOL_EXPORT)
        key = await a_key(world, school, Permission.SCHOOL_EXPORT)
        found = await ordered(key)
        assert (found["by_key"], found["approvals"]) == (True, [])
        refused = await approve_by_key(key, found["id"])
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")
        maker = school[Role.HEADTEACHER].id
        world.sql(
            "update service_key set created_by = %s where id = %s", maker, found["ordered_by"]["id"]
        )
        own = await approve(school.api(Role.HEADTEACHER), found["id"])
        assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
        assert (await approve(school.lead, found["id"])).json()["state"] == "asked"
        other = await school.person(Role.HEADTEACHER, "Another Head")
        assert (await approve(Api(school.world, other.token), found["id"])).json()[
            "state"
        ] == "approved"
        assert str(key_id) != found["ordered_by"]["id"]

    async def test_a_proof_that_is_old_or_weak_is_not_enough(
        self, world: World, school: School, ready: dict[str, Any]
    ) -> None:
        head = school[Role.HEADTEACHER]
        age(world, head, minutes=11)
        for answer in (
            await order(school.api(Role.HEADTEACHER)),
            await school.api(Role.HEADTEACHER).get(f"/v1/exports/{ready['id']}/file"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (401, "step_up_needed")
        prove_by_password_only(world, head)
        answer = await order(school.api(Role.HEADTEACHER))
        assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed")

    async def test_the_address_of_the_file_opens_nothing_by_itself(
        self, world: World, ready: dict[str, Any]
    ) -> None:
        answer = await world.anybody.get(ready["file"])
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")


async def approve_by_key(key: Any, export_id: str) -> Any:
    return await key.post(f"/v1/exports/{export_id}/approve", {"thumbprint": THUMBPRINT}, version=1)


class TestFile:
    async def test_is_what_import_school_reads_and_only_the_key_opens(
        self, school: School, ready: dict[str, Any], tmp_path: Path
    ) -> None:
        got = await school.lead.get(ready["file"])
        assert (got.status_code, len(got.content)) == (200, ready["size"])
        assert school.name.encode() not in got.content
        path = tmp_path / "school.cairn"
        path.write_bytes(got.content)
        with path.open("rb") as stream:
            content = BackupReader(stream, SCHOOL).content_key({THUMBPRINT: KEY})
        manifest = prove(EncryptedSource(path, content))
        assert manifest["school"]["id"] == str(school.id)
        assert not [name for name in manifest["files"] if name.startswith(("adults/", "exports/"))]

    async def test_has_the_searches_that_go_on(self, world: World, school: School) -> None:
        """What a school takes with it says who was looked at until it was written."""
        child = await school.child("Zoe", "Quill")
        await school.staff.post("/v1/children/search", {"q": "zoe"})
        found = await ordered(school.api(Role.HEADTEACHER))
        assert (await approve(school.lead, found["id"])).status_code == 200
        await write(world, school, found["id"])
        rows = world.sql(
            "select t.details -> 'children' from trail t join trail_leaf l on l.entry_id = t.id"
            " where t.school_id = %s and t.verb = 'child.searched'", school.id,
        )  # fmt: skip
        assert rows == [([str(child)],)]

    async def test_goes_on_where_a_download_was_cut(
        self, world: World, school: School, ready: dict[str, Any]
    ) -> None:
        whole = await school.lead.get(ready["file"])
        rest = await school.lead.get(ready["file"], headers={"Range": "bytes=1000-"})
        assert (rest.status_code, rest.content) == (206, whole.content[1000:])
        size = ready["size"]
        assert rest.headers["content-range"] == f"bytes 1000-{size - 1}/{size}"
        assert rest.headers["etag"] == whole.headers["etag"] == f'"{ready["sha256"]}"'
        for ignored in ("bytes=0-", f"bytes={size}-", "bytes=-5", "rows=1-"):
            got = await school.lead.get(ready["file"], headers={"Range": ignored})
            assert (got.status_code, len(got.content)) == (200, size)

    async def test_leaves_a_trace_of_every_download(
        self, world: World, school: School, ready: dict[str, Any]
    ) -> None:
        for first in (0, 10):
            await school.api(Role.SCHOOL_ADMIN).get(
                ready["file"], headers={"Range": f"bytes={first}-"}
            )
        rows = world.sql(
            "select actor_id, details->>'from_byte' from trail where school_id = %s"
            " and verb = 'school_export.downloaded' order by seq", school.id,
        )  # fmt: skip
        admin = school[Role.SCHOOL_ADMIN].id
        assert rows == [(admin, "0"), (admin, "10")]
        assert school[Role.DSL].id in told(world, school, "school_export_changed")

    async def test_is_deleted_when_its_time_is_over_or_it_is_cancelled(
        self, world: World, school: School, ready: dict[str, Any]
    ) -> None:
        key = f"exports/{school.id}/{ready['id']}"
        storage = world.runtime.storage
        assert await storage.exists(key)
        world.sql(
            "update school_export set expires_at = now() - interval '1 second' where id = %s",
            ready["id"],
        )
        gone = await school.lead.get(f"/v1/exports/{ready['id']}/file")
        assert (gone.status_code, gone.json()["code"]) == (409, "school_export_not_ready")
        assert (await at(school.lead, ready["id"])).json()["state"] == "expired"
        await expire_exports(run_of(world, school, ready["id"]))
        assert not await storage.exists(key)
        assert verbs(world, school)[-1] == "school_export.expired"

    async def test_is_kept_where_it_has_become_ready_since_it_was_found(
        self, world: World, school: School, ready: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def found_before(_: Any, school_id: Any, now: Any) -> list[Any]:
            return [ready["id"]] if school_id == school.id else []

        monkeypatch.setattr(stored, "over", found_before)
        await expire_exports(run_of(world, school, ready["id"]))
        assert await world.runtime.storage.exists(f"exports/{school.id}/{ready['id']}")
        assert (await at(school.lead, ready["id"])).json()["state"] == "ready"

    async def test_is_deleted_when_it_is_cancelled(
        self, world: World, school: School, ready: dict[str, Any]
    ) -> None:
        stopped = await change(school.lead, ready["id"], "cancel", {"reason": "The wrong key."})
        assert (stopped.json()["state"], stopped.json()["file"]) == ("cancelled", None)
        gone = await school.lead.get(f"/v1/exports/{ready['id']}/file")
        assert (gone.status_code, gone.json()["code"]) == (409, "school_export_not_ready")
        queued = world.sql(
            "select 1 from procrastinate_jobs where task_name = 'school_export.remove'"
            " and args->>'export_id' = %s", ready["id"],
        )  # fmt: skip
        assert queued == [(1,)]
        await remove_export(run_of(world, school, ready["id"]))
        assert not await world.runtime.storage.exists(f"exports/{school.id}/{ready['id']}")


class Full(LocalStorage):
    """A store that takes some pieces and then has no room."""

    async def put(self, key: str, chunks: Any, *, limit: int) -> Any:
        async for _ in chunks:
            raise StorageUnavailable


class TestJob:
    async def test_says_how_far_it_is(self, ready: dict[str, Any]) -> None:
        assert ready["done"] == ready["total"] > 50

    async def test_is_written_again_where_it_was_cut(
        self, world: World, school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = await ordered(school.api(Role.HEADTEACHER))
        await approve(school.lead, found["id"])
        full = replace(adapters_of(world), storage=Full(tmp_path / "full"))
        monkeypatch.setattr(school_exports, "_is_last", lambda: False)
        with pytest.raises(TryLater):
            await write(world, school, found["id"], full)
        assert (await at(school.lead, found["id"])).json()["state"] == "running"
        await write(world, school, found["id"])
        await write(world, school, found["id"])
        assert (await at(school.lead, found["id"])).json()["state"] == "ready"

    async def test_fails_with_its_last_attempt_and_says_why(
        self, world: World, school: School, tmp_path: Path
    ) -> None:
        found = await ordered(school.api(Role.HEADTEACHER))
        await approve(school.lead, found["id"])
        full = replace(adapters_of(world), storage=Full(tmp_path / "full"))
        await write(world, school, found["id"], full)
        failed = (await at(school.lead, found["id"])).json()
        assert (failed["state"], failed["fault"]["code"]) == ("failed", "no_room")
        assert "order it again" in failed["fault"]["detail"].lower()

    async def test_holds_no_event_back_while_it_is_written(
        self, world: World, school: School, tmp_path: Path
    ) -> None:
        seen: list[list[str]] = []

        class Watched(LocalStorage):
            async def put(self, key: str, chunks: Any, *, limit: int) -> Any:
                async for _ in chunks:
                    if not seen:
                        since = (await school.lead.get("/v1/changes")).json()["next"]
                        child = await school.child("Rhys", "Morgan")
                        await a_concern(school, child, text="Cried.")
                        page = await school.lead.get(f"/v1/changes?since={since}")
                        seen.append([one["kind"] for one in page.json()["items"]])
                raise StorageUnavailable

        found = await ordered(school.api(Role.HEADTEACHER))
        await approve(school.lead, found["id"])
        watched = replace(adapters_of(world), storage=Watched(tmp_path / "watched"))
        await write(world, school, found["id"], watched)
        assert "concern.raised" in seen[0]
