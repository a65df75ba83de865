"""Reading the trail, and proofs that a stranger can check."""

from base64 import b64decode
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import AuditEvent, Role
from app.formats.trail_log.merkle import is_consistent, leaf_hash, root_of_inclusion
from app.formats.trail_log.notes import PublicKey, origin_of, read_signed
from app.integrations.seal_keys import SealKeyFolder
from app.jobs.sealing import Sealing
from tests.doubles import MemoryCheckpoints
from tests.security.scenes import Scene
from tests.world import School, World


async def seal(world: World) -> None:
    keys = SealKeyFolder(world.runtime.settings.keys_dir)
    done = await Sealing(world.runtime.database, keys, MemoryCheckpoints()).once()
    assert done.failed == []


async def listed(school: School, **asked: Any) -> list[dict[str, Any]]:
    answer = await school.lead.get("/v1/audit", params=asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


class TestOpenAudit:
    async def test_shows_the_newest_first(self, world: World, school: School) -> None:
        child = await school.child()
        opened = await school.lead.get(f"/v1/children/{child}")
        assert opened.status_code == 200
        first, second, *_ = await listed(school)
        assert (first["verb"], first["about"]["id"]) == ("child.opened", str(child))
        assert first["actor_id"] == str(school[Role.DSL].id)
        assert (first["actor_role"], first["child_id"]) == ("dsl", str(child))
        assert first["session_id"] == str(school[Role.DSL].session_id)
        assert first["index"] is None
        assert second["verb"] == "child.added"

    async def test_leaves_a_trace_of_itself(self, world: World, school: School) -> None:
        child = await school.child()
        await listed(school, child_id=str(child), verb="child.added")
        (mine,) = await listed(school, verb="audit.read")
        assert mine["details"] == {"asked": {"child_id": str(child), "verb": "child.added"}}
        assert mine["child_id"] == str(child), "so that the child's own access log has it"

    async def test_filters(self, world: World, school: School) -> None:
        child, other = await school.child(), await school.child("Blake")
        await school.lead.get(f"/v1/children/{child}")
        between = clock.now()
        await school.staff.get("/v1/me")
        await school.lead.get(f"/v1/children/{other}")

        async def verbs(**asked: Any) -> list[str]:
            return [one["verb"] for one in await listed(school, **asked)]

        assert await verbs(child_id=str(child), about_kind="child") == [
            "child.opened",
            "child.added",
        ]
        assert await verbs(about_id=str(other)) == ["child.opened", "child.added"]
        assert set(await verbs(verb="child.opened")) == {"child.opened"}
        assert await verbs(actor_id=str(school[Role.STAFF].id)) == []
        newer = await listed(school, verb="child.opened", since=between.isoformat())
        older = await listed(school, verb="child.opened", until=between.isoformat())
        assert [one["about"]["id"] for one in newer] == [str(other)]
        assert [one["about"]["id"] for one in older] == [str(child)]

    async def test_pages_through_each_entry_once(self, world: World, school: School) -> None:
        async with world.work(school.id) as work:
            for _ in range(7):
                work.record(AuditEvent.CHILD_OPENED, "child", uuid4())
        seen: list[str] = []
        asked: dict[str, Any] = {"limit": 3, "verb": "child.opened"}
        while True:
            answer = await school.lead.get("/v1/audit", params=asked)
            seen += [one["id"] for one in answer.json()["items"]]
            if (following := answer.json()["next"]) is None:
                break
            assert f"cursor={following}" in answer.headers["link"]
            asked["cursor"] = following
        assert len(seen) == len(set(seen)) == 7

    async def test_shows_another_school_nothing(self, school: School, other_school: School) -> None:
        child = await school.child()
        assert await listed(other_school, child_id=str(child)) == []

    async def test_is_for_the_lead_alone(self, school: School) -> None:
        for role in set(school.people) - {Role.DSL}:
            answer = await school.api(role).get("/v1/audit")
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing"), role

    @pytest.mark.parametrize(
        "asked", [{"verb": "Not a verb"}, {"about_kind": "a b"}, {"who": "me"}, {"actor_id": "x"}]
    )
    async def test_refuses_what_it_does_not_know(
        self, school: School, asked: dict[str, str]
    ) -> None:
        assert (await school.lead.get("/v1/audit", params=asked)).status_code == 422


class TestAReaderInConflict:
    async def lock_out(self, world: World, school: School, **about: UUID) -> None:
        lead = school[Role.DSL].id
        column, value = next(iter(about.items()))
        world.sql(
            f"insert into conflict (school_id, id, staff_id, {column}, kind, created_by, "  # noqa: S608
            "created_at) values (%s, %s, %s, %s, 'declared', %s, now())",
            school.id, new_id(), lead, value, lead,
        )  # fmt: skip

    async def raised(self, school: School, child: UUID) -> str:
        answer = await school.staff.post(
            "/v1/concerns",
            {
                "children": [{"child_id": str(child)}],
                "account": [{"kind": "observed", "text": "A bruise."}],
                "occurred_at": clock.now().isoformat(),
                "occurred_precision": "about",
                "source": "child_disclosure",
                "immediacy": "today",
                "categories": ["physical_abuse"],
            },
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def entries_about(
        self, world: World, school: School, child: UUID, concern: str
    ) -> list[str]:
        """Every entry that has to do with them, by whatever road."""
        ids = [
            str(child), concern,
            *(str(row[0]) for row in world.sql(
                "select id from alert where school_id = %s and concern_id = %s union "
                "select id from comment where school_id = %s and concern_id = %s",
                school.id, concern, school.id, concern,
            )),
        ]  # fmt: skip
        rows = world.sql(
            "select id from trail where school_id = %s and (child_id::text = any(%s) or "
            "noun_id::text = any(%s) or details::text ~ %s)",
            school.id, ids, ids, "|".join(ids),
        )  # fmt: skip
        return [str(row[0]) for row in rows]

    @pytest.mark.parametrize("column", ["child_id", "concern_id"])
    async def test_sees_nothing_about_it(self, world: World, school: School, column: str) -> None:
        child, other = await school.child(), await school.child("Blake")
        concern, open_one = await self.raised(school, child), await self.raised(school, other)
        for one in (concern, open_one):
            alert = world.sql(
                "select id from alert where school_id = %s and concern_id = %s limit 1",
                school.id, one,
            )[0][0]  # fmt: skip
            async with world.work(school.id) as work:
                work.record(AuditEvent.ALERT_SENT, "alert", alert)
                work.record(
                    AuditEvent.COMMENT_ADDED, "comment", uuid4(), details={"concern_id": str(one)}
                )
        about = await self.entries_about(world, school, child, concern)
        before = {one["id"] for one in await listed(school, limit=200)}
        assert len(about) == 6  # with the two alerts that were raised
        assert set(about) <= before
        await self.lock_out(
            world, school, **{column: child if column == "child_id" else UUID(concern)}
        )
        after = {one["id"] for one in await listed(school, limit=200)}
        shown = after & set(about)
        if column == "child_id":
            assert shown == set()
        else:
            kept = world.sql(
                "select distinct verb from trail where school_id = %s and id::text = any(%s)",
                school.id, list(shown),
            )  # fmt: skip
            assert {verb for (verb,) in kept} <= {"child.added"}
        elsewhere = await self.entries_about(world, school, other, open_one)
        assert set(elsewhere) <= after
        await seal(world)
        hidden = next(one for one in about if one not in after)
        answer = await school.lead.get(f"/v1/audit/entries/{hidden}/proof")
        assert (answer.status_code, answer.json()["code"]) == (404, "audit_entry_not_found")

    async def test_sees_no_share_referral_glass_or_link_of_it(
        self, world: World, school: School
    ) -> None:
        scene = Scene(world, school, school[Role.DSL])
        share, referral = await scene.share(), await scene.referral()
        files = {"share": share, "referral": referral}
        concerns = []
        for table, id_ in files.items():
            rows = world.sql(f"select items, child_id from {table} where id = %s", id_)  # noqa: S608
            concerns.append(UUID(rows[0][0][0]["id"]))
            path = f"/v1/children/{rows[0][1]}/access-log"
            seen = (await school.lead.get(path)).json()["items"]
            assert f"{table}.drafted" in {one["verb"] for one in seen}
        glass = await school.api(Role.HEADTEACHER).post(
            "/v1/access/break-glass",
            {"concern_id": str(concerns[0]), "reason": "Nobody else is here tonight.",
             "minutes": 5},
        )  # fmt: skip
        if glass.status_code == 201:
            files["access_grant"] = glass.json()["id"]
        for one in concerns:
            await self.lock_out(world, school, concern_id=one)
            rows = world.sql("select id from conflict where concern_id = %s", one)
            async with world.work(school.id) as work:
                work.record(
                    AuditEvent.CONFLICT_ENDED, "conflict", rows[0][0],
                    details={"staff_id": str(school[Role.DSL].id)},
                )  # fmt: skip
        for table, id_ in files.items():
            entries = await listed(school, about_id=id_)
            assert entries == [], table
        assert await listed(school, about_kind="conflict") == []
        for table in ("share", "referral"):
            rows = world.sql(f"select child_id from {table} where id = %s", files[table])  # noqa: S608
            seen = (await school.lead.get(f"/v1/children/{rows[0][0]}/access-log")).json()["items"]
            assert f"{table}.drafted" not in {one["verb"] for one in seen}


class TestOpenProof:
    async def test_can_be_checked_without_the_server(self, world: World, school: School) -> None:
        async with world.work(school.id) as work:
            for _ in range(300):
                work.record(AuditEvent.CHILD_OPENED, "child", uuid4())
        await seal(world)
        published = (await school.lead.get("/v1/audit/keys")).json()["items"]
        keys = {key.name: key for key in (PublicKey.read(one["line"]) for one in published)}
        for entry in (await listed(school, limit=200))[1::40]:
            answer = await school.lead.get(f"/v1/audit/entries/{entry['id']}/proof")
            assert answer.status_code == 200, answer.text
            proof = answer.json()
            leaf = leaf_hash(proof["entry"].encode())
            assert b64decode(proof["leaf_hash"]) == leaf
            assert f'"id":"{entry["id"]}"' in proof["entry"]
            told = read_signed(proof["checkpoint"]["note"], keys)
            assert told.origin == origin_of(school.id, "children")
            hashes = [b64decode(one) for one in proof["hashes"]]
            assert root_of_inclusion(leaf, proof["index"], told.size, hashes) == told.root
            assert proof["index"] == entry["index"]

    async def test_says_that_an_entry_still_waits(self, world: World, school: School) -> None:
        await seal(world)
        await school.child()
        (entry,) = await listed(school, verb="child.added")
        answer = await school.lead.get(f"/v1/audit/entries/{entry['id']}/proof")
        assert (answer.status_code, answer.json()["code"]) == (409, "audit_entry_not_sealed")

    async def test_leaves_a_trace(self, world: World, school: School) -> None:
        await seal(world)
        (entry,) = await listed(school, verb="school.created")
        await school.lead.get(f"/v1/audit/entries/{entry['id']}/proof")
        assert world.sql("select verb from trail where noun_id = %s", entry["id"]) == [
            ("audit.read",)
        ]

    async def test_gives_no_proof_of_what_was_changed(self, world: World, school: School) -> None:
        await seal(world)
        (entry,) = await listed(school, verb="school.created")
        world.sql("update trail set reason = 'x' where id = %s", entry["id"])
        answer = await school.lead.get(f"/v1/audit/entries/{entry['id']}/proof")
        assert (answer.status_code, answer.json()["code"]) == (503, "proof_unavailable")

    async def test_knows_no_entry_of_another_school(
        self, world: World, school: School, other_school: School
    ) -> None:
        await seal(world)
        (entry,) = await listed(school, verb="school.created")
        for id_ in (entry["id"], str(new_id())):
            answer = await other_school.lead.get(f"/v1/audit/entries/{id_}/proof")
            assert answer.status_code == 404


class TestCheckpoints:
    async def test_are_listed_and_signed(self, world: World, school: School) -> None:
        for _ in range(3):
            await school.child()
            await seal(world)
        page = (await school.lead.get("/v1/audit/checkpoints", params={"limit": 2})).json()
        rest = (
            await school.lead.get("/v1/audit/checkpoints", params={"cursor": page["next"]})
        ).json()
        assert [one["number"] for one in (*page["items"], *rest["items"])] == [3, 2, 1]
        latest = (await school.lead.get("/v1/audit/checkpoints/latest")).json()
        assert latest == page["items"][0]
        published = (await school.lead.get("/v1/audit/keys")).json()["items"]
        assert [one["retired"] for one in published][-1] is False
        keys = {key.name: key for key in (PublicKey.read(one["line"]) for one in published)}
        for one in (*page["items"], *rest["items"]):
            told = read_signed(one["note"], keys)
            assert (told.size, b64decode(one["root"])) == (one["size"], told.root)
            assert one["key"] in keys

    async def test_are_missing_until_something_is_sealed(self, school: School) -> None:
        answer = await school.lead.get("/v1/audit/checkpoints/latest")
        assert (answer.status_code, answer.json()["code"]) == (404, "checkpoint_not_found")
        assert (await school.lead.get("/v1/audit/checkpoints")).json()["items"] == []


class TestProveConsistency:
    async def test_holds_between_any_two_checkpoints(self, world: World, school: School) -> None:
        for number in (1, 260, 3):
            async with world.work(school.id) as work:
                for _ in range(number):
                    work.record(AuditEvent.CHILD_OPENED, "child", uuid4())
            await seal(world)
        found = (await school.lead.get("/v1/audit/checkpoints")).json()["items"]
        roots = {one["size"]: b64decode(one["root"]) for one in found}
        sizes = sorted(roots)
        for first in sizes:
            for second in (size for size in sizes if size >= first):
                answer = await school.lead.get(
                    "/v1/audit/consistency", params={"from_size": first, "to_size": second}
                )
                hashes = [b64decode(one) for one in answer.json()["hashes"]]
                assert is_consistent(first, roots[first], second, roots[second], hashes)
        whole = (await school.lead.get("/v1/audit/consistency")).json()
        assert (whole["from_size"], whole["to_size"]) == (1, sizes[-1])
        assert b64decode(whole["to_root"]) == roots[sizes[-1]]

    @pytest.mark.parametrize("asked", [{"to_size": 10**9}, {"from_size": 2, "to_size": 1}])
    async def test_refuses_sizes_that_never_were(
        self, world: World, school: School, asked: dict[str, int]
    ) -> None:
        await seal(world)
        answer = await school.lead.get("/v1/audit/consistency", params=asked)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["code"] == "no_such_size"
