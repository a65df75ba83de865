"""What a grant and broken glass are for: reading, and never a way to make it last."""

from typing import Any
from uuid import UUID

import pytest

from app.core.ids import new_id
from app.core.words import Role
from tests.api.access.test_grants import WHY, a_sealed_one, granted
from tests.api.records import classify
from tests.deadlines import keep_clocks
from tests.security.scenes import soon
from tests.world import Api, Person, School, World

ROLES = (Role.PASTORAL, Role.DEPUTY_DSL, Role.HEADTEACHER)


async def break_glass(api: Api, concern: str) -> None:
    body = {"concern_id": concern, "reason": WHY, "minutes": 5}
    assert (await api.post("/v1/access/break-glass", body)).status_code == 201


def changes(me: Person, other: Person) -> dict[str, dict[str, Any]]:
    """Every way to change a concern, by the last part of its address."""
    decision = {"question": "x", "decision": "x", "reason": "x"}
    return {
        "acknowledge": {},
        "triage": a_triage(me, "K2"),
        "assign": {"owner_id": str(me.id), "reason": "x"},
        "monitor": {"review_at": soon(days=7), "reason": "x"},
        "close": {"outcome": "no_further_action", "reason": "x"},
        "reopen": {"reason": "x"},
        "withdraw": {"reason": "x"},
        "actions": {"what": "x", "owner_id": str(me.id), "due_at": soon(days=7)},
        "decisions": decision,
        "amendments": {"text": "x", "reason": "x"},
        "named-staff": {"staff_id": str(other.id), "reason": "x"},
    }


def a_triage(owner: Person, confidentiality: str) -> dict[str, Any]:
    return {
        "level": 2, "primary_category": "bullying", "confidentiality": confidentiality,
        "owner_id": str(owner.id), "due_at": soon(days=7), "reason": "x",
    }  # fmt: skip


async def change(world: World, api: Api, concern: str, part: str, body: dict[str, Any]) -> Any:
    rows = world.sql("select version from concern where id = %s", concern)
    tag = {"If-Match": f'"{rows[0][0]}"'}
    return await api.post(f"/v1/concerns/{concern}/{part}", body, headers=tag)


class TestSightByGrantOrGlass:
    @pytest.mark.parametrize("way", ["glass", "grant"])
    @pytest.mark.parametrize("role", ROLES)
    async def test_changes_nothing_of_a_sealed_concern(
        self, world: World, school: School, role: Role, way: str
    ) -> None:
        concern, _ = await a_sealed_one(world, school)
        api, me = school.api(role), school[role]
        if way == "glass":
            await break_glass(api, concern)
        else:
            await granted(school, me, concern_id=concern, valid_to=soon(minutes=60))
        before = world.sql("select version, owner_id from concern where id = %s", concern)
        for part, body in changes(me, school[Role.STAFF]).items():
            answer = await change(world, api, concern, part, body)
            assert answer.json()["code"] == "permission_missing", f"{part} {answer.text}"
        assert world.sql("select version, owner_id from concern where id = %s", concern) == before
        said = await api.post(f"/v1/concerns/{concern}/comments", {"text": "Read by me."})
        assert said.status_code == 201, said.text
        told = (await api.get(f"/v1/concerns/{concern}")).json()["permissions"]
        assert told == ["add_comment", "record_emergency", "record_with_adult"], (
            "help is never refused"
        )

    @pytest.mark.parametrize("part", ["assign", "actions"])
    async def test_is_not_made_to_last_by_an_assignment(
        self, world: World, school: School, part: str
    ) -> None:
        concern, _ = await a_sealed_one(world, school, "K4")
        api, me = school.api(Role.PASTORAL), school[Role.PASTORAL]
        await break_glass(api, concern)
        command = changes(me, school[Role.STAFF])[part]
        assert (await change(world, api, concern, part, command)).status_code == 403
        world.sql("update access_grant set ended_at = now() where staff_id = %s", me.id)
        assert (await api.get(f"/v1/concerns/{concern}")).status_code == 404

    async def test_ends_nobody_elses_action(self, world: World, school: School) -> None:
        concern, _ = await a_sealed_one(world, school)
        command = {"what": "x", "owner_id": str(school[Role.STAFF].id), "due_at": soon(days=7)}
        action = (await school.lead.post(f"/v1/concerns/{concern}/actions", command)).json()
        api = school.api(Role.DEPUTY_DSL)
        await break_glass(api, concern)
        moved = {"owner_id": str(school[Role.DEPUTY_DSL].id)}
        tag = {"If-Match": '"1"'}
        address = f"/v1/actions/{action['id']}"
        assert (await api.get(address)).status_code == 200
        answer = await api.post(f"{address}/reassign", moved, headers=tag)
        assert answer.status_code == 403, answer.text

    @pytest.mark.parametrize("way", ["glass", "grant"])
    async def test_is_a_second_signature_only_where_a_lead_gave_it(
        self, world: World, school: School, way: str
    ) -> None:
        concern, _ = await a_sealed_one(world, school)
        command = a_triage(school[Role.DSL], "K5") | {"level": 4}
        await change(world, school.lead, concern, "triage", command)
        close = {"outcome": "no_further_action", "reason": "x"}
        proposed = await change(world, school.lead, concern, "close", close)
        assert proposed.json()["pending"], proposed.text
        head = school.api(Role.HEADTEACHER)
        if way == "glass":
            await break_glass(head, concern)
        else:
            await granted(school, school[Role.HEADTEACHER], concern_id=concern)
        signed = await change(world, head, concern, "countersign", {"agree": True, "reason": "x"})
        assert signed.status_code == (403 if way == "glass" else 200), signed.text


