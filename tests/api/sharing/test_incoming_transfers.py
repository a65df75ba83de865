"""Packets that arrive: proved before they are kept, refused without a trace of their content."""

from typing import Any

import pytest

from app.formats.packets import Passphrase, key_dict, new_passphrase
from tests.doubles import MemoryAntivirus
from tests.transfers import (
    a_packet,
    a_record,
    approved,
    elsewhere,
    new_keys,
    opened,
    prepared,
    step_of,
    upload,
    work_off,
)
from tests.world import School, World


class TestReceiveTransfer:
    async def test_keeps_a_packet_until_somebody_accepts_it(
        self, world: World, school: School
    ) -> None:
        receiver = await new_keys(world, school)
        answer = await upload(school.lead, a_packet(receiver))
        assert answer.status_code == 201, answer.text
        waiting = answer.json()
        assert waiting["about"]["name"] == "Ada Marsh"
        assert waiting["signer"]["trust"] == "unknown"
        child = await school.child("Ada", "Marsh")
        path = f"/v1/incoming-transfers/{waiting['id']}/accept"
        unproved = await school.lead.post(path, {"child_id": str(child)}, version=1)
        assert (unproved.status_code, unproved.json()["code"]) == (422, "signer_unchecked")
        body = {"child_id": str(child), "signer_checked": "Phoned the lead on the known number."}
        accepted = await step_of(school.lead, "incoming-transfers", waiting["id"], "accept", body)
        assert accepted["state"] == "accepting"
        await work_off(world, school)
        done = await opened(school.lead, waiting["id"], "incoming-transfers")
        assert done["state"] == "accepted"
        assert done["receipt"].count(".") == 2
        (file,) = (await school.lead.get(f"/v1/children/{child}/received-files")).json()["items"]
        (record,) = [one for one in file["records"] if one["kind"] == "concern"]
        whole = (await school.lead.get(f"/v1/received-records/{record['id']}")).json()
        (kept,) = whole["attachments"]
        got = await school.lead.get(f"/v1/received-records/{record['id']}/attachments/{kept['id']}")
        assert got.content == b"note."
        again = await upload(school.lead, a_packet(receiver))
        assert again.json()["signer"]["trust"] == "unknown"

    async def test_holds_back_a_file_that_the_scanner_finds_and_takes_the_rest(
        self, world: World, school: School
    ) -> None:
        receiver = await new_keys(world, school)
        waiting = (await upload(school.lead, a_packet(receiver))).json()
        child = await school.child("Ada", "Marsh")
        body = {"child_id": str(child), "signer_checked": "By telephone."}
        await step_of(school.lead, "incoming-transfers", waiting["id"], "accept", body)
        scanner = MemoryAntivirus({b"note.": "Test.Found"})
        await work_off(world, school, scanner=scanner)
        (file,) = (await school.lead.get(f"/v1/children/{child}/received-files")).json()["items"]
        (record,) = [one for one in file["records"] if one["kind"] == "concern"]
        whole = (await school.lead.get(f"/v1/received-records/{record['id']}")).json()
        (kept,) = whole["attachments"]
        assert kept["state"] == "held"
        refused = await school.lead.get(
            f"/v1/received-records/{record['id']}/attachments/{kept['id']}"
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "attachment_held")

    async def test_opens_with_the_passphrase_that_came_with_it(
        self, world: World, school: School
    ) -> None:
        phrase = new_passphrase()
        packet = a_packet(Passphrase(phrase))
        wrong = await upload(school.lead, packet, "not-the-one-at-all")
        assert wrong.json()["errors"][0]["code"] == "wrong_passphrase"
        none = await upload(school.lead, packet)
        assert none.json()["errors"][0]["code"] == "wrong_key"
        answer = await upload(school.lead, packet, phrase)
        assert answer.status_code == 201
        child = await school.child("Ada", "Marsh")
        body = {"child_id": str(child), "signer_checked": "By telephone."}
        await step_of(school.lead, "incoming-transfers", answer.json()["id"], "accept", body)
        await work_off(world, school)
        done = await opened(school.lead, answer.json()["id"], "incoming-transfers")
        assert done["state"] == "accepted"

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda packet: packet[:-1], "truncated"),
            (lambda packet: packet[: len(packet) // 2], "truncated"),
            (lambda packet: packet[:900] + bytes([packet[900] ^ 1]) + packet[901:], "damaged"),
            (lambda _packet: b"PK no packet", "not_a_packet"),
        ],
    )
    async def test_says_exactly_what_is_wrong_and_keeps_nothing(
        self, world: World, school: School, change: Any, code: str
    ) -> None:
        receiver = await new_keys(world, school)
        answer = await upload(school.lead, change(a_packet(receiver)))
        assert (answer.status_code, answer.json()["code"]) == (422, "packet_refused")
        assert answer.json()["errors"][0]["code"] == code
        listed = await school.lead.get("/v1/incoming-transfers")
        assert listed.json()["items"] == []

    async def test_refuses_what_is_locked_to_another_school(
        self, world: World, school: School, other_school: School
    ) -> None:
        theirs = await new_keys(world, other_school)
        answer = await upload(school.lead, a_packet(theirs))
        assert answer.json()["errors"][0]["code"] == "wrong_key"

    async def test_opens_what_was_locked_to_a_key_before_it_was_rotated(
        self, world: World, school: School
    ) -> None:
        old = await new_keys(world, school)
        rotated = await school.lead.post("/v1/transfer-keys")
        assert rotated.status_code == 201
        published = await school.lead.get(f"/v1/schools/{school.id}/transfer-keys")
        kids = [key["kid"] for key in published.json()["keys"] if key["use"] == "enc"]
        assert len(kids) == 1
        assert (await upload(school.lead, a_packet(old))).status_code == 201

    async def test_refuses_a_packet_that_the_school_made_itself(
        self, world: World, school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        key = await new_keys(world, school)
        jwk = {**key_dict(key), "use": "enc"}
        transfer = await prepared(school, elsewhere(child, route="key", receiver_key=jwk))
        await approved(school, transfer["id"])
        await work_off(world, school)
        packet = await school.lead.get(f"/v1/transfers/{transfer['id']}/packet")
        assert packet.status_code == 200, packet.text
        assert (await school.lead.post("/v1/transfer-keys")).status_code == 201
        answer = await upload(school.lead, packet.content)
        assert (answer.status_code, answer.json()["code"]) == (422, "packet_refused")
        assert [error["code"] for error in answer.json()["errors"]] == ["own_packet"]
        assert (await school.lead.get("/v1/incoming-transfers")).json()["items"] == []
        assert world.sql("select 1 from received_file where school_id = %s", school.id) == []

    async def test_refuses_the_very_same_packet_twice(self, world: World, school: School) -> None:
        packet = a_packet(await new_keys(world, school))
        assert (await upload(school.lead, packet)).status_code == 201
        again = await upload(school.lead, packet)
        assert (again.status_code, again.json()["code"]) == (409, "packet_known")

    async def test_refuses_a_record_that_cannot_be_kept(self, world: World, school: School) -> None:
        receiver = await new_keys(world, school)
        broken = a_record()
        broken["records"][0]["confidentiality"] = "K9"
        answer = await upload(school.lead, a_packet(receiver, record=broken))
        assert answer.json()["errors"][0]["code"] == "record_invalid"

    async def test_proposes_the_child_with_the_upn_and_nobody_by_name(
        self, world: World, school: School
    ) -> None:
        receiver = await new_keys(world, school)
        namesake = await school.child("Ada", "Marsh")
        by_name = (await upload(school.lead, a_packet(receiver))).json()
        assert by_name["child_id"] is None
        upn = "A123456789012"
        world.sql(
            "insert into child_identifier (school_id, id, child_id, system, value, source, "
            "created_at) values (%s, gen_random_uuid(), %s, 'upn', %s, 'staff', now())",
            school.id, namesake, upn,
        )  # fmt: skip
        by_upn = (await upload(school.lead, a_packet(receiver, child={"upn": upn}))).json()
        assert by_upn["child_id"] == str(namesake)
        refused = await school.lead.post(
            f"/v1/incoming-transfers/{by_upn['id']}/accept",
            {"new_child": True, "signer_checked": "By telephone."}, version=1,
        )  # fmt: skip
        assert (refused.status_code, refused.json()["code"]) == (422, "child_known")
        (problem,) = refused.json()["errors"]
        assert (problem["pointer"], problem["code"]) == ("/new_child", "upn_known")
        unnamed = await school.lead.post(
            f"/v1/incoming-transfers/{by_name['id']}/accept",
            {"signer_checked": "By telephone."}, version=1,
        )  # fmt: skip
        assert (unnamed.status_code, unnamed.json()["code"]) == (422, "match_needed")
