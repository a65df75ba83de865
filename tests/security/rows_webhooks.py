"""Who may do what with webhooks."""

from datetime import timedelta
from typing import Any

from app.core import clock
from app.core.words import Role
from tests.security.rows import ADMIN, R, Row, plain
from tests.security.scenes import Call, Recipe, Scene

CHANGERS = ADMIN | {R.DSL}


def an_endpoint() -> dict[str, Any]:
    """A body that adds an endpoint."""
    return {"url": "https://receiver.example/hook", "kinds": ["staff.added"]}


async def _room(scene: Scene) -> None:
    """A school can have so many only; those of other tests are removed."""
    scene.world.sql(
        "update webhook set state = 'ended', ended_at = now(), secret = null, due_at = null "
        "where school_id = %s and state <> 'ended'",
        scene.school.id,
    )


async def _add(scene: Scene) -> Call:
    await _room(scene)
    return Call(json=an_endpoint())


async def _made(scene: Scene) -> str:
    await _room(scene)
    admin = scene.by(Role.SCHOOL_ADMIN)
    return str((await scene.made_by(admin, "/v1/webhooks", an_endpoint()))["id"])


def _webhook(body: Any = None, *, versioned: bool = False) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        made = await _made(scene)
        return Call({"webhook_id": made}, body, version=1 if versioned else None)

    return recipe


async def _delivery(scene: Scene) -> Call:
    made = await _made(scene)
    admin = scene.by(Role.SCHOOL_ADMIN)
    answer = await admin.post(f"/v1/webhooks/{made}/test")
    return Call({"webhook_id": made, "delivery_id": answer.json()["id"]})


async def _delivered(scene: Scene) -> Call:
    return Call({"webhook_id": (await _delivery(scene)).ids["webhook_id"]})


async def _replay(scene: Scene) -> Call:
    since = (clock.now() - timedelta(days=1)).isoformat()
    return Call({"webhook_id": await _made(scene)}, {"since": since})


ROWS = {
    "list_webhooks": Row(CHANGERS, plain(), foreign=None),
    "add_webhook": Row(CHANGERS, _add, foreign=None),
    "get_webhook": Row(CHANGERS, _webhook()),
    "update_webhook": Row(CHANGERS, _webhook({"description": "SIS"}, versioned=True)),
    "rotate_webhook": Row(CHANGERS, _webhook(versioned=True)),
    "remove_webhook": Row(CHANGERS, _webhook(versioned=True)),
    "test_webhook": Row(CHANGERS, _webhook()),
    "replay_webhook": Row(CHANGERS, _replay),
    "list_webhook_deliveries": Row(CHANGERS, _delivered),
    "get_webhook_delivery": Row(CHANGERS, _delivery),
    "replay_webhook_delivery": Row(CHANGERS, _delivery),
}
