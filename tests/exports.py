"""Exports of a school for tests: a key, an order, and the job that writes it."""

import json
from typing import Any

import httpx

from app.core.words import Permission
from app.formats.packets import new_key, public_key, thumbprint, write_keys
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters, Run
from app.jobs.school_exports import write_export
from tests.transfers import adapters_of
from tests.world import Api, School, World

KEY = new_key("enc")
THUMBPRINT = thumbprint(KEY)
_JWK: dict[str, Any] = json.loads(write_keys([public_key(KEY)]))["keys"][0]
PUBLIC = {name: _JWK[name] for name in ("kty", "crv", "x", "y")}
REASON = "We change our supplier."


def order(api: Api, **more: Any) -> Any:
    """Order an export to the key."""
    return api.post("/v1/exports", {"reason": REASON, "public_key": PUBLIC}, **more)


async def ordered(api: Api) -> dict[str, Any]:
    """An export that was ordered."""
    answer = await order(api)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/exports/{found['id']}"
    return found


async def at(api: Api, export_id: str) -> httpx.Response:
    """How it stands."""
    answer = await api.get(f"/v1/exports/{export_id}")
    assert answer.status_code == 200, answer.text
    return answer


async def change(
    api: Api, export_id: str, step: str, body: dict[str, Any], reader: Api | None = None
) -> httpx.Response:
    """A step of it, by the version it has now."""
    version = (await at(reader or api, export_id)).headers["etag"].strip('"')
    return await api.post(f"/v1/exports/{export_id}/{step}", body, version=version)


async def approve(api: Api, export_id: str, key: str = THUMBPRINT) -> httpx.Response:
    """Stand for it."""
    return await change(api, export_id, "approve", {"thumbprint": key})


def run_of(world: World, school: School, export_id: str, adapters: Adapters | None = None) -> Run:
    """The job that writes it."""
    used = adapters or adapters_of(world)
    return Run(
        used, build_queue(used), {"school_id": str(school.id), "export_id": export_id}
    )  # fmt: skip


async def write(
    world: World, school: School, export_id: str, adapters: Adapters | None = None
) -> None:
    """Do what the worker does."""
    await write_export(run_of(world, school, export_id, adapters))


async def a_key(world: World, school: School, *scopes: Permission) -> Api:
    """A program with a service key."""
    _, token = await world.a_service_key(school.id, *scopes)
    return Api(world, token)
