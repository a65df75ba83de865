"""Referrals beyond the gate: forms, following up, agencies with a key, and personal duties."""

from typing import Any

from app.core import clock
from app.core.words import Permission
from tests.security.rows import IN_SCHOOL, LEADS, R, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene

READ = LEADS | {R.HEADTEACHER}
LEAD = frozenset({R.DSL})
ANSWER = Permission.REFERRAL_ANSWER
VARIANT = {
    "variant": "ourshire", "variant_of": "early_help", "authority": "Ourshire",
    "title": SENTINEL,
}  # fmt: skip


def _now() -> str:
    return clock.now().isoformat()


def _challenge() -> dict[str, Any]:
    return {
        "issue": "threshold", "text": SENTINEL, "whom": "Team manager", "route": "phoned",
        "at": _now(),
    }  # fmt: skip


def _chase() -> dict[str, Any]:
    return {"whom": "Duty desk", "route": "phoned", "at": _now(), "said": SENTINEL}


def _resolution() -> dict[str, Any]:
    return {
        "resolution": "plan_agreed", "text": SENTINEL, "agreed_with": "Ann Day", "at": _now(),
    }  # fmt: skip


def _referral(
    body: Any = None, *, state: str = "sent", read: bool = False, before: Any = None
) -> Recipe:
    """A referral in a state; `before` is a step the lead takes first."""

    async def recipe(scene: Scene) -> Call:
        referral = await scene.referral(state)
        if before is not None:
            verb, made = before
            await scene.made_by(
                scene.lead, f"/v1/referrals/{referral}/{verb}", made(),
                scene.version("referral", referral),
            )  # fmt: skip
        found = body() if callable(body) else body
        version = None if read else scene.version("referral", referral)
        return Call({"referral_id": referral}, found, version=version)

    return recipe


def _sent(body: Any = None) -> Recipe:
    """A referral as the system of its agency names it: the school's keys are that agency's."""

    async def recipe(scene: Scene) -> Call:
        referral = await scene.referral("sent", await agency_of_keys(scene))
        return Call({"referral_id": referral}, body)

    return recipe


async def agency_of_keys(scene: Scene) -> str:
    """The agency of the keys that tests ask with: one for all of them."""
    school = scene.school.id
    rows = scene.world.sql(
        "select agency_id from service_key where school_id = %s and agency_id is not null"
        " and name = 'A program' order by created_at, id limit 1", school,
    )  # fmt: skip
    agency = str(rows[0][0]) if rows else await scene.agency()
    scene.world.sql(
        "update service_key set agency_id = %s where school_id = %s and agency_id is not null"
        " and name = 'A program'", agency, school,
    )  # fmt: skip
    return agency


async def _sent_before(scene: Scene) -> Call:
    await _sent()(scene)
    return Call()


async def _of_keyed(scene: Scene) -> Call:
    return Call({"agency_id": (await _keyed(scene)).ids["agency_id"]})


def _agency(body: Any = None, *, versioned: bool = False) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        agency = await scene.agency()
        version = scene.version("agency", agency) if versioned else None
        return Call({"agency_id": agency}, body, version=version)

    return recipe


async def _keyed(scene: Scene) -> Call:
    agency = await scene.agency()
    made = await scene.made_by(scene.lead, f"/v1/agencies/{agency}/keys", {"name": "System"})
    return Call({"agency_id": agency, "key_id": str(made["id"])}, version=1)


async def _told(scene: Scene) -> Call:
    agency = await scene.agency()
    path, body = f"/v1/agencies/{agency}/webhook", {"url": "https://agency.example/hook"}
    version = scene.version("agency", agency)
    answer = await scene.lead.request("PUT", path, json=body, version=version)
    assert answer.status_code == 200, answer.text
    return Call({"agency_id": agency}, version=scene.version("agency", agency))


