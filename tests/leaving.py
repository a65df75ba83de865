"""Every document that leaves of a record with secrets, as its readers get it."""

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from app.core import clock
from app.core.words import Role
from app.domain.exchange.webhook_deliveries.commands import body_of
from app.jobs.documents import make_document
from app.jobs.queue import build_queue
from app.jobs.runner import Run
from tests.api.leaving_files import word_for
from tests.api.records import a_concern, a_share
from tests.api.sharing.test_transfer_packets import bytes_of, files_of, passphrase_of
from tests.cast_record import Pick, Record, good, items_of, step
from tests.doubles import MemoryMail
from tests.jobs.test_transfers import look
from tests.leaving_referrals import every_referral, file_of, read, read_page
from tests.outgoing import texts_of_json, texts_of_pdf
from tests.recipient_pages import Link, Visitor
from tests.transfers import (
    adapters_of,
    approved,
    elsewhere,
    opened,
    prepared,
    step_of,
    upload,
    work_off,
)
from tests.world import School, World

MAILS = ("alert.send", "alert.send_one", "recipient.send_link")
SECRET = re.compile(r"/shared/\S+")
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def every_share(
    world: World, school: School, record: Record, pick: Pick
) -> Mapping[str, list[str]]:
    """A share for a parent and one for a professional: bytes, document, page."""
    found: dict[str, list[str]] = {}
    readers: Mapping[str, Any] = {
        "parent": {"via": "contact", "contact_id": record.contact},
        "professional": {
            "via": "professional", "kind": "health", "name": "Perpetua Bonnefoy",
            "job_title": "Nurse", "organisation": "Clinic",
        },
    }  # fmt: skip
    for reader, recipient in readers.items():
        body = a_share(
            record.child, recipient, items=items_of(record),
            purpose_detail=record.cast.says(pick),
        )  # fmt: skip
        share = (await good(await school.lead.post("/v1/shares", body)))["id"]
        path = f"/v1/shares/{share}"
        word = await word_for(school.lead, path)
        approval = {"reason": record.cast.says(pick), "attachments": word}
        await step(school.lead, path, "approve", approval)
        file = await school.lead.get(f"{path}/attachments/1")
        found[f"share for a {reader}: file"] = file_of(file)
        snapshot = await school.lead.get(f"{path}/snapshot")
        found[f"share for a {reader}: content"] = texts_of_json(snapshot.content)
        found[f"share for a {reader}: document.pdf"] = texts_of_pdf(
            (await school.lead.get(f"{path}/document.pdf")).content
        )
        sending = {"code_route": "phone", "by_hand": True, "language": "en"}
        sent = await step(school.lead, path, "send", sending)
        visitor = Visitor(world, Link(share, sent["link"].rpartition("/")[2], sent["code"]))
        found |= await read_page(visitor, f"share for a {reader}")
        if reader == "parent":
            await step(school.lead, path, "send", {"code_route": "phone"})
        await say_back(school, path, record, pick)
    return found


async def say_back(school: School, path: str, record: Record, pick: Pick) -> None:
    """What a recipient answers, asks and wants put right, in words that name others."""
    for kind in ("replied", "question", "correction_requested"):
        said = {"kind": kind, "at": clock.now().isoformat(), "text": record.cast.says(pick)}
        await step(school.lead, path, "responses", said)


async def a_chronology(
    world: World, school: School, record: Record, pick: Pick
) -> Mapping[str, list[str]]:
    """The chronology as a deputy prints it, who does not read what is sealed."""
    deputy = school.api(Role.DEPUTY_DSL)
    asked = {"purpose": "conference", "purpose_detail": record.cast.says(pick)}
    job = await good(await deputy.post(f"/v1/children/{record.child}/chronology-documents", asked))
    adapters = adapters_of(world)
    run = Run(adapters, build_queue(adapters), {"school_id": str(school.id), "job_id": job["id"]})
    await make_document(run)
    done = await good(await deputy.get(f"/v1/jobs/{job['id']}"))
    kept = await deputy.get(f"/v1/documents/{job['id']}/document.json")
    return {
        "chronology: document.pdf": texts_of_pdf(read(await deputy.get(done["result"]))),
        "chronology: json": texts_of_json(read(kept)),
    }


