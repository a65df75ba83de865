"""What tests of referrals make first: an agency, a draft, and referrals taken on to a state."""

from typing import Any
from uuid import UUID

import httpx

from app.core import clock
from app.core.words import Role
from tests.api.leaving_files import word_for
from tests.api.records import a_concern
from tests.world import Api, School, World

ANSWERS = {
    "needs": {"state": "value", "value": "Help with mornings."},
    "family_view": {"state": "not_known"},
    "referrer": {"state": "value", "value": {"name": "Kit Roe", "role": "Lead"}},
}
CONSENT = {"parents_informed": "yes", "consent_given": "yes", "by": "Kim Marsh"}


def now() -> str:
    """This moment, as bodies say it."""
    return clock.now().isoformat()


async def an_agency(school: School, **fields: Any) -> str:
    """A front door."""
    body = {"name": "Front door", "kind": "social_care", "route": "phoned"} | fields
    answer = await school.lead.post("/v1/agencies", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def a_body(school: School, agency: str, **fields: Any) -> dict[str, Any]:
    """A referral that can be approved, of a child of its own."""
    child = await school.child()
    concern = await a_concern(school, child)
    return {
        "child_id": str(child), "agency_id": agency, "kind": "early_help", "urgency": "routine",
        "concern_id": concern, "fields": ANSWERS, "consent": CONSENT, "prefill": False,
        "lawful_basis": "public_task", "items": [{"kind": "concern", "id": concern}],
    } | fields  # fmt: skip


async def a_draft(school: School, body: dict[str, Any]) -> str:
    """The id of a drafted referral; what agencies may try from their one network begins again."""
    school.world.sql("delete from rate_limit")
    answer = await school.lead.post("/v1/referrals", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def step(api: Api, id_: str, verb: str, body: Any) -> httpx.Response:
    """Take a step at the referral's present version."""
    read = await api.get(f"/v1/referrals/{id_}")
    return await api.post(
        f"/v1/referrals/{id_}/{verb}", body, version=read.headers["etag"].strip('"')
    )


async def a_sent(school: School, body: dict[str, Any], **sending: Any) -> str:
    """The id of a referral that was approved and sent."""
    id_ = await a_draft(school, body)
    word = await word_for(school.lead, f"/v1/referrals/{id_}")
    body = {"reason": "They ask for help.", "attachments": word}
    approved = await step(school.lead, id_, "approve", body)
    assert approved.status_code == 200, approved.text
    how = {"route": "secure_email", "at": now(), "to": "MASH"} | sending
    sent = await step(school.lead, id_, "send", how)
    assert sent.status_code == 200, sent.text
    return id_


async def a_key(world: World, school: School, agency: str) -> Api:
    """The API as the agency's own system."""
    made = await school.lead.post(f"/v1/agencies/{agency}/keys", {"name": "Case system"})
    assert made.status_code == 201, made.text
    key = made.json()
    form = {
        "grant_type": "client_credentials", "client_id": key["id"], "client_secret": key["secret"],
    }  # fmt: skip
    answer = await world.anybody.request("POST", "/v1/auth/token", data=form)
    assert answer.status_code == 200, answer.text
    return world.as_token(answer.json()["access_token"])


def alerts_of(world: World, school: School, role: Role) -> list[str]:
    """The kinds of alert in somebody's inbox, oldest first."""
    rows = world.sql(
        "select kind from alert where recipient_id = %s order by created_at, id", school[role].id
    )
    return [kind for (kind,) in rows]


def due_rule(world: World, id_: str | UUID) -> str:
    """The rule of the clock that runs."""
    [(rule,)] = world.sql(
        "select rule_id from deadline where thing_id = %s and ended_at is null", id_
    )
    return str(rule)
