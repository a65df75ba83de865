"""Files between schools that share no server: packets carried by hand, receipts, refusals."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.records import a_concern, a_status, verbs_about
from tests.api.referring import alerts_of, due_rule
from tests.api.sharing.test_transfer_packets import bytes_of, packed, passphrase_of
from tests.transfers import approved, opened, step, step_of, upload, work_off
from tests.world import School, World

Values = dict[str, Any]
KNOWN = {"new_child": True, "signer_checked": "Phoned the lead on the known number."}


async def route_to(world: World, there: School, route: str) -> Values:
    """What a transfer says of the other school, which publishes its keys."""
    if route == "passphrase":
        return {"route": route}
    jwks = await world.anybody.get(f"/v1/schools/{there.id}/transfer-keys")
    keys = {one["use"]: one for one in jwks.json()["keys"]}
    return {"route": route, "receiver_key": keys["enc"], "signing_key": keys["sig"]}


async def handed(school: School, transfer_id: str) -> Values:
    """It was carried there."""
    told = {"route": "in_person", "at": clock.now().isoformat(), "to": "Sam Hill, DSL"}
    return await step(school.lead, transfer_id, "send", told)


class TestRoundTrip:
    @pytest.mark.parametrize("route", ["passphrase", "key"])
    async def test_brings_the_file_there_and_the_receipt_back(
        self, world: World, school: School, other_school: School, route: str
    ) -> None:
        assert (await other_school.lead.post("/v1/transfer-keys")).status_code == 201
        child = await school.child("Ada", "Marsh")
        concern = await a_concern(school, child, text="A bruise on the left arm.")
        added = await school.staff.request(
            "POST", f"/v1/concerns/{concern}/attachments", content=b"A note of the day.",
            headers={"Content-Type": "text/plain"},
        )  # fmt: skip
        assert added.status_code == 201
        await a_status(world, school, child)
        transfer = await packed(world, school, child, **await route_to(world, other_school, route))
        await handed(school, transfer["id"])
        phrase = await passphrase_of(school, transfer["id"]) if route == "passphrase" else None
        packet = await bytes_of(school, transfer["id"])
        incoming = (await upload(other_school.lead, packet, phrase)).json()
        assert incoming["about"]["name"] == "Ada Marsh"
        assert incoming["signer"]["trust"] == "unknown"
        accepted = await step_of(
            other_school.lead, "incoming-transfers", incoming["id"], "accept", KNOWN
        )
        await work_off(world, other_school)
        there = accepted["child_id"]
        (file,) = (await other_school.lead.get(f"/v1/children/{there}/received-files")).json()[
            "items"
        ]
        assert {one["kind"] for one in file["records"]} == {
            "front_sheet", "concern", "status", "decision",
        }  # fmt: skip
        (told,) = [one for one in file["records"] if one["kind"] == "concern"]
        path = f"/v1/received-records/{told['id']}"
        whole = (await other_school.lead.get(path)).json()
        assert whole["content"]["account"][0]["text"] == "A bruise on the left arm."
        (kept,) = whole["attachments"]
        copy = await other_school.lead.get(f"{path}/attachments/{kept['id']}")
        assert copy.content == b"A note of the day."
        receipt = (await opened(other_school.lead, incoming["id"], "incoming-transfers"))["receipt"]
        done = await step(school.lead, transfer["id"], "receipt", {"receipt": receipt})
        assert done["state"] == "locked"
        assert done["receipt"]["manifest_sha256"] == transfer["packet"]["manifest_sha256"]
        assert done["receipt"]["signer_trust"] == ("known" if route == "key" else "unknown")
        refused = await school.lead.post(f"/v1/concerns/{concern}/comments", {"text": "More?"})
        assert (refused.status_code, refused.json()["code"]) == (409, "file_locked")

    async def test_of_another_files_receipt_is_none(
        self, world: World, school: School, other_school: School
    ) -> None:
        first, second = [
            await packed(world, school, await school.child(name, "Marsh")) for name in ("Ada", "Bo")
        ]
        packet = await bytes_of(school, first["id"])
        phrase = await passphrase_of(school, first["id"])
        incoming = (await upload(other_school.lead, packet, phrase)).json()["id"]
        await step_of(other_school.lead, "incoming-transfers", incoming, "accept", KNOWN)
        await work_off(world, other_school)
        receipt = (await opened(other_school.lead, incoming, "incoming-transfers"))["receipt"]
        await handed(school, second["id"])
        await handed(school, second["id"])
        read = await school.lead.get(f"/v1/transfers/{second['id']}")
        answer = await school.lead.post(
            f"/v1/transfers/{second['id']}/receipt", {"receipt": receipt},
            version=read.headers["etag"].strip('"'),
        )  # fmt: skip
        assert answer.json()["errors"][0]["code"] == "other_packet"
        assert (await opened(school.lead, second["id"]))["state"] == "sent"


class TestRecordTransferRejection:
    async def test_brings_the_file_back_with_a_clock_and_an_alert(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        concern = await a_concern(school, child)
        transfer = (await packed(world, school, child))["id"]
        sent = await handed(school, transfer)
        assert sent["due_rule"] == due_rule(world, transfer) == "cpfile.receipt"
        deputy = school.api(Role.DEPUTY_DSL)
        refused = {"reason_code": "not_our_child", "note": "Nobody of this name."}
        back = await step(deputy, transfer, "rejection", refused)
        assert (back["state"], back["ended_at"]) == ("rejected", None)
        assert back["due_rule"] == due_rule(world, transfer) != "cpfile.receipt"
        assert back["events"][-1]["kind"] == "rejected"
        assert back["events"][-1]["text"] == "Nobody of this name."
        assert "transfer_rejected" in alerts_of(world, school, Role.DSL)
        assert "transfer.rejected" in verbs_about(world, transfer)
        still = await school.lead.post(f"/v1/concerns/{concern}/comments", {"text": "Here."})
        assert still.status_code == 201
        again = await school.lead.post(
            f"/v1/transfers/{transfer}/rejection",
            refused,
            version=await self._version(school, transfer),
        )
        assert (again.status_code, again.json()["code"]) == (409, "state_conflict")
        await self._sends_elsewhere(world, school, other_school, transfer)

    @staticmethod
    async def _version(school: School, transfer: str) -> str:
        return (await school.lead.get(f"/v1/transfers/{transfer}")).headers["etag"].strip('"')

    async def _sends_elsewhere(
        self, world: World, school: School, there: School, transfer: str
    ) -> None:
        destination = {"kind": "school", "school_id": str(there.id)}
        taken_up = await school.lead.patch(
            f"/v1/transfers/{transfer}", {"destination": destination},
            version=await self._version(school, transfer),
        )  # fmt: skip
        assert (taken_up.status_code, taken_up.json()["state"]) == (200, "prepared")
        await approved(school, transfer)
        await work_off(world, school, there)
        assert (await opened(school.lead, transfer))["state"] == "delivered"

    async def test_is_refused_before_it_was_sent(self, world: World, school: School) -> None:
        transfer = (await packed(world, school, await school.child("Ada", "Marsh")))["id"]
        answer = await school.lead.post(
            f"/v1/transfers/{transfer}/rejection", {"reason_code": "other"},
            version=await self._version(school, transfer),
        )  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")


class TestRequestElsewhere:
    async def test_ends_when_the_file_was_uploaded_and_accepted(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await other_school.child("Ada", "Marsh")
        transfer = (await packed(world, other_school, child))["id"]
        here, friend = await school.child("Ada", "Marsh"), await school.child("Bo", "Lund")
        asked, other = [await self._asked(school, one) for one in (here, friend)]
        incoming = await upload(
            school.lead,
            await bytes_of(other_school, transfer),
            await passphrase_of(other_school, transfer),
        )
        waits = await opened(school.lead, asked, "file-requests")
        assert (waits["state"], waits["ended_at"]) == ("open", None)
        accept = {"child_id": str(here), "signer_checked": "By telephone."}
        await step_of(school.lead, "incoming-transfers", incoming.json()["id"], "accept", accept)
        await work_off(world, school)
        ended = await opened(school.lead, asked, "file-requests")
        assert ended["state"] == "answered"
        assert datetime.fromisoformat(ended["ended_at"]) <= clock.now()
        assert world.sql(
            "select 1 from deadline where thing_id = %s and ended_at is null", asked
        ) == []  # fmt: skip
        assert (await opened(school.lead, other, "file-requests"))["state"] == "open"

    @staticmethod
    async def _asked(school: School, child: UUID) -> str:
        body = {"child_id": str(child), "name": "Hill Top", "note": "She began on Monday."}
        return str((await school.lead.post("/v1/file-requests", body)).json()["id"])