async def every_transfer(
    world: World, school: School, record: Record, pick: Pick
) -> Mapping[str, list[str]]:
    """The packet of a file, what the other school has of it, and the packet that came late."""
    body = elsewhere(record.child) | {"note": record.cast.says(pick)}
    transfer = await prepared(school, body)
    packet, phrase, found = await a_packet(world, school, transfer["id"], "packet")
    found |= await received(world, record, packet, phrase)
    facts = (await opened(school.lead, transfer["id"]))["packet"]
    receipt = {"manifest_sha256": facts["manifest_sha256"], "received_by": "Hill Top"}
    handed = {"route": "in_person", "at": clock.now().isoformat(), "to": "Sam Hill"}
    await step_of(school.lead, "transfers", transfer["id"], "send", handed)
    locked = await step_of(
        school.lead, "transfers", transfer["id"], "receipt",
        receipt | {"received_at": clock.now().isoformat()},
    )  # fmt: skip
    assert locked["state"] == "locked"
    await a_concern(school, record.child, text=record.cast.says(pick))
    assert (await look(world, school))[2] == 1
    listed = await school.lead.get(f"/v1/transfers?child_id={record.child}")
    late = listed.json()["items"][0]
    assert late["addendum_to"] == transfer["id"]
    _, _, added = await a_packet(world, school, late["id"], "packet that came late")
    return found | added


async def a_packet(
    world: World, school: School, transfer_id: str, name: str
) -> tuple[bytes, str, dict[str, list[str]]]:
    """The packet, its passphrase; every file in it and what can be seen from outside."""
    await approved(school, transfer_id)
    await work_off(world, school)
    packet = await bytes_of(school, transfer_id)
    phrase = await passphrase_of(school, transfer_id)
    _, files = files_of(packet, passphrase=phrase)
    with ZipFile(BytesIO(packet)) as outside:
        found = {f"{name}: outside": [str(one) for one in outside.infolist()]}
    for place, (path, content) in enumerate(files.items()):
        part = f"attachment {place}" if path.startswith("attachments/") else path
        found[f"{name}: {part}"] = [path, *texts_of(path, content)]
    return packet, phrase, found


def texts_of(path: str, content: bytes) -> list[str]:
    """A file of a packet as texts."""
    if path.endswith(".pdf"):
        return texts_of_pdf(content)
    return texts_of_json(content) if path.endswith(".json") else [content.decode()]


async def received(
    world: World, record: Record, packet: bytes, phrase: str
) -> dict[str, list[str]]:
    """What another school reads of a packet that it took in."""
    there = await world.a_school()
    incoming = await good(await upload(there.lead, packet, phrase))
    name = record.cast.child.columns
    child = await there.child(name["legal_given_name"] or "", name["legal_family_name"] or "")
    known = {"child_id": str(child), "signer_checked": "By telephone."}
    await step(there.lead, f"/v1/incoming-transfers/{incoming['id']}", "accept", known)
    await work_off(world, there)
    (file,) = (await there.lead.get(f"/v1/children/{child}/received-files")).json()["items"]
    records = [
        read(await there.lead.get(f"/v1/received-records/{one['id']}")) for one in file["records"]
    ]
    chronology = await there.lead.get(f"/v1/children/{child}/chronology?limit=200")
    return {
        "received: records": [text for one in records for text in texts_of_json(one)],
        "received: chronology": texts_of_json(read(chronology)),
        "received: waiting": texts_of_json(incoming),
    }


async def messages(world: World, school: School) -> Mapping[str, list[str]]:
    """Every mail about all of it, to staff and to recipients, and every event as webhooks send it.

    Left out are a link's secret and the ids in events: those go to the school's own programs, and
    one of another child is no name.
    """
    mail = MemoryMail()
    await work_off(world, school, only=MAILS, mail=mail)
    assert {message.to for message in mail.sent} > {"home@example.org"}
    letters = [
        SECRET.sub("/shared/", f"{one.subject}\n{one.text}\n{one.headers}") for one in mail.sent
    ]
    changes = await good(await school.lead.get("/v1/changes?since=start&limit=200"))
    told = [ID.sub("", body_of(school.id, event)) for event in changes["items"]]
    assert len(told) > 20
    return {"mails": letters, "webhooks": told}


async def everything(
    world: World, school: School, record: Record, pick: Pick
) -> dict[str, list[str]]:
    """Every document that leaves, as texts by what it is."""
    world.sql("delete from rate_limit")  # tries of other tests do not count
    return {
        **await every_share(world, school, record, pick),
        **await every_referral(world, school, record, pick),
        **await a_chronology(world, school, record, pick),
        **await every_transfer(world, school, record, pick),
        **await messages(world, school),
    }
