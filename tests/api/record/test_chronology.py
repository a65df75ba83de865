"""Everything dated about a child in one ordered stream."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.vocabularies import codes
from app.core.words import Role
from app.db.models import ENTRIES
from app.db.repositories.record.chronology import RARE, WITH_RARE, WITHOUT_RARE
from app.db.session import Driver
from tests.api.record.test_concerns import a_triage, raise_one, step
from tests.world import Api, School, World


async def entries(api: Api, child: UUID, query: str = "") -> list[dict[str, Any]]:
    """The first page of a child's chronology."""
    answer = await api.get(f"/v1/children/{child}/chronology{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


class TestReadChronology:
    async def test_orders_everything_by_when_it_happened(self, school: School) -> None:
        child = await school.child()
        old = (clock.now() - timedelta(days=30)).isoformat()
        recent = await raise_one(school.staff, child)
        late = await raise_one(school.staff, child, occurred_at=old)
        await step(school.lead, recent["id"], "triage", a_triage(school[Role.DSL].id))
        await school.lead.post(f"/v1/concerns/{recent['id']}/comments", {"text": "Rang the GP."})
        await school.lead.post(
            f"/v1/concerns/{recent['id']}/decisions",
            {"question": "Refer?", "decision": "No.", "reason": "Explained by the GP."},
        )
        await school.lead.post(
            f"/v1/concerns/{recent['id']}/actions",
            {
                "what": "Watch PE lessons",
                "owner_id": str(school[Role.STAFF].id),
                "due_at": (clock.now() + timedelta(days=1)).isoformat(),
            },
        )
        found = await entries(school.lead, child)
        assert [one["kind"] for one in found] == [
            "action", "decision", "comment", "concern", "concern",
        ]  # fmt: skip
        assert found[-1]["concern_id"] == late["id"]
        assert [one["late"] for one in found] == [False, False, False, False, True]
        assert found[1]["reason"] == "Explained by the GP."
        assert found[3]["child_said"] == "It hurts when I sit."
        assert found[3]["summary"] == "Stood through the lesson."
        assert found[3]["author"]["name"] == school[Role.STAFF].name
        oldest = await entries(school.lead, child, "?sort=oldest")
        assert [one["id"] for one in oldest] == [one["id"] for one in found][::-1]

    async def test_says_who_may_see_each_row_and_why(self, school: School) -> None:
        child = await school.child()
        await raise_one(school.staff, child)
        visibility = (await entries(school.lead, child))[0]["visibility"]
        assert visibility == {
            "confidentiality": "K3",
            "readers": ["deputy_dsl", "dsl", "headteacher"],
            "reason_code": "class",
        }

    async def test_leaves_out_what_the_reader_may_not_see(self, school: School) -> None:
        child = await school.child()
        open_one = await raise_one(school.staff, child)
        sealed = await raise_one(school.staff, child)
        body = a_triage(school[Role.DSL].id, confidentiality="K5")
        await step(school.lead, sealed["id"], "triage", body)
        await school.lead.post(f"/v1/concerns/{sealed['id']}/comments", {"text": "Sealed."})
        for role in (Role.DEPUTY_DSL, Role.HEADTEACHER):
            found = await entries(school.api(role), child)
            assert {one["concern_id"] for one in found} == {open_one["id"]}
        assert len(await entries(school.lead, child)) == 3

    async def test_names_no_other_child(self, school: School) -> None:
        child = await school.child("Alex", "Marsh")
        other = await school.child("Éloïse", "O'Neil")
        account = [{"kind": "observed", "text": "Alex pushed eloise; Eloise O’Neil cried."}]
        await raise_one(school.staff, child, other, account=account)
        answer = await school.lead.get(f"/v1/children/{child}/chronology")
        row = answer.json()["items"][0]
        assert row["summary"] == "Alex pushed another pupil; another pupil cried."
        assert row["others"] == [{"label": "another pupil", "role": "subject"}]
        assert str(other) not in answer.text
        theirs = (await entries(school.lead, other))[0]
        assert theirs["summary"] == "another pupil pushed eloise; Eloise O’Neil cried."

    async def test_shows_an_entry_in_error_without_its_words(self, school: School) -> None:
        child = await school.child()
        receipt = await raise_one(school.staff, child)
        await step(school.lead, receipt["id"], "withdraw", {"reason": "Wrong child."})
        await step(
            school.api(Role.DEPUTY_DSL), receipt["id"], "countersign",
            {"agree": True, "reason": "Checked."},
        )  # fmt: skip
        row = (await entries(school.lead, child))[0]
        assert row["entered_in_error"] is True
        assert (row["summary"], row["child_said"]) == (None, None)

    async def test_pages_through_each_entry_once(self, school: School) -> None:
        child = await school.child()
        for _ in range(5):
            await raise_one(school.staff, child)
        for order in ("newest", "oldest"):
            seen: list[str] = []
            path = f"/v1/children/{child}/chronology?limit=2&sort={order}"
            while path:
                answer = await school.lead.get(path)
                seen += [one["id"] for one in answer.json()["items"]]
                link = answer.headers.get("link", "")
                path = link[1 : link.index(">")] if link else ""
            assert len(seen) == len(set(seen)) == 5

    async def test_filters_by_kind_category_and_time(self, school: School) -> None:
        child = await school.child()
        receipt = await raise_one(school.staff, child)
        await step(school.lead, receipt["id"], "triage", a_triage(school[Role.DSL].id))
        await school.lead.post(f"/v1/concerns/{receipt['id']}/comments", {"text": "Noted."})
        kinds = [one["kind"] for one in await entries(school.lead, child, "?kind=comment")]
        assert kinds == ["comment"]
        assert len(await entries(school.lead, child, "?category=physical_abuse")) == 2
        assert await entries(school.lead, child, "?category=neglect") == []
        since = (clock.now() - timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
        recent = await entries(school.lead, child, f"?since={since}")
        assert [one["kind"] for one in recent] == ["comment"]

    async def test_leaves_a_trace(self, world: World, school: School) -> None:
        child = await school.child()
        await entries(school.lead, child)
        found = world.sql(
            "select verb, actor_id from trail where child_id = %s and verb = 'chronology.read'",
            child,
        )
        assert found == [("chronology.read", school[Role.DSL].id)]

    async def test_keeps_pastoral_staff_to_their_cohort(self, school: School) -> None:
        child = await school.child()
        answer = await school.api(Role.PASTORAL).get(f"/v1/children/{child}/chronology")
        assert (answer.status_code, answer.json()["code"]) == (403, "outside_cohort")

    async def test_does_not_know_another_schools_child(
        self, school: School, other_school: School
    ) -> None:
        child = await other_school.child()
        answer = await school.lead.get(f"/v1/children/{child}/chronology")
        assert (answer.status_code, answer.json()["code"]) == (404, "child_not_found")


class TestRareKinds:
    def test_are_each_read_in_the_part_that_no_other_entry_runs(self) -> None:
        of_kind = re.compile(r"where p\.kind = '(\w+)'\s+and t\.school_id")
        assert sorted(of_kind.findall(WITH_RARE)) == sorted(RARE)
        assert not set(of_kind.findall(WITHOUT_RARE)) & set(RARE)

    def test_have_tables_that_no_page_without_them_names(self) -> None:
        named = re.compile(r"\b(?:from|join) (\w+) [tx]\b")
        tables = {table for kind in RARE for table in (kind, f"{kind}_event")}
        assert tables & set(named.findall(WITH_RARE))
        assert not tables & set(named.findall(WITHOUT_RARE))

    def test_are_all_that_the_vocabulary_has_beside_the_others(self) -> None:
        often = {name for name, model in ENTRIES.items() if model.entry().often}
        assert not often & set(RARE)
        assert codes("chronology_kinds") == {*often, *RARE, "enrolment"}

    async def test_stand_beside_the_others(self, school: School) -> None:
        child = await school.child()
        await raise_one(school.staff, child)
        status = {
            "kind": "early_help", "valid_from": clock.now().date().isoformat(), "source": "Letter"
        }  # fmt: skip
        added = await school.lead.post(f"/v1/children/{child}/statuses", status)
        assert added.status_code == 201, added.text
        shown = {one["kind"]: one for one in await entries(school.lead, child)}
        assert shown.keys() >= {"concern", "status"}
        assert shown["status"]["status_kind"] == "early_help"
        assert shown["concern"]["status_kind"] is None

    async def test_keep_their_place_on_every_page(self, school: School) -> None:
        child = await school.child()
        for days in (9, 5, 1):
            at = (clock.now() - timedelta(days=days)).isoformat()
            await raise_one(school.staff, child, occurred_at=at)
        begins = (clock.now() - timedelta(days=3)).date().isoformat()
        status = {"kind": "early_help", "valid_from": begins, "source": "Letter"}
        assert (await school.lead.post(f"/v1/children/{child}/statuses", status)).is_success
        whole = await entries(school.lead, child)
        kinds = [one["kind"] for one in whole]
        assert (kinds.count("concern"), kinds.count("status")) == (3, 1)
        answer = await school.lead.get(f"/v1/children/{child}/chronology?limit=1")
        paged = answer.json()["items"]
        while following := answer.json()["next"]:
            answer = await school.lead.get(
                f"/v1/children/{child}/chronology?limit=1&cursor={following}"
            )
            paged += answer.json()["items"]
        assert paged == whole

    async def test_that_vanish_meanwhile_do_not_end_the_pages(
        self, world: World, school: School, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        child = await school.child()
        for days in (9, 5):
            at = (clock.now() - timedelta(days=days)).isoformat()
            await raise_one(school.staff, child, occurred_at=at)
        begins = (clock.now() - timedelta(days=3)).date().isoformat()
        status = {"kind": "early_help", "valid_from": begins, "source": "Letter"}
        assert (await school.lead.post(f"/v1/children/{child}/statuses", status)).is_success
        whole = [one["id"] for one in await entries(school.lead, child) if one["kind"] == "concern"]
        read = Driver.rows

        async def overtaken(driver: Driver, statement: str, *values: Any) -> Any:
            found = await read(driver, statement, *values)
            if "chronology_entry" in statement:
                world.sql(
                    "delete from chronology_entry where child_id = %s and kind = 'status'", child
                )
            return found

        monkeypatch.setattr(Driver, "rows", overtaken)
        path = f"/v1/children/{child}/chronology?limit=1"
        answer = await school.lead.get(path)
        paged = answer.json()["items"]
        while following := answer.json()["next"]:
            answer = await school.lead.get(f"{path}&cursor={following}")
            paged += answer.json()["items"]
        assert [one["id"] for one in paged] == whole