class TestTriage:
    async def test_takes_nothing_out_of_a_class_the_role_does_not_read(
        self, world: World, school: School
    ) -> None:
        concern, _ = await a_sealed_one(world, school, "K4")
        me = school[Role.PASTORAL]
        world.sql("update concern set owner_id = %s where id = %s", me.id, concern)
        api = school.api(Role.PASTORAL)
        assert (await api.get(f"/v1/concerns/{concern}")).status_code == 200
        answer = await change(world, api, concern, "triage", a_triage(me, "K2"))
        assert answer.status_code == 403, answer.text
        await classify(world, concern, "K3")
        answer = await change(world, api, concern, "triage", a_triage(me, "K2"))
        assert answer.status_code == 200, answer.text


class TestBreakingOften:
    async def test_waits_after_five(self, world: World, school: School) -> None:
        api = school.api(Role.DEPUTY_DSL)
        concerns = [(await a_sealed_one(world, school))[0] for _ in range(6)]
        for concern in concerns[:5]:
            await break_glass(api, concern)
        body = {"concern_id": concerns[5], "reason": WHY, "minutes": 5}
        answer = await api.post("/v1/access/break-glass", body)
        assert answer.json()["code"] == "too_many_requests", answer.text
        assert 0 < int(answer.headers["retry-after"]) <= 3600
        world.sql(
            "update access_grant set created_at = created_at - interval '1 hour', "
            "valid_from = valid_from - interval '1 hour', "
            "valid_to = valid_to - interval '1 hour' where staff_id = %s",
            school[Role.DEPUTY_DSL].id,
        )
        assert (await api.post("/v1/access/break-glass", body)).status_code == 201

    async def test_needs_a_second_factor(self, world: World, school: School) -> None:
        concern, _ = await a_sealed_one(world, school)
        me = school[Role.PASTORAL]
        world.sql("update auth_session set amr = '{pwd}' where account_id = %s", me.id)
        body = {"concern_id": concern, "reason": WHY, "minutes": 5}
        answer = await school.api(Role.PASTORAL).post("/v1/access/break-glass", body)
        assert answer.json()["code"] == "second_factor_needed", answer.text


class TestAssignments:
    async def test_open_nothing_to_a_role_that_reads_by_a_grant_only(
        self, world: World, school: School
    ) -> None:
        concern, _ = await a_sealed_one(world, school, "K4")
        other = await school.child()
        me = school[Role.STAFF]
        add_action(world, school, concern, me.id, "open")
        await granted(school, me, child_id=str(other), classes=["K2"])
        api = school.staff
        assert (await api.get(f"/v1/concerns/{concern}")).status_code == 404
        assert (await api.get("/v1/concerns")).json()["items"] == []
        assert (await api.get(f"/v1/concerns/{concern}/comments")).status_code == 404

    @pytest.mark.parametrize("state", ["done", "dropped"])
    async def test_end_with_the_action(self, world: World, school: School, state: str) -> None:
        concern, _ = await a_sealed_one(world, school, "K4")
        me, api = school[Role.PASTORAL], school.api(Role.PASTORAL)
        action = add_action(world, school, concern, me.id, "open")
        assert (await api.get(f"/v1/concerns/{concern}")).status_code == 200
        world.sql(
            "update action set state = %s, ended_at = now(), ended_by = %s, outcome = 'x', "
            "reason = 'x' where id = %s", state, me.id, action,
        )  # fmt: skip
        keep_clocks(world, school.id, "action")
        assert (await api.get(f"/v1/concerns/{concern}")).status_code == 404
        assert (await api.get("/v1/concerns")).json()["items"] == []


def add_action(world: World, school: School, concern: str, owner: UUID, state: str) -> UUID:
    action = new_id()
    world.sql(
        "insert into action (school_id, id, concern_id, what, owner_id, due_at, state, set_by, "
        "set_at, changed_at) values (%s, %s, %s, 'x', %s, now(), %s, %s, now(), now())",
        school.id, action, concern, owner, state, school[Role.DSL].id,
    )  # fmt: skip
    keep_clocks(world, school.id, "action")
    return action


class TestReplay:
    async def test_tells_nothing_to_who_has_been_named_since(
        self, world: World, school: School
    ) -> None:
        concern, _ = await a_sealed_one(world, school, "K3")
        second = await school.person(Role.DSL)
        api = world.as_token(second.token)
        path, command = f"/v1/concerns/{concern}/triage", a_triage(school[Role.DSL], "K3")
        headers = {"If-Match": '"1"', "Idempotency-Key": "once"}
        first = await api.post(path, command, headers=headers)
        assert first.status_code == 200, first.text
        again = await api.post(path, command, headers=headers)
        assert again.content == first.content
        named = {"staff_id": str(second.id), "reason": "x"}
        said = await school.lead.post(f"/v1/concerns/{concern}/named-staff", named)
        assert said.status_code == 201, said.text
        later = await api.post(path, command, headers=headers)
        assert later.json()["code"] == "concern_not_found", later.text
