"""Statuses of the former system become statuses: ended as ended, open only where marked open."""

from typing import Any

import pytest

from tests.past import Past, codes, csv_of, fates, upn
from tests.world import World


@pytest.fixture
async def past(world: World) -> Past:
    return Past(await world.a_school())


def status(source_id: str, **cells: str) -> dict[str, str]:
    """A row of a status that is over."""
    usual = {
        "source_id": source_id, "children": f"upn:{upn(1)}", "kind": "child_protection_plan",
        "detail": "NEG", "valid_from": "2018-02-01", "valid_to": "2019-03-01", "open": "",
        "lead_agency": "Hill Council", "worker": "Ms Lo", "author": "Mrs J Bell",
    }  # fmt: skip
    return usual | cells


async def statuses(past: Past, child: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await past.lead.get(f"/v1/children/{child}/statuses")).json()[
        "items"
    ]
    return found


class TestStatuses:
    async def test_that_ended_come_in_as_ended(self, past: Past) -> None:
        child = await past.child(1)
        found = await past.bring(csv_of(status("1")), "status")
        assert found["state"] == "applied"
        (one,) = await statuses(past, child)
        assert (one["kind"], one["detail"], one["confidentiality"]) == (
            "child_protection_plan", "NEG", "K4",
        )  # fmt: skip
        assert (one["valid_from"], one["valid_to"]) == ("2018-02-01", "2019-03-01")
        assert (one["worker"]["name"], one["source"]) == ("Ms Lo", "cpoms:hilltop")
        shown = (await past.lead.get(f"/v1/children/{child}/chronology")).json()["items"]
        assert [entry["kind"] for entry in shown] == ["status", "status"]
        assert past.sql("select 1 from task where child_id = %s", child) == []
        (card,) = (await past.lead.get(f"/v1/past-entries?child_id={child}")).json()["items"]
        assert card["id"] == one["id"], "where it came from stays"

    async def test_that_are_open_last_only_where_they_say_so(self, past: Past) -> None:
        child = await past.child(1)
        rows = [
            status("1", kind="looked_after", detail="", valid_to="", open="true"),
            status("2", kind="child_in_need", detail="", valid_to=""),
        ]
        found = await past.bring(csv_of(*rows), "status")
        assert (fates(found), codes(found)) == ({"new": 2}, {"status_kept_as_entry": 1})
        (one,) = await statuses(past, child)
        assert (one["kind"], one["valid_to"]) == ("looked_after", None)
        shown = (await past.lead.get(f"/v1/children/{child}/chronology")).json()["items"]
        assert sorted(entry["kind"] for entry in shown) == ["past_entry", "status"]

    async def test_that_were_struck_out_there_come_in_as_entries_alone(self, past: Past) -> None:
        """Whether or not they were still open: no clock of them starts."""
        child = await past.child(1)
        struck = {"withdrawn_at": "2019-05-01", "withdrawn_reason": "Another child."}
        rows = [
            status("1") | struck,
            status("2", kind="looked_after", detail="", valid_to="", open="true") | struck,
        ]
        found = await past.bring(csv_of(*rows), "status")
        assert (fates(found), codes(found)) == ({"new": 2}, {"status_kept_as_entry": 2})
        assert await statuses(past, child) == []
        assert len(past.entries()) == 2

    @pytest.mark.parametrize(
        "cells",
        [
            {"kind": "unheard_of"},
            {"detail": ""},
            {"valid_from": "2018"},
            {"valid_from": "2018-02-01~"},
        ],
    )
    async def test_that_are_unclear_are_held_while_they_last(
        self, past: Past, cells: dict[str, str]
    ) -> None:
        await past.child(1)
        lasting = status("1", valid_to="", open="true", **cells)
        found = await past.planned(csv_of(lasting, status("2", **cells)), "status")
        assert fates(found) == {"new": 1, "held": 1}
        assert codes(found) == {"status_unclear": 1, "status_kept_as_entry": 1}

    async def test_that_overlap_are_held(self, past: Past) -> None:
        child = await past.child(1)
        body = {"kind": "child_protection_plan", "detail": "EMO", "valid_from": "2018-06-01",
                "source": "Conference"}  # fmt: skip
        added = await past.lead.post(f"/v1/children/{child}/statuses", body)
        assert added.status_code == 201, added.text
        rows = [status("1"), status("2", valid_from="2015-01-01", valid_to="2016-01-01"),
                status("3", valid_from="2015-06-01", valid_to="2015-07-01")]  # fmt: skip
        found = await past.planned(csv_of(*rows), "status")
        assert (fates(found), codes(found)) == ({"new": 1, "held": 2}, {"status_overlaps": 2})

    async def test_add_nothing_twice_and_are_undone(self, past: Past) -> None:
        child = await past.child(1)
        content = csv_of(status("1"))
        found = await past.bring(content, "status")
        before = await statuses(past, child)
        again = await past.planned(content, "status")
        assert (again["state"], fates(again)) == ("planned", {"unchanged": 1})
        await past.undo(found["id"])
        assert (await statuses(past, child), past.entries()) == ([], [])
        shown = await past.lead.get(f"/v1/children/{child}/chronology")
        assert shown.json()["items"] == []
        await past.bring(content, "status")
        assert [one["id"] for one in await statuses(past, child)] == [before[0]["id"]]

    async def test_that_somebody_has_changed_stay(self, past: Past) -> None:
        child = await past.child(1)
        found = await past.bring(csv_of(status("1")), "status")
        (one,) = await statuses(past, child)
        answer = await past.lead.request(
            "PATCH", f"/v1/children/{child}/statuses/{one['id']}",
            json={"evidence": "Letter of the conference."}, headers={"If-Match": '"1"'},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        assert (await past.undo(found["id"]))["counts"]["kept"] == 1
        assert len(await statuses(past, child)) == 1
