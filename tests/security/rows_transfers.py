"""Files that follow their children: who may, and a valid request for each operation."""

from app.formats.packets import MEDIA_TYPE
from tests.security.rows import ANYBODY, LEADS, READERS, SIGNERS, R, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene, soon
from tests.transfers import a_packet, a_record, new_keys, work_off

LOOKERS = LEADS | {R.HEADTEACHER}
NAMES = {"legal_given_name": SENTINEL, "legal_family_name": SENTINEL}


def _body(child: str, **more: object) -> dict[str, object]:
    destination = {"kind": "elsewhere", "name": SENTINEL, "route": "passphrase"}
    return {
        "child_id": child, "reason_code": "left_in_year", "destination": destination,
        "note": SENTINEL,
    } | more  # fmt: skip


async def _destination(scene: Scene) -> Call:
    """Other schools that are called like this one: it is one of them, where another asks."""
    await scene.world.a_school((), name=f"{scene.school.name} North")
    return Call(query={"q": scene.school.name})


async def _transfer(scene: Scene, state: str = "prepared") -> str:
    """A transfer to a school elsewhere, in a state."""
    made = await scene.made_by(scene.lead, "/v1/transfers", _body(await scene.child()))
    transfer = str(made["id"])
    if state != "prepared":
        await _step(scene, transfer, "approve", {"reason": SENTINEL})
        await work_off(scene.world, scene.school)
    if state == "sent":
        await _step(scene, transfer, "send", _sending())
    return transfer


async def _step(scene: Scene, transfer: str, verb: str, body: object) -> None:
    version = scene.version("transfer", transfer)
    await scene.made_by(scene.lead, f"/v1/transfers/{transfer}/{verb}", body, version)


def _sending() -> dict[str, str]:
    return {"route": "in_person", "at": soon(minutes=0), "to": SENTINEL, "note": SENTINEL}


def _of(state: str, body: object = None, *, changes: bool = True) -> Recipe:
    """A transfer in a state, at its present version."""

    async def recipe(scene: Scene) -> Call:
        transfer = await _transfer(scene, state)
        version = scene.version("transfer", transfer) if changes else None
        return Call({"transfer_id": transfer}, body() if callable(body) else body, version=version)

    return recipe


async def _chosen(scene: Scene) -> Call:
    """A transfer to which a lead chose a sealed concern."""
    child = await scene.child()
    concern = await scene.concern(child)
    scene.world.sql("update concern set confidentiality = 'K5' where id = %s", concern)
    item = {"kind": "concern", "id": concern, "reason": SENTINEL}
    made = await scene.made_by(scene.lead, "/v1/transfers", _body(child, items=[item]))
    return Call({"transfer_id": str(made["id"])})


async def _prepare(scene: Scene) -> Call:
    return Call(json=_body(await scene.child()))


async def _receipt(scene: Scene) -> Call:
    transfer = await _transfer(scene, "sent")
    rows = scene.world.sql(
        "select manifest_sha256 from transfer_packet where transfer_id = %s", transfer
    )
    body = {"manifest_sha256": rows[0][0], "received_by": SENTINEL, "received_at": soon(minutes=0)}
    return Call({"transfer_id": transfer}, body, version=scene.version("transfer", transfer))


async def _locked(scene: Scene) -> str:
    """A child whose file has gone."""
    transfer = await _transfer(scene)
    rows = scene.world.sql(
        "insert into file_lock (school_id, id, child_id, transfer_id, locked_at) "
        "select school_id, gen_random_uuid(), child_id, id, now() from transfer where id = %s "
        "returning child_id::text", transfer,
    )  # fmt: skip
    return str(rows[0][0])


async def _lock(scene: Scene) -> Call:
    return Call({"child_id": await _locked(scene)})


async def _unlock(scene: Scene) -> Call:
    return Call({"child_id": await _locked(scene)}, {"reason": SENTINEL}, version=1)


async def _keys(scene: Scene) -> Call:
    await new_keys(scene.world, scene.school)
    return Call({"school_id": str(scene.school.id)})


async def _packet(scene: Scene) -> bytes:
    receiver = await new_keys(scene.world, scene.school)
    return a_packet(receiver, child=NAMES, record=a_record(SENTINEL))


async def _upload(scene: Scene) -> Call:
    return Call(content=await _packet(scene), headers={"Content-Type": MEDIA_TYPE})


