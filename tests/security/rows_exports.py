"""Exports of the whole school: who orders, stands for, stops and fetches one."""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

from app.core.ids import new_id
from tests.exports import PUBLIC, THUMBPRINT
from tests.security.rows import R, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene

ORDERERS = frozenset({R.DSL, R.HEADTEACHER, R.SCHOOL_ADMIN})
APPROVERS = frozenset({R.DSL, R.HEADTEACHER})
REASON = {"reason": SENTINEL}
FILE = b"an encrypted school"


async def _order(scene: Scene) -> Call:
    """The only one under way in any school."""
    scene.world.sql(
        "update school_export set state = 'cancelled', ended_at = now()"
        " where state in ('asked', 'approved', 'running')"
    )
    return Call(json={"reason": SENTINEL, "public_key": PUBLIC})


async def _chunks() -> AsyncIterator[bytes]:
    yield FILE


def _export(state: str = "asked", body: Any = None, *, change: bool = False) -> Recipe:
    """An export that somebody else ordered, in a state."""

    async def recipe(scene: Scene) -> Call:
        made, key = str(new_id()), None
        if state == "ready":
            key = f"exports/{scene.school.id}/{made}"
            await scene.world.runtime.storage.put(key, _chunks(), limit=100)
        scene.world.sql(
            "insert into school_export (school_id, id, reason, public_key, thumbprint, ordered_by,"
            " by_key, ordered_at, state, key, sha256, size, expires_at, changed_at)"
            " values (%s, %s, %s, '{}', %s, %s, false, now(), %s, %s, %s, %s,"
            " now() + interval '1 day', now())",
            scene.school.id, made, SENTINEL, THUMBPRINT, scene.school[R.STAFF].id, state, key,
            sha256(FILE).hexdigest() if key else None, len(FILE) if key else None,
        )  # fmt: skip
        scene.made.add(made)
        return Call({"export_id": made}, body, version=1 if change else None)

    return recipe


ROWS = {
    "request_school_export": Row(ORDERERS, _order, foreign=None, once=True),
    "list_school_exports": Row(ORDERERS, plain(), foreign=None),
    "get_school_export": Row(ORDERERS, _export()),
    "approve_school_export": Row(APPROVERS, _export(body={"thumbprint": THUMBPRINT}, change=True)),
    "refuse_school_export": Row(APPROVERS, _export(body=REASON, change=True)),
    "cancel_school_export": Row(ORDERERS, _export("running", REASON, change=True)),
    "download_school_export": Row(ORDERERS, _export("ready")),
}
