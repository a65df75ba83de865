"""What tests of the recipient pages make first, and a browser without scripts in a few lines."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx

from tests.api.records import a_concern, a_contact, a_share, a_status
from tests.api.shared import an_approved, send, step
from tests.world import School, World

OURS = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
"""What a browser says of a form that one of our pages sent, under `no-referrer`."""
ACCOUNT = [
    {"kind": "observed", "text": "Alex had a red mark on his arm after lunch.\nHe was quiet."},
    {
        "kind": "child_said",
        "text": "I fell off the frame and Sam Field helped me.",
        "prompted_by": "Can you tell me what happened?",
    },
    {"kind": "told_by", "text": "He was crying.", "told_by": "a dinner lady"},
    {"kind": "opinion", "text": "The mark fits what he said.", "basis": "Where the mark is."},
]
MARKS = [
    {"view": "front", "x": 0.74, "y": 0.3, "region": "upper_arm_outer_l", "size_mm": 22,
     "colour": "red", "shape": "oval", "explanation": "He said he fell."},
    {"view": "hand_palm_l", "x": 0.5, "y": 0.6, "region": "hand_palm_l", "size_mm": 8,
     "colour": "pink", "shape": "line"},
]  # fmt: skip
PARTS = ["account", "amendments", "place", "categories", "body_map", "decisions", "actions",
         "outcome", "self_harm"]  # fmt: skip


@dataclass
class Link:
    """Something that was sent: where it leads and what opens it."""

    id: str
    token: str
    code: str


class Visitor:
    """Somebody with a browser that runs no script and keeps cookies."""

    def __init__(self, world: World, link: Link, **headers: str) -> None:
        self.link = link
        self.home = f"/shared/{link.token}"
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(world.application, raise_app_exceptions=False),
            base_url="http://cairn.test",
            headers=headers,
        )
        self.page = ""

    async def get(self, part: str = "", **headers: str) -> httpx.Response:
        """Load the page, or a part of it."""
        return self._kept(await self.http.get(self.home + part, headers=headers))

    async def send(
        self, part: str, headers: dict[str, str] | None = None, **fields: str
    ) -> httpx.Response:
        """Send a form of the page that was seen last."""
        sent = {"form": self.secret, "lang": "en"} | fields
        answer = await self.http.post(
            f"{self.home}/{part}", data=sent, headers=OURS if headers is None else headers
        )
        return self._kept(answer)

    async def enter(self, code: str | None = None) -> httpx.Response:
        """Look at the link and type its code."""
        await self.get()
        return await self.send("code", code=code or self.link.code)

    async def open(self) -> httpx.Response:
        """Type the code and read."""
        entered = await self.enter()
        assert entered.status_code == 303, entered.text
        return await self.get()

    @property
    def secret(self) -> str:
        """The secret in the forms of the page that was seen last."""
        found = re.search(r'name="form" value="([^"]*)"', self.page)
        return found[1] if found else ""

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.page = answer.text
        return answer


def words_of(page: str) -> str:
    """What a page says, without its markup, spaces run together."""
    text = re.sub(r"<(title|script|style)[^>]*>.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(text))


async def a_link(world: World, school: School, **fields: Any) -> Link:
    """A share of one plain concern that was sent by hand."""
    share = await an_approved(world, school, **fields)
    answer = await send(school, share, by_hand=True)
    assert answer.status_code == 200, answer.text
    return Link(share.id, share.token, share.code)


async def a_rich_link(
    world: World, school: School, *, language: str = "en", name: str = "Kim Marsh", **concern: Any
) -> Link:
    """A share with everything that a page can show: two children, marks, a removed passage."""
    world.sql("delete from rate_limit")
    child = await school.child(known_given_name="Ali")
    other = await school.child("Sam", "Field")
    contact = await a_contact(world, school, child, name=name)
    marks = [mark | {"child_id": str(child)} for mark in MARKS]
    about: dict[str, Any] = {
        "account": ACCOUNT,
        "body_map": marks,
        "place": "The playground",
        "context": "school",
    }
    concern_id = await a_concern(school, child, other, **(about | concern))
    told = (await school.lead.get(f"/v1/concerns/{concern_id}")).json()
    cut = {"statement_id": told["account"][0]["id"], "start": 0, "end": 4, "reason": "Not needed"}
    item = {"kind": "concern", "id": concern_id, "include": PARTS, "redactions": [cut]}
    body = a_share(
        child, {"via": "contact", "contact_id": contact},
        purpose_detail="We spoke on the phone.\n\nPlease read this when you have a quiet moment.",
        items=[item, {"kind": "status", "id": await a_status(world, school, child)}],
    )  # fmt: skip
    drafted = await school.lead.post("/v1/shares", body)
    assert drafted.status_code == 201, drafted.text
    id_ = drafted.json()["id"]
    approved = await step(school.lead, id_, "approve", {"reason": "She has to know."})
    assert approved.json()["state"] == "approved", approved.text
    sending = {"code_route": "phone", "by_hand": True, "language": language}
    sent = await step(school.lead, id_, "send", sending)
    assert sent.status_code == 200, sent.text
    return Link(id_, sent.json()["link"].rpartition("/")[2], sent.json()["code"])


async def a_referral_link(world: World, school: School, **fields: Any) -> Link:
    """A referral that went to an agency by a link."""
    world.sql("delete from rate_limit")
    child = await school.child()
    agency = await school.lead.post(
        "/v1/agencies", {"name": "Front door", "kind": "social_care", "route": "portal_link"}
    )
    concern = await a_concern(school, child, account=ACCOUNT, body_map=MARKS)
    body = {
        "child_id": str(child), "agency_id": agency.json()["id"], "kind": "early_help",
        "urgency": "urgent", "concern_id": concern, "lawful_basis": "public_task",
        "prefill": False,
        "fields": {
            "needs": {"state": "value", "value": "Help with mornings."},
            "family_view": {"state": "not_known"},
            "referrer": {"state": "value", "value": {"name": "Kit Roe", "role": "Lead"}},
        },
        "consent": {"parents_informed": "yes", "consent_given": "yes", "by": "Kim Marsh"},
        "items": [{"kind": "concern", "id": concern, "include": ["account", "body_map"]}],
    }  # fmt: skip
    drafted = await school.lead.post("/v1/referrals", body | fields)
    assert drafted.status_code == 201, drafted.text
    id_ = drafted.json()["id"]
    approved = await referral_step(school, id_, "approve", {"reason": "They ask for help."})
    assert approved.json()["state"] == "approved", approved.text
    sent = await referral_step(school, id_, "link", {"code_route": "phone", "by_hand": True})
    assert sent.status_code == 200, sent.text
    return Link(id_, sent.json()["link"].rpartition("/")[2], sent.json()["code"])


async def referral_step(school: School, id_: str, verb: str, body: Any) -> httpx.Response:
    """Take a step at the referral's present version."""
    read = await school.lead.get(f"/v1/referrals/{id_}")
    version = read.headers["etag"].strip('"')
    return await school.lead.post(f"/v1/referrals/{id_}/{verb}", body, version=version)


def openings_of(world: World, link: Link) -> int:
    """How often the trail says that it was read."""
    rows = world.sql(
        "select count(*) from trail where noun_id = %s and verb in ('share.read', 'referral.read')",
        link.id,
    )
    return int(rows[0][0])
