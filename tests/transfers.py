"""What tests of transfers make first, and the jobs behind them, run one after the other."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import orjson
from joserfc.jwk import ECKey

from app.core import clock
from app.core.ids import new_id
from app.domain.sharing.transfer_keys import commands
from app.formats.packets import MEDIA_TYPE, PacketWriter, Passphrase, import_key, new_key
from app.integrations.antivirus import Antivirus
from app.integrations.mail import Mail, mail_from_url
from app.jobs.queue import TASKS, build_queue
from app.jobs.runner import Adapters, Run
from tests.world import Api, School, World

TAKE = """
delete from procrastinate_jobs j
where j.task_name = any(%s) and j.status = 'todo'
  and j.args->>'school_id' = any(%s) returning j.task_name, j.args::text, j.id
"""
MINE = tuple(
    task.name
    for task in TASKS
    if task.name.split(".")[0] in ("transfer", "incoming", "file_request") and not task.every
)
BY_NAME = {task.name: task for task in TASKS}


def adapters_of(world: World) -> Adapters:
    """What jobs work with, on the stores of the application under test."""
    runtime = world.runtime
    mail = mail_from_url(runtime.settings.mail_url, runtime.settings.mail_from)
    return Adapters(runtime.settings, runtime.database, mail, runtime.storage)


async def work_off(
    world: World,
    *schools: School,
    only: Iterable[str] = MINE,
    scanner: Antivirus | None = None,
    mail: Mail | None = None,
) -> list[str]:
    """Run the waiting jobs of some schools until there are none; which were run, in order."""
    usual = adapters_of(world)
    adapters = replace(usual, antivirus=scanner, mail=mail or usual.mail)
    done: list[str] = []
    queue = build_queue(adapters, ())
    while rows := world.sql(TAKE, list(only), [str(one.id) for one in schools]):
        for name, args, _ in sorted(rows, key=lambda row: int(row[2])):
            await BY_NAME[name].run(Run(adapters, queue, orjson.loads(args)))
            done.append(name)
    return done


def to_school(child: UUID, school: School, **fields: Any) -> dict[str, Any]:
    """A transfer to a school of this server."""
    return {
        "child_id": str(child),
        "reason_code": "left_in_year",
        "destination": {"kind": "school", "school_id": str(school.id)},
    } | fields


def elsewhere(child: UUID, **destination: Any) -> dict[str, Any]:
    """A transfer to a school with another system, by passphrase unless said otherwise."""
    return {
        "child_id": str(child),
        "reason_code": "left_in_year",
        "destination": {"kind": "elsewhere", "name": "Hill Top Academy", "route": "passphrase"}
        | destination,
    }


async def prepared(school: School, body: dict[str, Any]) -> dict[str, Any]:
    """A prepared transfer."""
    answer = await school.lead.post("/v1/transfers", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def approved(school: School, transfer_id: str, by: Api | None = None) -> dict[str, Any]:
    """Approve it at its present version, for the key that it names."""
    key = (await opened(school.lead, transfer_id))["receiver_thumbprint"]
    body = {"reason": "The child has left.", "receiver_thumbprint": key}
    return await step(by or school.lead, transfer_id, "approve", body)


async def step(api: Api, transfer_id: str, verb: str, body: dict[str, Any]) -> dict[str, Any]:
    """One step of a transfer at its present version."""
    return await step_of(api, "transfers", transfer_id, verb, body)


async def step_of(api: Api, noun: str, id_: str, verb: str, body: dict[str, Any]) -> dict[str, Any]:
    """One step of a thing at its present version."""
    opened = await api.get(f"/v1/{noun}/{id_}")
    assert opened.status_code == 200, opened.text
    version = opened.headers["etag"].strip('"')
    answer = await api.post(f"/v1/{noun}/{id_}/{verb}", body, version=version)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def opened(api: Api, transfer_id: str, noun: str = "transfers") -> dict[str, Any]:
    """The whole of it as it stands."""
    answer = await api.get(f"/v1/{noun}/{transfer_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def arrived(world: World, source: School, there: School, child: UUID) -> tuple[str, str]:
    """A file that waits in the other school: the transfer's id, and the incoming one's."""
    transfer = await prepared(source, to_school(child, there))
    await approved(source, transfer["id"])
    await work_off(world, source, there)
    waiting = await there.lead.get("/v1/incoming-transfers?state=waiting")
    newest = waiting.json()["items"][0]
    return str(transfer["id"]), str(newest["id"])


async def moved(world: World, source: School, there: School, child: UUID) -> tuple[str, UUID]:
    """A file that the other school has accepted for a new child: the transfer, and that child."""
    transfer_id, incoming_id = await arrived(world, source, there, child)
    accepted = await step_of(
        there.lead, "incoming-transfers", incoming_id, "accept", {"new_child": True}
    )
    await work_off(world, source, there)
    return transfer_id, UUID(accepted["child_id"])


def upn_of(world: World, school: School, child: UUID, value: str) -> None:
    """Make a child known by a UPN."""
    world.sql(
        "insert into child_identifier (school_id, id, child_id, system, value, source, created_at)"
        " values (%s, gen_random_uuid(), %s, 'upn', %s, 'staff', now())",
        school.id, child, value,
    )  # fmt: skip


async def new_keys(world: World, school: School) -> ECKey:
    """The public key that packets for a school are encrypted to, made where it has none."""
    async with world.work(school.id) as work:
        row = await commands.current_key(work, world.runtime.vault)
    return import_key({name: row.receiving[name] for name in ("kty", "crv", "x", "y")})


def a_record(text: str = "Seen at the gate.", **more: Any) -> dict[str, Any]:
    """A record of a school elsewhere."""
    return {
        "format": "cairn-file/1",
        "made_at": "2026-11-20T10:00:00Z",
        "reference": "T-2026-000009",
        "front_sheet": {"legal_given_name": "Ada", "legal_family_name": "Marsh"},
        "records": [
            {
                "number": "C-2026-000001", "kind": "concern", "confidentiality": "K2",
                "occurred_at": "2026-03-02T10:00:00Z", "occurred_precision": "exact",
                "recorded_at": "2026-03-02T11:00:00Z", "reference": "C-2026-000001",
                "summary": text, "content": {"account": [{"kind": "observed", "text": text}]},
                "attachments": [
                    {
                        "path": "attachments/note.txt", "file_name": "note.txt",
                        "content_type": "text/plain", "size": 5,
                        "sha256": hashlib.sha256(b"note.").hexdigest(), "description": None,
                    }
                ],
            }
        ],
        "open_actions": [],
        "correspondence": [],
        "received": [],
    } | more  # fmt: skip


def a_packet(
    lock: ECKey | Passphrase,
    *,
    signer: ECKey | None = None,
    child: dict[str, Any] | None = None,
    record: dict[str, Any] | None = None,
) -> bytes:
    """A packet of a school elsewhere, with a file beside its record."""
    writer = PacketWriter(signer or new_key("sig"), lock, packet_id=new_id(), made_at=clock.now())
    names = {"legal_given_name": "Ada", "legal_family_name": "Marsh"}
    cover = {
        "format": "cairn-cover/1", "content": "cairn-file/1", "reference": "T-2026-000009",
        "made_at": "2026-11-20T10:00:00Z", "reason": "left_in_year", "addendum_to": None,
        "school": {"name": "Hill Top Academy", "urn": "100001"},
        "child": {**names, "date_of_birth": "2014-03-09", "upn": None} | (child or {}),
    }  # fmt: skip
    made = writer.add("cover.json", "application/json", orjson.dumps(cover))
    made += writer.add("record.json", "application/json", orjson.dumps(record or a_record()))
    made += writer.add("attachments/note.txt", "text/plain", b"note.")
    return made + writer.finish()


async def upload(api: Api, packet: bytes, passphrase: str | None = None) -> httpx.Response:
    """Send a packet to a school."""
    files = {"file": ("file.cairn-packet.zip", packet, MEDIA_TYPE)}
    data = {"passphrase": passphrase} if passphrase else {}
    return await api.request("POST", "/v1/incoming-transfers", files=files, data=data)
