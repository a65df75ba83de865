"""Concerns about adults as tests raise them and take them on."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from app.core import clock
from tests.world import Api, World

ROOT = "/v1/adult-concerns"
NARRATIVE = "He drove Alex home alone."


def adult_body(staff_id: UUID | str | None, **more: Any) -> dict[str, Any]:
    """A body that raises a concern about a member of staff."""
    return {
        "about": {"staff_id": str(staff_id)} if staff_id else {"name": "Kit Roe", "role": "supply"},
        "kind": "low_level",
        "account": [{"kind": "observed", "text": NARRATIVE}],
        "occurred_at": (clock.now() - timedelta(hours=2)).isoformat(),
        "place": "Car park",
        **more,
    }


async def raise_about(api: Api, staff_id: UUID | str | None, **more: Any) -> dict[str, Any]:
    """Raise one; the receipt."""
    answer = await api.post(ROOT, adult_body(staff_id, **more))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def version_of(world: World, concern: str) -> int:
    """The present version of one."""
    number: int = world.sql("select version from adult_concern where id = %s", concern)[0][0]
    return number


def row_of(world: World, concern: str, column: str) -> Any:
    """One column of one."""
    return world.sql(f"select {column} from adult_concern where id = %s", concern)[0][0]  # noqa: S608


async def step(
    world: World, api: Api, concern: str, verb: str, body: Any = None, **options: Any
) -> httpx.Response:
    """Take one a step further, at its present version."""
    options.setdefault("version", version_of(world, concern))
    return await api.post(f"{ROOT}/{concern}/{verb}", body, **options)


ALLEGATION = {
    "threshold": "allegation",
    "harm_tests": ["risk_of_harm"],
    "reason": "A second time.",
}
LOW_LEVEL = {"threshold": "low_level", "reason": "Against the code of conduct."}


async def ids_of(api: Api, query: str = "") -> set[str]:
    """The ids a reader's list shows."""
    answer = await api.get(f"{ROOT}?limit=200{query}")
    if answer.status_code == 403:
        return set()
    assert answer.status_code == 200, answer.text
    return {row["id"] for row in answer.json()["items"]}
