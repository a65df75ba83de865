"""Handing over a leaver's work: who may, and a valid request."""

from tests.security.rows import SIGNERS, R, Row
from tests.security.scenes import SENTINEL, Call, Scene


async def _hand_over(scene: Scene) -> Call:
    await scene.concern()
    staff = await scene.someone(R.DEPUTY_DSL)
    body = {"to": str(scene.school[R.DSL].id), "reason": SENTINEL}
    return Call({"staff_id": staff}, body)


ROWS: dict[str, Row] = {"hand_over_work": Row(SIGNERS, _hand_over)}
