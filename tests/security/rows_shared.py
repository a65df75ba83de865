"""Shares that go out: what staff may do with them, and what recipients do behind their link."""

from typing import Any

from tests.api.shared import HEADER
from tests.security.rows import ANYBODY, LEADS, R, Row
from tests.security.scenes import SENTINEL, Call, Recipe, Scene

SENDING = {"code_route": "phone", "by_hand": True}


async def _sent(scene: Scene) -> tuple[str, dict[str, Any]]:
    """A share that was sent, and what that answered."""
    share = await scene.share("approved")
    version = scene.version("share", share)
    answer = await scene.made_by(scene.lead, f"/v1/shares/{share}/send", SENDING, version)
    return share, answer


async def _link(scene: Scene) -> tuple[str, str]:
    """Token and code of a share that was sent."""
    _, answer = await _sent(scene)
    return str(answer["link"]).rpartition("/")[2], str(answer["code"])


def _share(body: object = None, *, said: str | None = None) -> Recipe:
    """A share that was sent; `said` is what its recipient said."""

    async def recipe(scene: Scene) -> Call:
        share, answer = await _sent(scene)
        if said is not None:
            token = str(answer["link"]).rpartition("/")[2]
            headers = await session_of(scene, token, str(answer["code"]))
            replied = await scene.world.anybody.post(
                f"/v1/shared/{token}/replies", {"kind": said, "text": SENTINEL}, headers=headers
            )
            assert replied.status_code == 201, replied.text
        version = scene.version("share", share)
        return Call({"share_id": share}, body, version=version)

    return recipe


async def session_of(scene: Scene, token: str, code: str) -> dict[str, str]:
    """The header of a session that a code began; tries of other tests do not count."""
    scene.world.sql("delete from rate_limit")
    answer = await scene.world.anybody.post(f"/v1/shared/{token}/code", {"code": code})
    assert answer.status_code == 201, answer.text
    return {HEADER: str(answer.json()["session"])}


def _within(body: object = None) -> Recipe:
    """Somebody in a session behind a link to a share."""

    async def recipe(scene: Scene) -> Call:
        token, code = await _link(scene)
        return Call({"token": token}, body, headers=await session_of(scene, token, code))

    return recipe


async def _opened(scene: Scene) -> Call:
    """A share that its recipient has read."""
    share, answer = await _sent(scene)
    token = str(answer["link"]).rpartition("/")[2]
    headers = await session_of(scene, token, str(answer["code"]))
    read = await scene.world.anybody.get(f"/v1/shared/{token}/content", headers=headers)
    assert read.status_code == 200, read.text
    return Call({"share_id": share})


async def _sending(scene: Scene) -> Call:
    share = await scene.share("approved")
    return Call({"share_id": share}, SENDING, version=scene.version("share", share))


async def _confirming(scene: Scene) -> Call:
    """The mother was barred after it was sent."""
    share, _ = await _sent(scene)
    scene.world.sql(
        "update contact set alleged_source_of_harm = true"
        " where id = (select contact_id from share where id = %s)",
        share,
    )
    body = {"guard_reason": SENTINEL}
    return Call({"share_id": share}, body, version=scene.version("share", share))


async def _look(scene: Scene) -> Call:
    return Call({"token": (await _link(scene))[0]})


async def _enter(scene: Scene) -> Call:
    token, code = await _link(scene)
    return Call({"token": token}, {"code": code})


async def _outcome(scene: Scene) -> Call:
    """The agency behind the link to a referral."""
    referral = await scene.referral("sent")
    body = {"code_route": "phone", "by_hand": True}
    version = scene.version("referral", referral)
    answer = await scene.made_by(scene.lead, f"/v1/referrals/{referral}/link", body, version)
    token = str(answer["link"]).rpartition("/")[2]
    headers = await session_of(scene, token, str(answer["code"]))
    told = {"outcome": "no_further_action", "by": SENTINEL, "reason": SENTINEL}
    return Call({"token": token}, told, headers=headers)


ROWS: dict[str, Row] = {
    "send_share": Row(LEADS, _sending),
    "renew_share_code": Row(LEADS, _share({"code_route": "phone"})),
    "confirm_share": Row(LEADS | {R.HEADTEACHER}, _confirming),
    "answer_correction": Row(
        LEADS, _share({"accepted": False, "reason": SENTINEL}, said="correction_requested")
    ),
    "answer_recipient": Row(LEADS, _share({"text": SENTINEL}, said="question")),
    "list_share_openings": Row(LEADS | {R.HEADTEACHER}, _opened),
    "open_link": Row(ANYBODY, _look),
    "enter_code": Row(ANYBODY, _enter),
    "ask_for_code": Row(ANYBODY, _look),
    "read_shared": Row(ANYBODY, _within()),
    "download_shared_snapshot": Row(ANYBODY, _within()),
    "acknowledge_shared": Row(ANYBODY, _within({"by": SENTINEL})),
    "reply_to_shared": Row(ANYBODY, _within({"kind": "reply", "text": SENTINEL})),
    "return_outcome": Row(ANYBODY, _outcome),
    "end_recipient_session": Row(ANYBODY, _within()),
}
