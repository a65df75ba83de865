"""Plays the parent or agency behind a link, by the same public operations as a real one."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import httpx
from fastapi import FastAPI

from app.api.recipients import SESSION_HEADER
from app.core.words import Actor
from app.db.models import RecipientLink
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.sharing.recipient_links import rules

LINK: Final = re.compile(r"/shared/([A-Za-z0-9_-]+)")
DOORS: Final = {"acknowledge": "acknowledge", "reply": "replies", "outcome": "outcome"}
"""What is given, and the last part of the address of its operation."""


async def link_of(database: Database, tokens: Iterable[str], code: str) -> str | None:
    """The token of the link that a code opens, or opened last: nobody is told, nothing counted."""
    for token in tokens:
        named = rules.read_token(token)
        async with open_work(database, Actor.system(named.school_id)) as work:
            link = await work.recipients.find(RecipientLink, named.link_id)
        macs = (link.code_mac, link.spent_mac) if link else ()
        if any(rules.is_code(code, named.secret, mac) for mac in macs):
            return token
    return None


async def play(
    app: FastAPI, token: str, code: str, acts: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Enter the code, read what is there, and do each act; end where something is refused."""
    done: list[dict[str, Any]] = []
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://sandbox.localhost"
    ) as client:

        async def ask(method: str, door: str, body: Any = None) -> bool:
            answer = await client.request(method, f"/v1/shared/{token}/{door}", json=body)
            request = f"{method} /v1/shared/{{token}}/{door}"
            done.append({"request": request, "status": answer.status_code, "body": answer.json()})
            return answer.is_success

        if not await ask("POST", "code", {"code": code}):
            return done
        client.headers[SESSION_HEADER] = done[0]["body"]["session"]
        if not await ask("GET", "content"):
            return done
        for name, body in acts.items():
            if not await ask("POST", DOORS[name], body):
                break
    return done
