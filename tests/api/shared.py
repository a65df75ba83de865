"""What tests of links make first: shares that were sent, and the recipient's side of the API."""

import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from tests.api.records import a_concern, a_contact, a_share
from tests.world import Api, School, World

HEADER = "Cairn-Recipient-Session"


@dataclass
class Sent:
    """A share that was sent, as whoever made it and whoever has it know it."""

    id: str
    contact: str
    concern: str
    child: UUID
    answer: dict[str, Any]

    @property
    def token(self) -> str:
        """What the link carries."""
        return str(self.answer["link"]).rpartition("/")[2]

    @property
    def code(self) -> str:
        """The code that was told by another way."""
        return str(self.answer["code"])


class Recipient:
    """The API as somebody has it who was sent a link, at an address of their own."""

    def __init__(self, world: World, token: str, address: str | None = None) -> None:
        self.token, self.session = token, ""
        octets = (secrets.randbelow(254) + 1 for _ in range(3))
        self.address = address or "10." + ".".join(map(str, octets))
        self._world = world
        transport = httpx.ASGITransport(
            world.application, raise_app_exceptions=False, client=(self.address, 4711)
        )
        self._http = httpx.AsyncClient(transport=transport, base_url=world.http.base_url)

    async def request(
        self, method: str, part: str = "", body: Any = None, key: str | None = None
    ) -> httpx.Response:
        """Send something in the session, held against the description."""
        headers = {HEADER: self.session} if self.session else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        options: dict[str, Any] = {} if body is None else {"json": body}
        answer = await self._http.request(method, self.path + part, headers=headers, **options)
        self._world.description.judge(answer)
        return answer

    @property
    def path(self) -> str:
        """Where the link leads in the API."""
        return f"/v1/shared/{self.token}"

    async def look(self) -> httpx.Response:
        """What the link waits for."""
        return await self.request("GET")

    async def enter(self, code: str) -> httpx.Response:
        """Try a code; a session that begins is kept."""
        answer = await self.request("POST", "/code", {"code": code})
        if answer.status_code == 201:
            self.session = answer.json()["session"]
        return answer

    async def read(self, part: str = "content") -> httpx.Response:
        """Read what was shared."""
        return await self.request("GET", f"/{part}")

    async def post(self, part: str, body: Any = None, key: str | None = None) -> httpx.Response:
        """Send something back."""
        return await self.request("POST", f"/{part}", body, key)


async def step(api: Api, share_id: str, verb: str, body: Any) -> httpx.Response:
    """Take a step at the share's present version."""
    read = await api.get(f"/v1/shares/{share_id}")
    version = read.headers["etag"].strip('"')
    return await api.post(f"/v1/shares/{share_id}/{verb}", body, version=version)


async def an_approved(
    world: World, school: School, *, contact: dict[str, Any] | None = None, **fields: Any
) -> Sent:
    """A share that was approved and is not sent yet.

    All recipients of all tests come from one network: what it may try begins again.
    """
    world.sql("delete from rate_limit")
    child = await school.child()
    contact_id = await a_contact(world, school, child, **(contact or {}))
    concern = await a_concern(school, child)
    body = a_share(child, {"via": "contact", "contact_id": contact_id}, concern, **fields)
    drafted = await school.lead.post("/v1/shares", body)
    assert drafted.status_code == 201, drafted.text
    id_ = drafted.json()["id"]
    approved = await step(school.lead, id_, "approve", {"reason": "She has to know."})
    assert approved.json()["state"] == "approved", approved.text
    return Sent(id_, contact_id, concern, child, {})


async def send(
    school: School, share: Sent, code_route: str = "phone", **fields: Any
) -> httpx.Response:
    """Send it, and keep what that answered."""
    answer = await step(school.lead, share.id, "send", {"code_route": code_route} | fields)
    if answer.status_code == 200:
        share.answer = answer.json()
    return answer


async def a_sent(world: World, school: School, **fields: Any) -> Sent:
    """A share that was sent by hand."""
    share = await an_approved(world, school, **fields)
    answer = await send(school, share, by_hand=True)
    assert answer.status_code == 200, answer.text
    return share


async def an_opened(world: World, school: School, share: Sent) -> Recipient:
    """The recipient of a share, in a session."""
    recipient = Recipient(world, share.token)
    answer = await recipient.enter(share.code)
    assert answer.status_code == 201, answer.text
    return recipient
