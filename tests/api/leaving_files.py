"""What tests of files that leave make first: files of a concern, chosen, confirmed and sent."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from tests.api.record.test_attachments import PDF, attach
from tests.api.records import a_concern, a_contact, a_share
from tests.api.shared import Sent, send, step
from tests.world import Api, School, World

LETTER = PDF + b"A letter of the day."
CALLED = "Zara_Quill_and_Alex.pdf"
"""What the file is called at school: a name of another child in it."""


@dataclass
class Chosen:
    """A draft share with one chosen file."""

    child: UUID
    concern: str
    file: str
    share: str = ""
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where the share is."""
        return f"/v1/shares/{self.share}"


async def a_file(
    world: World,
    school: School,
    concern: str,
    content: bytes = LETTER,
    name: str = CALLED,
    kind: str = "application/pdf",
    *,
    clean: bool = True,
) -> str:
    """A file of a concern, in which the scanner found nothing unless said otherwise."""
    answer = await attach(school.staff, concern, content, name, kind)
    assert answer.status_code == 201, answer.text
    id_ = str(answer.json()["id"])
    if clean:
        world.sql("update attachment set scan_result = 'clean' where id = %s", id_)
    return id_


async def chosen(
    world: World,
    school: School,
    *others: UUID,
    told: str | None = None,
    **file: Any,
) -> Chosen:
    """A share for a mother of a concern with its file, told as `told`: a body to be drafted."""
    world.sql("delete from rate_limit")
    child = await school.child()
    contact = await a_contact(world, school, child)
    concern = await a_concern(school, child, *others)
    made = Chosen(child, concern, await a_file(world, school, concern, **file))
    item = {
        "kind": "concern", "id": concern, "attachments": [{"id": made.file, "name": told}],
    }  # fmt: skip
    made.body = a_share(child, {"via": "contact", "contact_id": contact}, items=[item])
    return made


async def drafted(world: World, school: School, *others: UUID, **more: Any) -> Chosen:
    """The same, drafted."""
    made = await chosen(world, school, *others, **more)
    answer = await school.lead.post("/v1/shares", made.body)
    assert answer.status_code == 201, answer.text
    made.share = answer.json()["id"]
    return made


async def previewed(api: Api, path: str) -> list[dict[str, Any]]:
    """The files of a share or a referral, as its preview lists them."""
    answer = await api.get(f"{path}/preview")
    assert answer.status_code == 200, answer.text
    return [file for item in answer.json()["items"] for file in item.get("attachments", ())]


async def word_for(api: Api, path: str, **said: bool) -> list[dict[str, Any]]:
    """The word of somebody who looked at every file; `said` changes a part of it."""
    every = {"shows_nobody_else": True, "shows_nothing_withheld": True, "warnings_seen": True}
    return [
        {"number": one["number"], "sha256": one["sha256"], **every, **said}
        for one in await previewed(api, path)
    ]


async def approve(school: School, made: Chosen, by: Api | None = None, **said: bool) -> Any:
    """Approve with a word for each file."""
    api = by or school.lead
    body = {"reason": "She has to know.", "attachments": await word_for(api, made.path, **said)}
    return await step(api, made.share, "approve", body)


async def a_sent_file(world: World, school: School, **more: Any) -> tuple[Sent, Chosen]:
    """A share with a file that was approved and sent by hand."""
    made = await drafted(world, school, **more)
    answer = await approve(school, made)
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "approved"
    share = Sent(made.share, "", made.concern, made.child, {})
    sent = await send(school, share, by_hand=True)
    assert sent.status_code == 200, sent.text
    return share, made


def codes(answer: httpx.Response) -> set[tuple[str, str]]:
    """Where something is wrong, and what."""
    return {(one["pointer"], one["code"]) for one in answer.json()["errors"]}
