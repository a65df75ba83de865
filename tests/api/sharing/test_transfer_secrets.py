"""What a transfer never lets through: to whom of the own school, and from whom of another."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from app.formats.packets import (
    PacketWriter,
    Receipt,
    key_dict,
    new_key,
    public_key,
    thumbprint,
    write_receipt,
)
from app.integrations.storage import Storage
from app.jobs.queue import build_queue
from app.jobs.runner import Run, TryLater
from app.jobs.transfers import pack
from tests.api.records import a_concern, classify
from tests.transfers import (
    a_packet,
    a_record,
    adapters_of,
    approved,
    arrived,
    elsewhere,
    new_keys,
    opened,
    prepared,
    step,
    step_of,
    upload,
    upn_of,
    work_off,
)
from tests.world import Api, School, World


def version_of(answer: httpx.Response) -> str:
    """The version an answer carries."""
    return answer.headers["etag"].strip('"')


async def naming(school: School, concern: str, role: Role, by: Api) -> None:
    """Name somebody in a concern: they see it no more."""
    version = version_of(await by.get(f"/v1/concerns/{concern}"))
    named = await by.post(
        f"/v1/concerns/{concern}/named-staff",
        {"staff_id": str(school[role].id), "reason": "It is about them."}, version=version,
    )  # fmt: skip
    assert named.status_code in (200, 201), named.text


async def refused_steps(api: Api, transfer_id: str) -> dict[str, str]:
    """What somebody is answered who tries everything that opens a packet or lets it go."""
    path = f"/v1/transfers/{transfer_id}"
    version = version_of(await api.get(path))
    sent = {"route": "in_person", "at": "2026-11-25T10:00:00Z", "to": "Sam Hill"}
    answers = {
        "packet": await api.get(f"{path}/packet"),
        "passphrase": await api.post(f"{path}/passphrase", version=version),
        "send": await api.post(f"{path}/send", sent, version=version),
    }
    return {name: answer.json()["code"] for name, answer in answers.items()}


async def figures(api: Api, transfer_id: str) -> tuple[int | None, dict[str, int] | None]:
    """How much a packet holds, as somebody is told."""
    packet = (await opened(api, transfer_id))["packet"]
    return packet["size"], packet["counts"]


def told(world: World, transfer_id: str, school: School, role: Role) -> int:
    """How many alerts about a transfer somebody has."""
    [(found,)] = world.sql(
        "select count(*) from alert where thing_id = %s and recipient_id = %s",
        transfer_id, school[role].id,
    )  # fmt: skip
    return int(found)


class TestWhoeverIsNamedInAConcern:
    async def test_neither_approves_nor_opens_the_file_that_holds_it(
        self, world: World, school: School
    ) -> None:
        child, head = await school.child("Ada", "Marsh"), school.api(Role.HEADTEACHER)
        concern = await a_concern(school, child, text="The lead did it.")
        await naming(school, concern, Role.DSL, head)
        made = await school.lead.post("/v1/transfers", elsewhere(child))
        id_ = made.json()["id"]
        refused = await school.lead.post(
            f"/v1/transfers/{id_}/approve", {"reason": "Mine."}, version=version_of(made)
        )
        assert (refused.status_code, refused.json()["code"]) == (403, "items_hidden")
        contents = (await school.lead.get(f"/v1/transfers/{id_}/contents")).json()
        assert contents["whole"] is False
        assert concern not in str(contents)
        assert contents["classes"] == {}
        await approved(school, id_, by=head)
        await work_off(world, school)
        assert set((await refused_steps(school.lead, id_)).values()) == {"items_hidden"}
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(f"/v1/transfers/{id_}/packet")).status_code == 200

    async def test_is_no_reason_for_the_file_to_be_left_lying(
        self, world: World, school: School
    ) -> None:
        child, head = await school.child("Ada", "Marsh"), school.api(Role.HEADTEACHER)
        concern = await a_concern(school, child)
        transfer = await prepared(school, elsewhere(child))
        assert told(world, transfer["id"], school, Role.HEADTEACHER) == 0
        await naming(school, concern, Role.DSL, head)
        await school.lead.post(
            f"/v1/transfers/{transfer['id']}/approve", {"reason": "Mine."}, version=1
        )
        assert told(world, transfer["id"], school, Role.HEADTEACHER) == 1
        sibling = await school.child("Bo", "Marsh")
        await naming(school, await a_concern(school, sibling), Role.DSL, head)
        made = await prepared(school, elsewhere(sibling))
        assert told(world, made["id"], school, Role.HEADTEACHER) == 1


class TestASealedConcern:
    async def test_that_travels_is_not_opened_by_who_does_not_read_it(
        self, world: World, school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        sealed = await a_concern(school, child, text="Sealed words.")
        await classify(world, sealed, "K5")
        items = [{"kind": "concern", "id": sealed, "reason": "The new lead has to know."}]
        transfer = await prepared(school, elsewhere(child) | {"items": items})
        await approved(school, transfer["id"])
        await work_off(world, school)
        head, deputy = school.api(Role.HEADTEACHER), school.api(Role.DEPUTY_DSL)
        by_head = await refused_steps(head, transfer["id"])
        by_deputy = await refused_steps(deputy, transfer["id"])
        assert by_head["passphrase"] == "items_hidden"
        assert (by_deputy["packet"], by_deputy["send"]) == ("items_hidden", "items_hidden")
        contents = await deputy.get(f"/v1/transfers/{transfer['id']}/contents")
        assert (contents.json()["whole"], sealed in contents.text) == (False, False)
        assert await figures(deputy, transfer["id"]) == (None, None), "what is hidden is counted"
        assert all(await figures(school.lead, transfer["id"]))
        assert (await school.lead.get(f"/v1/transfers/{transfer['id']}/packet")).status_code == 200

    async def test_is_not_read_in_a_packet_that_was_made_before(
        self, world: World, school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        concern = await a_concern(school, child, text="Words that are sealed later.")
        transfer = await prepared(school, elsewhere(child))
        await approved(school, transfer["id"])
        await work_off(world, school)
        packet, deputy = f"/v1/transfers/{transfer['id']}/packet", school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(packet)).status_code == 200
        await classify(world, concern, "K5")
        by_deputy = await refused_steps(deputy, transfer["id"])
        assert (by_deputy["packet"], by_deputy["send"]) == ("items_hidden", "items_hidden")
        assert (await school.lead.get(packet)).status_code == 200


async def move_to_register(school: School, concern: str, adult: Role) -> None:
    """The lead says that a concern is about an adult."""
    version = version_of(await school.lead.get(f"/v1/concerns/{concern}"))
    body = {"adult": {"staff_id": str(school[adult].id)}, "reason": "It is about them."}
    moved = await school.lead.post(f"/v1/concerns/{concern}/move", body, version=version)
    assert moved.status_code == 200, moved.text


class Slow:
    """A store in which something happens while it keeps a packet."""

    def __init__(self, store: Storage, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._store, self._meanwhile = store, meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def put(self, *values: Any, **more: Any) -> Any:
        """Keep it, once that has happened."""
        await self._meanwhile()
        return await self._store.put(*values, **more)


class TestAConcernThatMovesToTheAdultRegister:
    @pytest.mark.parametrize("reader", [Role.DSL, Role.DEPUTY_DSL])
    async def test_is_read_in_no_packet_from_then_on(
        self, world: World, school: School, reader: Role
    ) -> None:
        child = await school.child("Ada", "Marsh")
        concern = await a_concern(school, child, text="The deputy did it.")
        transfer = await prepared(school, elsewhere(child))
        await approved(school, transfer["id"])
        await work_off(world, school)
        await move_to_register(school, concern, Role.DEPUTY_DSL)
        refused = await refused_steps(school.api(reader), transfer["id"])
        assert refused.pop("passphrase") in ("items_hidden", "permission_missing")
        assert set(refused.values()) == {"items_hidden"}
        await step(school.lead, transfer["id"], "cancel", {"reason": "Another is made."})
        again = await prepared(school, elsewhere(child))
        await approved(school, again["id"])
        await work_off(world, school)
        assert (await school.lead.get(f"/v1/transfers/{again['id']}/packet")).status_code == 200

    async def test_is_left_out_while_the_packet_is_made(self, world: World, school: School) -> None:
        child = await school.child("Ada", "Marsh")
        concern = await a_concern(school, child, text="The deputy did it.")
        transfer = await prepared(school, elsewhere(child))
        await approved(school, transfer["id"])
        adapters = adapters_of(world)
        store: Any = Slow(adapters.storage, lambda: move_to_register(school, concern, Role.STAFF))
        args = {"school_id": str(school.id), "transfer_id": transfer["id"]}
        with pytest.raises(TryLater):
            await pack(Run(replace(adapters, storage=store), build_queue(adapters, ()), args))
        await work_off(world, school)
        packed = await opened(school.lead, transfer["id"])
        assert packed["packet"]["counts"]["records"] == 1, "the decision to let the file go"


class TestAKeyThatAPacketIsLockedTo:
    async def test_has_to_be_named_by_whoever_approves(self, school: School) -> None:
        child, own = await school.child("Ada", "Marsh"), new_key("enc")
        whole = key_dict(public_key(own))
        key = {name: whole[name] for name in ("kty", "crv", "x", "y")}
        body = elsewhere(child, route="key", receiver_key=key)
        made = await school.api(Role.DEPUTY_DSL).post("/v1/transfers", body)
        shown = await opened(school.lead, made.json()["id"])
        assert shown["receiver_thumbprint"] == thumbprint(own)
        said: dict[str, Any] = {"reason": "The child has left."}
        for more, code in (({}, "missing"), ({"receiver_thumbprint": "x" * 43}, "other_key")):
            answer = await school.lead.post(
                f"/v1/transfers/{shown['id']}/approve", said | more, version=1
            )
            assert answer.json()["errors"][0]["code"] == code, answer.text
        named = said | {"receiver_thumbprint": thumbprint(own)}
        done = await school.lead.post(f"/v1/transfers/{shown['id']}/approve", named, version=1)
        assert done.status_code == 200


async def related(school: School, role: Role, child: UUID) -> None:
    """Somebody is said to be family of a child."""
    body = {"staff_id": str(school[role].id), "child_id": str(child), "reason": "Her mother."}
    declared = await school.lead.post("/v1/conflicts", body)
    assert declared.status_code == 201, declared.text


class TestWhoeverIsRelatedToAChild:
    async def test_reaches_no_file_that_comes_under_the_same_name_and_birthday(
        self, world: World, school: School
    ) -> None:
        child, key = await school.child("Ada", "Marsh"), await new_keys(world, school)
        await related(school, Role.DEPUTY_DSL, child)
        [(born,)] = world.sql("select date_of_birth from child where id = %s", child)
        packet = a_packet(key, child={"date_of_birth": born.isoformat()})
        waiting = (await upload(school.lead, packet)).json()["id"]
        deputy, path = school.api(Role.DEPUTY_DSL), f"/v1/incoming-transfers/{waiting}"
        body = {"new_child": True, "signer_checked": "I did."}
        for answer in (
            await deputy.get(path),
            await deputy.post(f"{path}/accept", body, version=1),
            await deputy.post(f"{path}/reject", {"reason_code": "other"}, version=1),
        ):
            assert answer.json()["code"] == "incoming_transfer_not_found", answer.text
        assert (await deputy.get("/v1/incoming-transfers")).json()["items"] == []
        accepted = await step_of(school.lead, "incoming-transfers", waiting, "accept", body)
        await work_off(world, school)
        new = accepted["child_id"]
        assert new != str(child)
        files = await deputy.get(f"/v1/children/{new}/received-files")
        assert (files.status_code, files.json()["code"]) == (403, "conflict_of_interest")
        assert (await school.lead.get(f"/v1/children/{new}/received-files")).status_code == 200

    async def test_reaches_no_file_that_comes_under_a_former_upn(
        self, world: World, school: School
    ) -> None:
        child, key = await school.child("Ada", "Marsh"), await new_keys(world, school)
        await related(school, Role.DEPUTY_DSL, child)
        upn_of(world, school, child, "H801200001001")
        told = {"legal_given_name": "Eve", "legal_family_name": "Lund", "upn": "H801200001001"}
        world.sql(
            "update child_identifier set system = 'former_upn', valid_to = current_date"
            " where child_id = %s", child,
        )  # fmt: skip
        waiting = (await upload(school.lead, a_packet(key, child=told))).json()
        assert waiting["child_id"] is None
        path = f"/v1/incoming-transfers/{waiting['id']}"
        assert (await school.api(Role.DEPUTY_DSL).get(path)).status_code == 404

    async def test_is_not_given_the_file_under_another_child(
        self, world: World, school: School
    ) -> None:
        child, other = await school.child("Ada", "Marsh"), await school.child("Bo", "Lund")
        upn_of(world, school, child, "H801200001001")
        key = await new_keys(world, school)
        packet = a_packet(key, child={"upn": "H801200001001"})
        waiting = (await upload(school.lead, packet)).json()["id"]
        answer = await school.lead.post(
            f"/v1/incoming-transfers/{waiting}/accept",
            {"child_id": str(other), "signer_checked": "By telephone."}, version=1,
        )  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (422, "upn_mismatch")


def a_receipt(transfer: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What is said of a receipt on paper."""
    return {
        "manifest_sha256": transfer["packet"]["manifest_sha256"], "received_by": "Nobody",
        "received_at": clock.now().isoformat(),
    } | changes  # fmt: skip


