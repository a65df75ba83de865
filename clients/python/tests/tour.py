"""Everything the client is for, against a real server. tests/clients/test_clients.py runs it."""

import asyncio
import os
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

import httpx
from cairn_client import Cairn, Conflict, NoAnswer, Problem, Retries, Tokens, items, new_id
from cairn_client.api import (
    acknowledge_concern,
    list_concerns,
    list_service_keys,
    open_child,
    open_concern,
    raise_concern,
    search_children,
    update_child,
)

if TYPE_CHECKING:
    from cairn_client.models import ConcernIn

URL, CHILD = os.environ["CAIRN_URL"], os.environ["CHILD"]


async def refused(call: Awaitable[object]) -> Problem:
    """The problem a call ends with."""
    try:
        await call
    except Problem as problem:
        return problem
    raise AssertionError("It was not refused.")


def report(text: str) -> "ConcernIn":
    """A report about the child."""
    return {"children": [{"child_id": CHILD}], "account": [{"text": text}]}


async def signing_in(cairn: Cairn, kept: list[Tokens | None]) -> Tokens:
    """A wrong password is a problem with a code; a right one asks for the second factor."""
    email, password = os.environ["EMAIL"], os.environ["PASSWORD"]
    assert (await refused(cairn.sign_in(email, "not this one"))).code == "credentials_refused"
    assert (await refused(cairn.sign_in(email, password))).code == "otp_needed"
    tokens = await cairn.sign_in(email, password, otp=lambda: os.environ["OTP"])
    assert tokens["second_factor"] == "done"
    assert len(kept) == 1
    return tokens


async def raising(cairn: Cairn) -> str:
    """The answer to the first attempt is lost; what is wrong with a body is said by field."""
    key = new_id()
    raised = await raise_concern(cairn, body=report("One."), idempotency_key=key)
    wrong: ConcernIn = {"children": [], "account": []}
    problem = await refused(raise_concern(cairn, body=wrong))
    assert problem.status == 422
    assert "/account" in [one["pointer"] for one in problem.errors]
    assert "/account: " in str(problem)
    return raised["id"]


async def paging(cairn: Cairn) -> None:
    """A list in pages of two."""
    for text in ("Two.", "Three.", "Four.", "Five."):
        await raise_concern(cairn, body=report(text))
    listed = items(lambda cursor: list_concerns(cairn, child_id=CHILD, limit=2, cursor=cursor))
    assert len({one["id"] async for one in listed}) == 5
    found = items(lambda _: search_children(cairn, body={"q": "Marsh"}))
    assert CHILD in [one["id"] async for one in found]


async def changing(cairn: Cairn, concern_id: str, tokens: Tokens) -> None:
    """Each change is of the version last read; a conflict has both versions."""
    await open_concern(cairn, concern_id=concern_id)
    await acknowledge_concern(cairn, concern_id=concern_id)
    await open_child(cairn, child_id=CHILD)
    await update_child(cairn, child_id=CHILD, body={"year_group": "8"})
    await update_child(cairn, child_id=CHILD, body={"year_group": "9"})
    async with Cairn(URL) as other:
        other.adopt(tokens)
        await open_child(other, child_id=CHILD)
        await update_child(other, child_id=CHILD, body={"year_group": "10"})
    problem = await refused(update_child(cairn, child_id=CHILD, body={"year_group": "11"}))
    assert isinstance(problem, Conflict)
    assert problem.mine == {"year_group": "11"}
    theirs: Any = problem.theirs
    assert theirs["year_group"] == "10"
    assert problem.etag is not None
    await update_child(cairn, child_id=CHILD, body={"year_group": "11"})  # over theirs
    try:  # what is no POST is not sent twice: nobody knows whether it was done
        await update_child(cairn, child_id=CHILD, body={"year_group": "12"})
    except NoAnswer:
        return
    raise AssertionError("It was answered.")


async def following(cairn: Cairn) -> None:
    """Events, over a break of the connection: none is lost, none comes twice."""
    ready = asyncio.Event()
    told: list[str] = []

    async def first() -> None:
        await ready.wait()
        await raise_concern(cairn, body=report("Six."))

    raising_first = asyncio.create_task(first())
    third = ""
    async for one in cairn.events(kinds=["concern.raised"], on_ready=ready.set):
        told.append(str(one.event))
        if len(told) == 2:
            break
        async with httpx.AsyncClient() as plain:
            await plain.get(f"{URL}/cut")
        third = (await raise_concern(cairn, body=report("Seven.")))["id"]
    await raising_first
    assert third in told[1]


async def refreshing(cairn: Cairn, tokens: Tokens, kept: list[Tokens | None]) -> None:
    """Many calls at once as the token is refused: one refresh."""
    kept.clear()
    cairn.adopt({**tokens, "access_token": f"{tokens['access_token']}x"})
    await asyncio.gather(*(list_concerns(cairn) for _ in range(3)))
    assert len(kept) == 2


async def with_a_key() -> None:
    """A program signs in with its key, and again when its token ends."""
    async with Cairn(URL) as program:
        tokens = await program.sign_in_with_key(os.environ["KEY_ID"], os.environ["KEY_SECRET"])
        assert (await refused(list_service_keys(program))).status == 403
        program.adopt({"access_token": f"{tokens['access_token']}x", "expires_in": -1})
        assert (await refused(list_service_keys(program))).status == 403


async def main() -> None:
    """All of it."""
    kept: list[Tokens | None] = []
    async with Cairn(URL, retries=Retries(pause=0.05), on_tokens=kept.append) as cairn:
        tokens = await signing_in(cairn, kept)
        concern_id = await raising(cairn)
        await paging(cairn)
        await changing(cairn, concern_id, tokens)
        await following(cairn)
        await refreshing(cairn, tokens, kept)
        await with_a_key()
        await cairn.sign_out()
        assert (await refused(list_concerns(cairn))).status == 401
    print("done")


asyncio.run(main())
