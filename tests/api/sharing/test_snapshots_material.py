"""What a snapshot is built from, read by sets."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson

from app.core import clock
from app.core.words import Role
from app.db.repositories import shared_items
from app.db.repositories.sharing import shares
from tests.api.pathways import a_pathway
from tests.api.record.test_attachments import attach
from tests.api.records import a_decision, a_status
from tests.kept_safe import a_kept_record
from tests.world import School, World

TYPED = "with t as (select $1::uuid, $2::uuid, $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[])"
"""Before a single part: it says what the places are that the part does not use."""


class TestMaterial:
    """All parts come as JSON in one statement, and must be what the driver would give."""

    async def test_has_the_types_of_its_columns(self, world: World, school: School) -> None:
        child = await school.child(date_of_birth=date(2013, 1, 31))
        other = await school.child("Robin", "Reed", date_of_birth=date(2012, 2, 29))
        mark = {"child_id": str(child), "view": "front", "x": 1, "y": 0.5, "region": "nose_m"}
        concern = await a_pathway(world, school, child, other, place="By the gate", body_map=[mark])
        noted = await school.staff.post(f"/v1/concerns/{concern}/with-adult", {"name": "Ms Hill"})
        assert noted.status_code == 201, noted.text
        await school.staff.post(
            f"/v1/concerns/{concern}/amendments",
            {"kind": "addition", "text": "Later \u2028\u00e9.", "reason": "Remembered."},
        )
        set_ = await school.lead.post(
            f"/v1/concerns/{concern}/actions",
            {
                "what": "Call home",
                "owner_id": str(school[Role.DSL].id),
                "due_at": (clock.now() + timedelta(days=1)).isoformat(),
            },
        )
        assert set_.status_code == 201, set_.text
        assert (await attach(school.lead, concern)).status_code == 201
        chosen = shared_items.Chosen(
            [UUID(concern)],
            [UUID(await a_decision(world, school, child))],
            [UUID(await a_status(world, school, child))],
            [
                UUID(
                    await a_kept_record(world, school, child, "support_note", {"worries": "Sleep."})
                )
            ],
        )
        async with world.work(school.id) as work:
            driver = await work.driver()
            found = await shares.material_of(driver, school.id, child, chosen, [])
            for name, rows in shares.MATERIAL.items():
                plain = await driver.rows(TYPED + rows, school.id, child, *chosen.values)
                assert plain, name
                assert found[name] == [dict(row) for row in plain], name
                assert written(found[name]) == written(plain), name


def written(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """As a snapshot would have it: 1.0 is not 1 there, and a moment not its text."""
    option = orjson.OPT_UTC_Z | orjson.OPT_SORT_KEYS
    return orjson.dumps([dict(row) for row in rows], default=str, option=option)