async def _own(scene: Scene) -> tuple[str, str]:
    """A child, and a concern about it that whoever acts raised themselves."""
    child = await scene.child()
    body = {
        "children": [{"child_id": child, "role": "subject"}],
        "account": [{"kind": "observed", "text": SENTINEL}],
        "occurred_at": _now(), "occurred_precision": "about", "source": "staff_observation",
        "immediacy": "today", "categories": ["not_sure"],
    }  # fmt: skip
    role = scene.actor.role if scene.actor.role in IN_SCHOOL else R.STAFF
    found = await scene.made_by(scene.by(role), "/v1/concerns", body)
    return child, str(found["id"])


async def _drafting(scene: Scene) -> Call:
    child, concern = await _own(scene)
    return Call(json={"child_id": child, "concern_id": concern, "kind": "fgm_report"})


def _duty(body: Any = None, *, read: bool = False) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        child, concern = await _own(scene)
        role = scene.actor.role if scene.actor.role in IN_SCHOOL else R.STAFF
        found = await scene.made_by(
            scene.by(role), "/v1/mandatory-reports",
            {"child_id": child, "concern_id": concern, "kind": "fgm_report"},
        )  # fmt: skip
        duty = str(found["id"])
        made = body() if callable(body) else body
        version = None if read else scene.version("referral", duty)
        return Call({"referral_id": duty}, made, version=version)

    return recipe


def _call() -> dict[str, Any]:
    return {"route": "phoned", "at": _now(), "to": "101", "note": SENTINEL}


ROWS = {
    "get_referral_kind": Row(READ, plain(kind="lado"), foreign=None),
    "list_referral_variants": Row(READ, plain(), foreign=None),
    "add_referral_variant": Row(LEAD, lambda _scene: _ready(Call(json=VARIANT)), foreign=None),
    "chase_referral": Row(LEADS, _referral(_chase)),
    "challenge_referral": Row(LEADS, _referral(_challenge)),
    "resolve_challenge": Row(LEADS, _referral(_resolution, before=("challenge", _challenge))),
    "withdraw_referral": Row(LEADS, _referral({"reason": SENTINEL})),
    "answer_agency": Row(LEADS, _referral({"text": SENTINEL})),
    "list_referral_missing": Row(READ, _referral(state="draft", read=True)),
    "send_referral_link": Row(LEADS, _referral({"code_route": "phone", "by_hand": True})),
    "create_agency_key": Row(LEAD, _agency({"name": "System"})),
    "list_agency_keys": Row(LEAD, _of_keyed),
    "revoke_agency_key": Row(LEAD, _keyed),
    "set_agency_webhook": Row(
        LEAD, _agency({"url": "https://agency.example/hook"}, versioned=True)
    ),
    "remove_agency_webhook": Row(LEAD, _told),
    "list_sent_referrals": Row(frozenset(), _sent_before, foreign=None, by_key=ANSWER),
    "open_sent_referral": Row(frozenset(), _sent(), by_key=ANSWER),
    "download_sent_referral_json": Row(frozenset(), _sent(), by_key=ANSWER),
    "download_sent_referral_pdf": Row(frozenset(), _sent(), by_key=ANSWER),
    "acknowledge_referral": Row(frozenset(), _sent({"by": "Jo Bell"}), by_key=ANSWER),
    "ask_about_referral": Row(frozenset(), _sent({"text": SENTINEL}), by_key=ANSWER),
    "return_referral_outcome": Row(
        frozenset(), _sent({"outcome": "accepted", "by": "Jo Bell"}), by_key=ANSWER
    ),
    "list_mandatory_reports": Row(IN_SCHOOL, plain(), foreign=None),
    "begin_mandatory_report": Row(IN_SCHOOL, _drafting),
    "open_mandatory_report": Row(IN_SCHOOL, _duty(read=True)),
    "update_mandatory_report": Row(IN_SCHOOL, _duty({"fields": {}})),
    "record_mandatory_report_sent": Row(IN_SCHOOL, _duty(_call)),
    "withdraw_mandatory_report": Row(IN_SCHOOL, _duty({"reason": SENTINEL})),
}


async def _ready(call: Call) -> Call:
    return call
