"""The agreement behind a share: its kinds are kept apart and shown as they are."""

from typing import Any

import pytest

from tests.api.records import a_concern, a_contact, a_share
from tests.api.shared import step
from tests.world import School, World

KINDS = ("service_agreement", "data_protection_consent", "medical_consent")


def an_agreement(kind: str) -> dict[str, Any]:
    """An agreement of a mother."""
    return {"kind": kind, "by": "Kim Marsh", "date": "2026-11-02"}


async def drafted(world: World, school: School, **fields: Any) -> dict[str, Any]:
    """A share for a contact."""
    child = await school.child()
    contact = await a_contact(world, school, child)
    concern = await a_concern(school, child)
    body = a_share(child, {"via": "contact", "contact_id": contact}, concern, **fields)
    answer = await school.lead.post("/v1/shares", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestAgreement:
    @pytest.mark.parametrize("kind", KINDS)
    async def test_is_kept_and_shown_with_its_kind(
        self, world: World, school: School, kind: str
    ) -> None:
        share = await drafted(world, school, agreement=an_agreement(kind))
        assert share["agreement"] == an_agreement(kind)
        approved = await step(school.lead, share["id"], "approve", {"reason": "She agreed."})
        assert approved.status_code == 200, approved.text
        shown = (await school.lead.get(f"/v1/shares/{share['id']}")).json()
        assert shown["agreement"] == an_agreement(kind)
        assert shown["lawful_basis"] == "public_task"

    async def test_is_changed_and_taken_away_while_it_is_drafted(
        self, world: World, school: School
    ) -> None:
        share = await drafted(world, school, agreement=an_agreement(KINDS[0]))
        path = f"/v1/shares/{share['id']}"
        changed = await school.lead.patch(path, {"agreement": an_agreement(KINDS[2])}, version=1)
        assert changed.json()["agreement"] == an_agreement(KINDS[2])
        other = await school.lead.patch(path, {"purpose_detail": "Asked for."}, version=2)
        assert other.json()["agreement"] == an_agreement(KINDS[2])
        gone = await school.lead.patch(path, {"agreement": None}, version=3)
        assert gone.json()["agreement"] is None

    async def test_is_of_a_known_kind(self, world: World, school: School) -> None:
        share = await drafted(world, school)
        refused = await school.lead.patch(
            f"/v1/shares/{share['id']}", {"agreement": an_agreement("consent")}, version=1
        )
        assert refused.status_code == 422
        assert share["agreement"] is None
