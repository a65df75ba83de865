"""Who may do what with sources of alerts, and with the alerts they send."""

from datetime import timedelta
from typing import Any

import orjson
from standardwebhooks import Webhook

from app.core import clock
from app.core.ids import new_id
from app.core.words import Permission, Role
from tests.security.rows import ANYBODY, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene

R = Role
KEEPERS = frozenset({R.DSL, R.SCHOOL_ADMIN})
REVIEWERS = frozenset({R.DEPUTY_DSL, R.DSL, R.HEADTEACHER})
SOURCES = "/v1/intake-sources"


def a_source() -> dict[str, Any]:
    """A body that adds a source."""
    return {
        "name": f"Filter {new_id().hex[-8:]}", "kind": "filter",
        "severities": {"danger": "critical"}, "categories": {"suicide": "self_harm"},
    }  # fmt: skip


def an_alert(**fields: Any) -> dict[str, Any]:
    """What a tool sends."""
    return {
        "external_id": f"e-{new_id().hex[-12:]}",
        "occurred_at": (clock.now() - timedelta(minutes=2)).isoformat(),
        "severity": "high",
        "subject": {"username": f"{SENTINEL}{new_id().hex[-9:]}", "name": SENTINEL},
        "snippet": f"{SENTINEL} typed this",
        "matched_terms": [SENTINEL],
        "url": f"https://example.org/{SENTINEL}",
    } | fields


async def _made(scene: Scene) -> dict[str, Any]:
    return await scene.made_by(scene.by(R.SCHOOL_ADMIN), SOURCES, a_source())


async def _add(_scene: Scene) -> Call:
    return Call(json=a_source())


def _source(body: Any = None, *, versioned: bool = True) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        source = await _made(scene)
        return Call({"source_id": str(source["id"])}, body, version=1 if versioned else None)

    return recipe


async def _send(scene: Scene) -> Call:
    return Call(json=an_alert(source=(await _made(scene))["id"]))


async def _send_signed(scene: Scene) -> Call:
    source = await _made(scene)
    content, now = orjson.dumps(an_alert()), clock.now()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(source["signing_secret"]).sign("msg_1", now, content.decode()),
        "Content-Type": "application/json",
    }
    return Call({"source_id": source["id"]}, content=content, headers=headers)


async def _alert(scene: Scene) -> str:
    source = await _made(scene)
    _, token = await scene.world.a_service_key(scene.school.id, Permission.ALERT_INTAKE)
    answer = await scene.world.as_token(token).post(
        "/v1/alert-intake", an_alert(source=source["id"])
    )
    assert answer.status_code == 202, answer.text
    alert = str(answer.json()["id"])
    scene.made.add(alert)
    return alert


def _inbox(body: Any = None, *, read: bool = False) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        return Call({"alert_id": await _alert(scene)}, body, version=None if read else 1)

    return recipe


async def _dismissed(scene: Scene) -> Call:
    """An alert of the tool that asks, dismissed before what settles in a minute."""
    alert = await _alert(scene)
    body = {"reason_code": "false_positive", "reason": f"{SENTINEL} essay"}
    await scene.made_by(scene.lead, f"/v1/monitoring-alerts/{alert}/dismiss", body, 1)
    scene.world.sql(
        "update monitoring_alert set ended_at = now() - interval '2 minutes' where id = %s", alert
    )
    scene.world.sql(
        "update intake_source s set service_key_id = (select k.id from service_key k"
        " where k.school_id = s.school_id and %s = any(k.scopes) order by k.created_at, k.id"
        " limit 1) where s.id = (select source_id from monitoring_alert where id = %s)",
        Permission.ALERT_INTAKE.value, alert,
    )  # fmt: skip
    return Call()


async def _match(scene: Scene) -> Call:
    body = {"child_id": await scene.child(), "reason": f"{SENTINEL} sat there"}
    return Call({"alert_id": await _alert(scene)}, body, version=1)


async def _assign(scene: Scene) -> Call:
    body = {"owner_id": str(scene.school[R.HEADTEACHER].id)}
    return Call({"alert_id": await _alert(scene)}, body, version=1)


async def _take_up(scene: Scene) -> Call:
    call = await _match(scene)
    alert = call.ids["alert_id"]
    await scene.made_by(scene.lead, f"/v1/monitoring-alerts/{alert}/match", call.json, 1)
    body = {"immediacy": "today", "account": f"{SENTINEL} was at the desk"}
    return Call(call.ids, body, version=2)


ROWS = {
    "list_intake_sources": Row(KEEPERS, plain(), foreign=None),
    "add_intake_source": Row(KEEPERS, _add, foreign=None, once=True),
    "get_intake_source": Row(KEEPERS, _source(versioned=False)),
    "update_intake_source": Row(KEEPERS, _source({"kind": "monitoring"})),
    "rotate_intake_source": Row(KEEPERS, _source()),
    "end_intake_source": Row(KEEPERS, _source()),
    "send_monitoring_alert": Row(frozenset(), _send, by_key=Permission.ALERT_INTAKE),
    "list_alert_feedback": Row(
        frozenset(), _dismissed, foreign=None, by_key=Permission.ALERT_INTAKE
    ),
    "send_signed_monitoring_alert": Row(ANYBODY, _send_signed),
    "list_monitoring_alerts": Row(REVIEWERS, plain(), foreign=None),
    "open_monitoring_alert": Row(REVIEWERS, _inbox(read=True)),
    "match_monitoring_alert": Row(REVIEWERS, _match),
    "assign_monitoring_alert": Row(REVIEWERS, _assign),
    "dismiss_monitoring_alert": Row(
        REVIEWERS, _inbox({"reason_code": "false_positive", "reason": f"{SENTINEL} essay"})
    ),
    "take_up_monitoring_alert": Row(REVIEWERS, _take_up),
}
