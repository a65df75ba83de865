"""Packets to and from systems of others: proved before they are kept, receipted by their hash."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator, FormatChecker

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from app.formats.packets import PacketReader, Receipt, key_dict, new_key, public_key, write_receipt
from tests.api.record.test_attachments import attach
from tests.api.records import a_concern, a_contact, a_share, a_status
from tests.meetings import a_meeting, held, minute, moment, taken
from tests.pictures import SECRET, photo
from tests.transfers import (
    a_packet,
    approved,
    elsewhere,
    new_keys,
    opened,
    prepared,
    step,
    step_of,
    upload,
    work_off,
)
from tests.world import School, World

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/schemas/cairn-file-1.json").read_text())


async def packed(world: World, school: School, child: Any, **destination: Any) -> dict[str, Any]:
    """A transfer elsewhere whose packet is made."""
    transfer = await prepared(school, elsewhere(child, **destination))
    await approved(school, transfer["id"])
    await work_off(world, school)
    return await opened(school.lead, transfer["id"])


async def handed_over(
    world: World, school: School, child: Any, **destination: Any
) -> dict[str, Any]:
    """A transfer elsewhere whose packet has gone out."""
    transfer = await packed(world, school, child, **destination)
    body = {"route": "in_person", "at": clock.now().isoformat(), "to": "Sam Hill, DSL"}
    await step(school.lead, transfer["id"], "send", body)
    return transfer


async def bytes_of(school: School, transfer_id: str) -> bytes:
    """The packet as it is downloaded."""
    answer = await school.lead.get(f"/v1/transfers/{transfer_id}/packet")
    assert answer.status_code == 200, answer.text
    return answer.content


async def passphrase_of(school: School, transfer_id: str) -> str:
    """The passphrase as a lead is told it."""
    answer = await school.lead.post(f"/v1/transfers/{transfer_id}/passphrase")
    return str(answer.json()["passphrase"])


def files_of(packet: bytes, **keys: Any) -> tuple[PacketReader, dict[str, bytes]]:
    """Everything in a packet."""
    reader = PacketReader(io.BytesIO(packet))
    reader.open(**keys)
    return reader, {file.name: b"".join(reader.read(file)) for file in reader.files}


class TestDownloadPacket:
    async def test_waits_until_it_is_made(self, world: World, school: School) -> None:
        transfer = await prepared(school, elsewhere(await school.child()))
        await approved(school, transfer["id"])
        path = f"/v1/transfers/{transfer['id']}/packet"
        early = await school.lead.get(path)
        assert (early.status_code, early.json()["code"]) == (409, "packet_not_ready")
        await work_off(world, school)
        assert (await school.lead.get(path)).status_code == 200

    async def test_holds_the_whole_file_in_the_published_format_and_nobody_elses_name(
        self, world: World, school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        friend = await school.child("Zebedee", "Quillfeather")
        first = await a_concern(school, child, friend, text="Zebedee Quillfeather pushed Ada.")
        alone = await a_concern(school, child, text="Ada came in with a bruise.")
        added = await school.staff.request(
            "POST", f"/v1/concerns/{alone}/attachments", content=b"A note of the day.",
            headers={"Content-Type": "text/plain"},
        )  # fmt: skip
        assert added.status_code == 201
        told = await school.lead.post(
            f"/v1/concerns/{first}/comments", {"text": "Zebedee's mother was phoned."}
        )
        assert told.status_code == 201
        await a_status(world, school, child)
        mother = await a_contact(world, school, child)
        share = await school.lead.post(
            "/v1/shares", a_share(child, {"via": "contact", "contact_id": mother}, first)
        )
        await school.lead.post(
            f"/v1/shares/{share.json()['id']}/approve", {"reason": "She has to know."}, version=1
        )
        transfer = await packed(world, school, child)
        packet = await bytes_of(school, transfer["id"])
        _, files = files_of(packet, passphrase=await passphrase_of(school, transfer["id"]))
        record = json.loads(files["record.json"])
        found = Draft202012Validator(SCHEMA, format_checker=FormatChecker()).iter_errors(record)
        assert [error.message[:200] for error in found] == []
        assert {one["kind"] for one in record["records"]} == {
            "concern", "status", "share", "decision",
        }  # fmt: skip
        (path,) = [name for name in files if name.startswith("attachments/")]
        assert files[path] == b"A note of the day."
        for name, content in files.items():
            assert b"Zebedee" not in content, name
            assert b"Quillfeather" not in content, name
        assert b"another pupil pushed Ada" in files["record.json"]

    async def test_tells_no_suppressed_number(self, world: World, school: School) -> None:
        child = await school.child()
        body = {"system": "upn", "value": "H801200001001", "suppressed": True}
        added = await school.lead.post(f"/v1/children/{child}/identifiers", body)
        assert added.status_code == 201, added.text
        transfer = await packed(world, school, child)
        packet = await bytes_of(school, transfer["id"])
        _, files = files_of(packet, passphrase=await passphrase_of(school, transfer["id"]))
        for name, content in files.items():
            assert b"H801200001001" not in content, name

    async def test_holds_pictures_without_where_they_were_taken(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        added = await attach(school.staff, concern, photo(), "wall.jpg", "image/jpeg")
        copy = added.json()["stripped"]
        transfer = await packed(world, school, child)
        told = (await school.lead.get(f"/v1/transfers/{transfer['id']}/contents")).json()
        assert told["attachments"] == {"count": 1, "bytes": copy["size"]}
        packet = await bytes_of(school, transfer["id"])
        _, files = files_of(packet, passphrase=await passphrase_of(school, transfer["id"]))
        (picture,) = [files[name] for name in files if name.startswith("attachments/")]
        assert SECRET not in picture
        assert hashlib.sha256(picture).hexdigest() == copy["sha256"]

    async def test_tells_meetings_with_their_minutes_and_leaves_sealed_ones(
        self, world: World, school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        friend = await school.child("Zebedee", "Quillfeather")
        concern = await a_concern(school, child, friend)
        lead = {"staff_id": str(school[Role.DSL].id), "attendance": "came"}
        await held(
            school, child, "core_group", concern_id=concern, people=[lead],
            decisions="Zebedee sits elsewhere.",
            dissent=[{"who": "Her mother", "reason": "Unfair."}],
        )  # fmt: skip
        await a_meeting(school, child_ids=[str(child)], confidentiality="K5")
        transfer = await packed(world, school, child)
        packet = await bytes_of(school, transfer["id"])
        _, files = files_of(packet, passphrase=await passphrase_of(school, transfer["id"]))
        record = json.loads(files["record.json"])
        assert list(Draft202012Validator(SCHEMA).iter_errors(record)) == []
        [told] = [one for one in record["records"] if one["kind"] == "meeting"]
        [minute] = told["content"]["minutes"]
        assert minute["decisions"] == "another pupil sits elsewhere."
        assert minute["people"][0]["staff"]["name"] == school[Role.DSL].name
        assert minute["dissent"] == [{"who": "Her mother", "reason": "Unfair."}]

    async def test_names_no_child_who_met_at_the_same_time(
        self, world: World, school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        friend = await school.child("Zebedee", "Quillfeather")
        pair = [str(child), str(friend)]
        meeting = await a_meeting(school, child_ids=pair, starts_at=moment(minutes=-10))
        await taken(school.lead, meeting, "hold", minute(decisions="Zebedee sits elsewhere."))
        transfer = await packed(world, school, child)
        packet = await bytes_of(school, transfer["id"])
        _, files = files_of(packet, passphrase=await passphrase_of(school, transfer["id"]))
        record = json.loads(files["record.json"])
        [told] = [one for one in record["records"] if one["kind"] == "meeting"]
        assert told["content"]["minutes"][0]["decisions"] == "another pupil sits elsewhere."

    async def test_is_the_same_packet_each_time(self, world: World, school: School) -> None:
        child = await school.child("Ada", "Marsh")
        concern = await a_concern(school, child)
        transfer = await packed(world, school, child)
        first = await bytes_of(school, transfer["id"])
        await school.lead.post(f"/v1/concerns/{concern}/comments", {"text": "Later."})
        assert await bytes_of(school, transfer["id"]) == first

    async def test_opens_with_the_key_of_the_other_school_alone(
        self, world: World, school: School
    ) -> None:
        receiver = new_key("enc")
        jwk = {**public_key(receiver).as_dict(private=False)}
        jwk = {name: jwk[name] for name in ("kty", "crv", "x", "y")}
        child = await school.child("Ada", "Marsh")
        transfer = await packed(world, school, child, route="key", receiver_key=jwk)
        packet = await bytes_of(school, transfer["id"])
        reader, files = files_of(packet, keys=[receiver])
        assert reader.manifest_sha256 == transfer["packet"]["manifest_sha256"]
        assert json.loads(files["cover.json"])["child"]["legal_given_name"] == "Ada"


class TestReceipt:
    async def test_of_another_packet_is_refused(self, world: World, school: School) -> None:
        child = await school.child("Ada", "Marsh")
        transfer = await handed_over(world, school, child)
        version = (await school.lead.get(f"/v1/transfers/{transfer['id']}")).headers["etag"]
        told = {"received_by": "Hill Top", "received_at": clock.now().isoformat()}
        signed = write_receipt(new_key("sig"), Receipt(new_id(), "0" * 64, clock.now(), "Hill Top"))
        for body, pointer in (
            ({"manifest_sha256": "0" * 64, **told}, "/manifest_sha256"),
            ({"receipt": signed}, "/receipt"),
            ({}, "/receipt"),
        ):
            answer = await school.lead.post(
                f"/v1/transfers/{transfer['id']}/receipt", body, version=version.strip('"')
            )
            assert (answer.status_code, answer.json()["code"]) == (422, "receipt_refused")
            assert answer.json()["errors"][0]["pointer"] == pointer

    async def test_that_is_signed_locks_the_file(self, world: World, school: School) -> None:
        child = await school.child("Ada", "Marsh")
        transfer = await handed_over(world, school, child)
        packet = transfer["packet"]
        await step(
            school.lead, transfer["id"], "send",
            {"route": "in_person", "at": clock.now().isoformat(), "to": "Sam Hill, DSL"},
        )  # fmt: skip
        signed = write_receipt(
            new_key("sig"),
            Receipt(UUID(packet["id"]), packet["manifest_sha256"], clock.now(), "Hill Top"),
        )
        done = await step(school.lead, transfer["id"], "receipt", {"receipt": signed})
        assert done["state"] == "locked"
        assert done["receipt"]["receipt"] == signed
        lock = await school.lead.get(f"/v1/children/{child}/file-lock")
        assert lock.json()["transfer_id"] == transfer["id"]

    async def test_that_is_signed_has_to_name_both_packet_and_hash(
        self, world: World, school: School
    ) -> None:
        transfer = await handed_over(world, school, await school.child("Ada", "Marsh"))
        packet, key = transfer["packet"], new_key("sig")
        version = (await school.lead.get(f"/v1/transfers/{transfer['id']}")).headers["etag"]
        for receipt, code in (
            (Receipt(new_id(), packet["manifest_sha256"], clock.now(), "Hill Top"), "other_packet"),
            (Receipt(UUID(packet["id"]), "0" * 64, clock.now(), "Hill Top"), "other_hash"),
        ):
            answer = await school.lead.post(
                f"/v1/transfers/{transfer['id']}/receipt",
                {"receipt": write_receipt(key, receipt)}, version=version.strip('"'),
            )  # fmt: skip
            assert answer.json()["errors"][0]["code"] == code
        assert (await opened(school.lead, transfer["id"]))["state"] == "sent"

    async def test_adds_a_child_whose_number_cannot_be_one(
        self, world: World, school: School
    ) -> None:
        wrong = {"upn": "B999999999999"}
        packet = a_packet(await new_keys(world, school), child=wrong)
        incoming = (await upload(school.lead, packet)).json()
        accept = {"new_child": True, "signer_checked": "Phoned the lead."}
        taken = await step_of(school.lead, "incoming-transfers", incoming["id"], "accept", accept)
        numbers = world.sql(
            "select count(*) from child_identifier where child_id = %s", taken["child_id"]
        )
        assert numbers == [(0,)]
        assert taken["about"]["upn"] == wrong["upn"]

    async def test_adds_a_child_without_a_birthday_still_to_come(
        self, world: World, school: School
    ) -> None:
        wrong = {"date_of_birth": "2100-01-01"}
        packet = a_packet(await new_keys(world, school), child=wrong)
        incoming = (await upload(school.lead, packet)).json()
        accept = {"new_child": True, "signer_checked": "Phoned the lead."}
        taken = await step_of(school.lead, "incoming-transfers", incoming["id"], "accept", accept)
        born = world.sql("select date_of_birth from child where id = %s", taken["child_id"])
        assert born == [(None,)]
        assert taken["about"]["date_of_birth"] == wrong["date_of_birth"]

    async def test_says_whether_its_signer_is_known(self, world: World, school: School) -> None:
        known = new_key("sig")
        incoming = await upload(school.lead, a_packet(await new_keys(world, school), signer=known))
        accept = {"new_child": True, "signer_checked": "Phoned the lead."}
        await step_of(school.lead, "incoming-transfers", incoming.json()["id"], "accept", accept)
        await work_off(world, school)
        published, other = new_key("sig"), new_key("sig")
        destination = {"signing_key": key_dict(public_key(published))}
        for signer, trust in ((known, "known"), (published, "known"), (other, "unknown")):
            child = await school.child("Ada", "Marsh")
            transfer = await handed_over(world, school, child, **destination)
            packet = transfer["packet"]
            receipt = Receipt(
                UUID(packet["id"]), packet["manifest_sha256"], clock.now(), "Hill Top"
            )
            done = await step(
                school.lead, transfer["id"], "receipt", {"receipt": write_receipt(signer, receipt)}
            )
            assert (done["state"], done["receipt"]["signer_trust"]) == ("locked", trust)