async def say(api: Api, transfer_id: str, verb: str, body: dict[str, Any]) -> httpx.Response:
    """Try a step at the present version."""
    version = version_of(await api.get(f"/v1/transfers/{transfer_id}"))
    return await api.post(f"/v1/transfers/{transfer_id}/{verb}", body, version=version)


class TestAReceipt:
    async def test_is_never_said_for_a_school_of_this_server(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        transfer, _ = await arrived(world, school, other_school, child)
        body = a_receipt(await opened(school.lead, transfer))
        answer = await say(school.lead, transfer, "receipt", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")
        assert (await opened(school.lead, transfer))["state"] == "delivered"

    async def test_is_not_taken_before_the_packet_went_out_nor_from_who_may_not_approve(
        self, world: World, school: School
    ) -> None:
        deputy = school.api(Role.DEPUTY_DSL)
        transfer = await prepared(school, elsewhere(await school.child("Ada", "Marsh")))
        await approved(school, transfer["id"])
        await work_off(world, school)
        packed = await opened(school.lead, transfer["id"])
        early = await say(school.lead, transfer["id"], "receipt", a_receipt(packed))
        assert early.json()["code"] == "state_conflict"
        sent = {"route": "in_person", "at": clock.now().isoformat(), "to": "Sam Hill"}
        await step(deputy, transfer["id"], "send", sent)
        told = Receipt(
            UUID(packed["packet"]["id"]), packed["packet"]["manifest_sha256"], clock.now(), "Hill"
        )
        own = {"receipt": write_receipt(new_key("sig"), told)}
        for body in (a_receipt(packed), own):
            answer = await say(deputy, transfer["id"], "receipt", body)
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
        done = await step(school.lead, transfer["id"], "receipt", a_receipt(packed))
        assert done["state"] == "locked"
        back = {"reason_code": "not_our_child"}
        refused = await say(deputy, transfer["id"], "rejection", back)
        assert refused.json()["code"] == "permission_missing"
        returned = await step(school.lead, transfer["id"], "rejection", back)
        assert (returned["state"], returned["receipt"]) == ("rejected", None)
        lock = await school.lead.get(f"/v1/children/{transfer['child_id']}/file-lock")
        assert lock.json()["code"] == "file_not_locked"
        assert told_of(world, school, Role.HEADTEACHER, "transfer_rejected") == 1


def told_of(world: World, school: School, role: Role, kind: str) -> int:
    """How many alerts of a kind somebody has."""
    [(found,)] = world.sql(
        "select count(*) from alert where kind = %s and recipient_id = %s", kind, school[role].id
    )
    return int(found)


def a_packet_of(signer: Any, lock: Any, packet_id: UUID, **school: str) -> bytes:
    """A packet that says which school it is of."""
    writer = PacketWriter(signer, lock, packet_id=packet_id, made_at=clock.now())
    cover = {
        "format": "cairn-cover/1", "content": "cairn-file/1", "reference": "T-2026-000009",
        "made_at": "2026-11-20T10:00:00Z", "reason": "left_in_year", "addendum_to": None,
        "school": school,
        "child": {"legal_given_name": "Eve", "legal_family_name": "Lund", "upn": None},
    }  # fmt: skip
    made = writer.add("cover.json", "application/json", orjson.dumps(cover))
    made += writer.add("record.json", "application/json", orjson.dumps(a_record()))
    made += writer.add("attachments/note.txt", "text/plain", b"note.")
    return made + writer.finish()


class TestAPacket:
    async def test_of_a_known_key_is_not_known_as_another_schools(
        self, world: World, school: School
    ) -> None:
        key, signer = await new_keys(world, school), new_key("sig")
        first = (await upload(school.lead, a_packet(key, signer=signer))).json()["id"]
        body = {"new_child": True, "signer_checked": "By telephone."}
        await step_of(school.lead, "incoming-transfers", first, "accept", body)
        await work_off(world, school)
        hill, urn = "Hill Top Academy", "100001"
        for named, trust in (
            ({"name": hill, "urn": urn}, "known"),
            ({"name": "Oak Primary", "urn": "999999"}, "unknown"),
            ({"name": "Oak Primary", "urn": urn}, "unknown"),
            ({"name": hill, "urn": "999999"}, "unknown"),
        ):
            came = await upload(school.lead, a_packet_of(signer, key, new_id(), **named))
            assert came.json()["signer"]["trust"] == trust, named

    async def test_is_the_same_however_its_bytes_were_written(
        self, world: World, school: School
    ) -> None:
        key, signer, packet_id = await new_keys(world, school), new_key("sig"), new_id()
        named = {"name": "Hill Top Academy", "urn": "100001"}
        first = a_packet_of(signer, key, packet_id, **named)
        second = a_packet_of(signer, key, packet_id, **named)
        assert first != second
        assert (await upload(school.lead, first)).status_code == 201
        again = await upload(school.lead, second)
        assert (again.status_code, again.json()["code"]) == (409, "packet_known")
