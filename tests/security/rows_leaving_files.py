"""Files that went with a share or a referral: who may fetch them, each by a valid request."""

from typing import Any

from app.core.words import Permission
from tests.security.rows import ANYBODY, LEADS, R, Row
from tests.security.rows_referrals import agency_of_keys
from tests.security.rows_shared import SENDING, session_of
from tests.security.scenes import REFERRAL_STEPS, SENTINEL, Call, Scene

READ = LEADS | {R.HEADTEACHER}
TEXT = f"{SENTINEL} wrote this.".encode()
AS_TEXT = {"Content-Type": "text/plain"}


async def _with_file(scene: Scene, concern: str) -> dict[str, Any]:
    """A concern as an item, with a file of it."""
    path = f"/v1/concerns/{concern}/attachments"
    answer = await scene.by(R.STAFF).request("POST", path, content=TEXT, headers=AS_TEXT)
    assert answer.status_code == 201, answer.text
    chosen = {"id": str(answer.json()["id"]), "name": "A text"}
    return {"kind": "concern", "id": concern, "attachments": [chosen]}


async def _approved(scene: Scene, noun: str, body: dict[str, Any]) -> str:
    """Drafted by the deputy and approved by the lead, who looked at its file."""
    made = await scene.made_by(scene.by(R.DEPUTY_DSL), f"/v1/{noun}s", body)
    path = f"/v1/{noun}s/{made['id']}"
    preview = (await scene.lead.get(f"{path}/preview")).json()
    word = {
        "number": 1, "sha256": preview["items"][0]["attachments"][0]["sha256"],
        "shows_nobody_else": True, "warnings_seen": True,
    }  # fmt: skip
    approval = {"reason": SENTINEL, "attachments": [word]}
    await scene.made_by(scene.lead, f"{path}/approve", approval, scene.version(noun, made["id"]))
    return str(made["id"])


async def _share(scene: Scene) -> str:
    body = await scene.share_body()
    item = await _with_file(scene, body["items"][0]["id"])
    return await _approved(scene, "share", body | {"items": [item]})


async def _referral(scene: Scene, agency_id: str | None = None) -> str:
    body = await scene.referral_body(agency_id)
    item = await _with_file(scene, body["concern_id"])
    return await _approved(scene, "referral", body | {"items": [item]})


async def _of_share(scene: Scene) -> Call:
    return Call({"share_id": await _share(scene), "number": "1"})


async def _of_referral(scene: Scene) -> Call:
    return Call({"referral_id": await _referral(scene), "number": "1"})


async def _by_key(scene: Scene) -> Call:
    """A referral that was sent, as the system of its agency names it."""
    referral = await _referral(scene, await agency_of_keys(scene))
    await scene.made_by(
        scene.lead, f"/v1/referrals/{referral}/send", REFERRAL_STEPS["send"](),
        scene.version("referral", referral),
    )  # fmt: skip
    return Call({"referral_id": referral, "number": "1"})


async def _behind_a_link(scene: Scene) -> Call:
    share = await _share(scene)
    sent = await scene.made_by(
        scene.lead, f"/v1/shares/{share}/send", SENDING, scene.version("share", share)
    )
    token = str(sent["link"]).rpartition("/")[2]
    session = await session_of(scene, token, str(sent["code"]))
    return Call({"token": token, "number": "1"}, headers=session)


ROWS = {
    "download_share_attachment": Row(READ, _of_share),
    "download_referral_attachment": Row(READ, _of_referral),
    "download_sent_attachment": Row(frozenset(), _by_key, by_key=Permission.REFERRAL_ANSWER),
    "download_shared_attachment": Row(ANYBODY, _behind_a_link),
}
