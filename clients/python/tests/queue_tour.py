"""What becomes of queued writes. tests/clients/test_queues.py runs it."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cairn_client import Cairn, FolderStore, NoAnswer, Queue, Retries, new_id
from cairn_client.api import open_child, raise_concern, update_child
from cryptography.exceptions import InvalidTag

if TYPE_CHECKING:
    from cairn_client.models import ConcernIn

CHILD, FOLDER = os.environ["CHILD"], os.environ["FOLDER"]
KEY = bytes([7] * 32)


def client(name: str) -> Cairn:
    """Cairn as the person of a token."""
    cairn = Cairn(os.environ["CAIRN_URL"], retries=Retries(pause=0.02))
    cairn.adopt({"access_token": os.environ[name], "expires_in": 900})
    return cairn


async def states(queue: Queue) -> list[str]:
    """What becomes of what waits."""
    return [one.state for one in await queue.flush()]


async def year(cairn: Cairn) -> str | None:
    """The year group of the child, read now."""
    return (await open_child(cairn, child_id=CHILD))["year_group"]


async def change(queue: Queue, year_group: str) -> None:
    """Keep a change of the child."""
    await queue.add(update_child, new_id(), child_id=CHILD, body={"year_group": year_group})


async def of_one_version(cairn: Cairn, queue: Queue) -> None:
    """Two changes of one version: the second one goes over what the first one made."""
    await year(cairn)
    await change(queue, "8")
    await change(queue, "9")
    for file in os.scandir(FOLDER):
        kept = Path(file).read_bytes()  # noqa: ASYNC240
        assert b"year_group" not in kept
        assert CHILD.encode() not in kept
    assert await states(queue) == ["sent", "sent"]
    assert await year(cairn) == "9"


async def in_conflict(cairn: Cairn, queue: Queue, colleague: Cairn) -> None:
    """Somebody else was faster: both versions are kept until a person decides."""
    await change(queue, "10")
    await year(colleague)
    await update_child(colleague, child_id=CHILD, body={"year_group": "11"})
    assert await states(queue) == ["conflict"]
    assert await states(queue) == []
    (conflict,) = await queue.entries()
    assert conflict.body == {"year_group": "10"}
    assert isinstance(conflict.theirs, Mapping)
    assert conflict.theirs["year_group"] == "11"
    await queue.retry(conflict.name)
    assert await states(queue) == ["sent"]
    assert await year(cairn) == "10"


async def with_a_lost_answer(queue: Queue) -> None:
    """The answer to a change is lost: it is found to be done, and nobody is asked."""
    await change(queue, "12")
    (lost,) = await queue.flush()
    assert lost.state == "waiting"
    assert isinstance(lost.problem, NoAnswer)
    assert await states(queue) == ["sent"]


async def refused(queue: Queue, teacher: Cairn) -> None:
    """What is refused waits for its author, and nobody else sends it."""
    body: ConcernIn = {"children": [{"child_id": CHILD}], "account": []}
    name = new_id()
    await queue.add(raise_concern, name, body=body)
    assert await states(teacher.queue(FolderStore(FOLDER), KEY)) == []
    assert await states(queue) == ["refused"]
    again = await queue.retry(name, body={**body, "account": [{"text": "He would not eat."}]})
    assert await states(queue) == ["sent"]
    assert again.name != name
    assert await queue.entries() == []


async def main() -> None:
    """All of it."""
    async with client("TOKEN") as cairn, client("TOKEN") as colleague, client("OTHER") as teacher:
        queue = cairn.queue(FolderStore(FOLDER), KEY)
        await of_one_version(cairn, queue)
        await in_conflict(cairn, queue, colleague)
        await with_a_lost_answer(queue)
        await refused(queue, teacher)
        await change(queue, "7")
        try:
            await cairn.queue(FolderStore(FOLDER), bytes([8] * 32)).entries()
        except InvalidTag:
            print("done")


asyncio.run(main())