async def _incoming(scene: Scene) -> str:
    answer = await scene.lead.request(
        "POST", "/v1/incoming-transfers", content=await _packet(scene),
        headers={"Content-Type": MEDIA_TYPE},
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    found = str(answer.json()["id"])
    scene.made.add(found)
    return found


def _waiting(body: object = None, *, changes: bool = True) -> Recipe:
    """A file that waits."""

    async def recipe(scene: Scene) -> Call:
        incoming = await _incoming(scene)
        version = scene.version("incoming_transfer", incoming) if changes else None
        return Call({"incoming_id": incoming}, body, version=version)

    return recipe


async def _accept(scene: Scene) -> Call:
    call = await _waiting()(scene)
    return Call(
        call.ids, {"child_id": await scene.child(), "signer_checked": SENTINEL},
        version=call.version,
    )  # fmt: skip


async def _received(scene: Scene) -> tuple[str, str]:
    """A child of year 7 with a received record of class K2: the child, the record."""
    call = await _accept(scene)
    path = f"/v1/incoming-transfers/{call.ids['incoming_id']}/accept"
    await scene.made_by(scene.lead, path, call.json, call.version)
    await work_off(scene.world, scene.school)
    child = call.json["child_id"]
    rows = scene.world.sql(
        "select id::text from received_record where child_id = %s and kind = 'concern'", child
    )
    scene.made.add(rows[0][0])
    return child, rows[0][0]


async def _files(scene: Scene) -> Call:
    return Call({"child_id": (await _received(scene))[0]})


async def _record(scene: Scene) -> Call:
    return Call({"record_id": (await _received(scene))[1]})


async def _attachment(scene: Scene) -> Call:
    record = (await _received(scene))[1]
    rows = scene.world.sql("select id::text from received_attachment where record_id = %s", record)
    return Call({"record_id": record, "attachment_id": rows[0][0]})


async def _ask(scene: Scene) -> Call:
    return Call(json={"child_id": await scene.child(), "name": SENTINEL, "note": SENTINEL})


def _request(body: object = None) -> Recipe:
    """A request that was made of a school elsewhere."""

    async def recipe(scene: Scene) -> Call:
        made = await scene.made_by(scene.lead, "/v1/file-requests", (await _ask(scene)).json)
        version = scene.version("file_request", str(made["id"])) if body else None
        return Call({"request_id": str(made["id"])}, body, version=version)

    return recipe


REJECTION = {"reason_code": "other", "note": SENTINEL}
ROWS: dict[str, Row] = {
    "list_transfer_destinations": Row(LOOKERS, _destination, foreign=None),
    "list_transfers": Row(LOOKERS, plain(), foreign=None),
    "prepare_transfer": Row(LEADS, _prepare),
    "open_transfer": Row(LOOKERS, _chosen),
    "update_transfer": Row(LEADS, _of("prepared", {"note": SENTINEL})),
    "preview_transfer_contents": Row(LOOKERS, _chosen),
    "approve_transfer": Row(SIGNERS, _of("prepared", {"reason": SENTINEL})),
    "cancel_transfer": Row(LEADS, _of("prepared", {"reason": SENTINEL})),
    "reveal_transfer_passphrase": Row(SIGNERS, _of("approved", changes=False)),
    "download_packet": Row(LEADS, _of("approved", changes=False)),
    "record_transfer_sent": Row(LEADS, _of("approved", _sending)),
    "record_transfer_receipt": Row(frozenset({R.DSL}), _receipt, narrower=True),
    "record_transfer_rejection": Row(LEADS, _of("sent", REJECTION)),
    "check_file_lock": Row(LOOKERS, _lock),
    "unlock_child_file": Row(SIGNERS, _unlock),
    "get_transfer_keys": Row(ANYBODY, _keys),
    "rotate_transfer_keys": Row(SIGNERS, plain(), foreign=None),
    "list_incoming_transfers": Row(LOOKERS, plain(), foreign=None),
    "receive_transfer": Row(LEADS, _upload, foreign=422, once=True),
    "open_incoming_transfer": Row(LOOKERS, _waiting(changes=False)),
    "accept_incoming_transfer": Row(LEADS, _accept),
    "reject_incoming_transfer": Row(LEADS, _waiting(REJECTION)),
    "open_received_files": Row(READERS, _files),
    "open_received_record": Row(READERS, _record),
    "download_received_attachment": Row(READERS, _attachment),
    "list_file_requests": Row(LOOKERS, plain(), foreign=None),
    "request_file": Row(LEADS, _ask),
    "open_file_request": Row(LOOKERS, _request()),
    "answer_file_request": Row(LEADS, _request({"reason": SENTINEL})),
}
