"""What another system kept comes in: planned, approved by a lead, undone, and brought in again."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from app.core import clock
from app.core.words import Role
from app.domain.exchange.past_imports import rules
from app.domain.exchange.past_plans import commands
from tests.api.records import a_concern
from tests.past import Past, codes, csv_of, fates, row, upn
from tests.transfers import moved
from tests.world import World


@pytest.fixture
async def past(world: World) -> Past:
    return Past(await world.a_school())


class TestPlan:
    async def test_changes_nothing(self, past: Past) -> None:
        await past.child(1)
        found = await past.planned(csv_of(row("1", f"upn:{upn(1)}")))
        assert found["state"] == "planned"
        assert fates(found) == {"new": 1}
        assert found["counts"]["by_class"] == [{"confidentiality": "K3", "rows": 1}]
        assert past.entries() == []

    async def test_has_one_fate_for_every_row(self, past: Past) -> None:
        await past.child(1)
        await past.bring(csv_of(row("known", f"upn:{upn(1)}")))
        content = csv_of(
            row("known", f"upn:{upn(1)}"),
            row("new", f"upn:{upn(1)}", open="true"),
            row("nobody", f"upn:{upn(2)}"),
            row("staff", f"upn:{upn(1)}", categories="Staff Concern"),
            row("allegation", f"upn:{upn(1)}", confidentiality="K6"),
            row("twice", f"upn:{upn(1)}", text="One."),
            row("twice", f"upn:{upn(1)}", text="Another."),
            row("same", f"upn:{upn(1)}"),
            row("same", f"upn:{upn(1)}"),
        )
        found = await past.planned(content + b"too,few\n")
        assert found["state"] == "held"
        assert fates(found) == {"new": 2, "unchanged": 2, "held": 3, "set_aside": 2, "refused": 1}
        assert found["counts"]["rows"] == 10
        assert found["counts"]["open"] == 1
        assert codes(found) == {
            "row_ragged": 1, "child_not_found": 1, "adult_matter": 2, "source_id_twice": 2,
        }  # fmt: skip

    async def test_says_of_each_problem_its_line_and_what_to_do(self, past: Past) -> None:
        found = await past.planned(csv_of(row("1", f"upn:{upn(1)}")))
        (one,) = (await past.admin.get(f"/v1/imports/{found['id']}/problems")).json()["items"]
        assert (one["line"], one["column"], one["code"]) == (2, "children", "child_not_found")
        assert one["advice"]
        other = f"/v1/imports/{found['id']}/problems?code=row_ragged"
        assert (await past.admin.get(other)).json()["items"] == []

    async def test_keeps_nothing_of_a_row_about_staff(self, past: Past) -> None:
        await past.child(1)
        await past.planned(
            csv_of(row("1", f"upn:{upn(1)}", about_adult="yes", text="Mr Grey shouted."))
        )
        kept = past.sql(
            "select cells::text, content from past_row where school_id = %s", past.school.id
        )
        assert kept == [("{}", None)]

    async def test_refuses_a_file_that_cannot_be_used(self, past: Past) -> None:
        found = await past.planned(b"%PDF-1.7")
        assert found["state"] == "refused"
        assert found["fault"]["code"] == "file_not_recognised"

    async def test_highest_class_wins_and_categories_are_mapped(self, past: Past) -> None:
        await past.child(1)
        content = csv_of(
            row("1", f"upn:{upn(1)}", categories="Child Protection"),
            row("2", f"upn:{upn(1)}", categories="Child Protection", confidentiality="K5"),
            row("3", f"upn:{upn(1)}", categories="Home", confidentiality="K2"),
        )
        found = await past.planned(content)
        assert codes(found)["category_unmapped"] == 3
        category = {"source": "child protection", "code": "neglect", "confidentiality": "K4"}
        answer = await past.admin.patch(
            f"/v1/imports/{found['id']}",
            {"categories": [category, {"source": "Home", "set_aside": True}]},
            version=past.version(found["id"]),
        )
        assert answer.status_code == 200, answer.text
        found = await past.plan(found["id"])
        assert fates(found) == {"new": 2, "set_aside": 1}
        assert [one["confidentiality"] for one in found["counts"]["by_class"]] == ["K4", "K5"]
        assert found["highest_class"] == "K5"

    async def test_is_read_with_its_words_by_leads_alone(self, past: Past) -> None:
        child = await past.child(1)
        found = await past.planned(
            csv_of(row("1", f"upn:{upn(1)}"), row("2", f"upn:{upn(1)}", confidentiality="K5"))
        )
        address = f"/v1/imports/{found['id']}/entries"
        assert (await past.admin.get(address)).status_code == 403
        rows = (await past.lead.get(address)).json()["items"]
        assert [one["content"]["text"] for one in rows] == ["Came without a coat."] * 2
        assert rows[0]["children"][0]["child"]["id"] == str(child)
        for state, ids in (("open", []), ("closed", ["1", "2"])):
            rows = (await past.lead.get(f"{address}?state={state}")).json()["items"]
            assert [one["source_id"] for one in rows if one["state"] == state] == ids
        deputy = past.school.api(Role.DEPUTY_DSL)
        seen = (await deputy.get(address)).json()["items"]
        assert [one["source_id"] for one in seen] == ["1"]

    async def test_of_a_file_sent_to_be_looked_at_is_never_approved(self, past: Past) -> None:
        await past.child(1)
        found = await past.planned(csv_of(row("1", f"upn:{upn(1)}")), plan_only="true")
        answer = await past.approve(found["id"])
        assert answer.json()["code"] == "import_only_planned"


class TestWhoIsWho:
    async def test_names_only_propose_and_a_person_decides_once(self, past: Past) -> None:
        child = await past.school.child("Niamh", "O'Hara", date_of_birth=date(2010, 5, 1))
        reference = "text:Niamh O'Hara 2010-05-01"
        content = csv_of(row("1", reference), row("2", reference))
        found = await past.planned(content)
        assert fates(found) == {"held": 2}
        address = f"/v1/imports/{found['id']}/children"
        (unknown,) = (await past.lead.get(address)).json()["items"]
        assert (unknown["reference"], unknown["rows"]) == (reference, 2)
        assert [one["id"] for one in unknown["proposals"]] == [str(child)]
        answer = await past.lead.post(f"{address}/{unknown['id']}/match", {"child_id": str(child)})
        assert answer.status_code == 200, answer.text
        assert fates(await past.plan(found["id"])) == {"new": 2}
        later = await past.planned(csv_of(row("3", reference)))
        assert fates(later) == {"new": 1}

    async def test_a_former_upn_with_one_holder_and_no_wrong_check_letter(self, past: Past) -> None:
        await past.child(1)
        past.sql(
            "update child_identifier set system = 'former_upn' where school_id = %s",
            past.school.id,
        )
        wrong = "A" if upn(1)[0] != "A" else "B"
        found = await past.planned(
            csv_of(row("1", f"upn:{upn(1)}"), row("2", f"upn:{wrong}{upn(1)[1:]}"))
        )
        assert fates(found) == {"new": 1, "held": 1}

    async def test_a_linked_child_who_is_unknown_holds_nothing_up(self, past: Past) -> None:
        await past.child(1)
        both = f"subject=upn:{upn(1)};linked=upn:{upn(2)}"
        found = await past.planned(csv_of(row("1", both)))
        assert (fates(found), codes(found)) == ({"new": 1}, {"linked_child_not_found": 1})

    async def test_an_action_is_about_the_children_of_its_concern(self, past: Past) -> None:
        child = await past.child(1)
        await past.bring(csv_of(row("7", f"upn:{upn(1)}")))
        cells = {"recorded_at": "2019-03-05", "what": "Phone home."}
        found = await past.bring(
            csv_of(
                {"source_id": "a", "concern": "7", **cells},
                {"source_id": "b", "concern": "8", **cells},
            ),
            "action",
        )
        assert fates(found) == {"new": 1, "held": 1}
        assert [one[1] for one in past.entries()] == [child, child]


class TestApprove:
    async def test_lets_it_in_as_it_was_written(self, past: Past) -> None:
        child = await past.child(1)
        found = await past.bring(csv_of(row("48213", f"upn:{upn(1)}", place="Gate", open="true")))
        assert (found["state"], found["done"]) == ("applied", 1)
        answer = await past.lead.get(f"/v1/past-entries?child_id={child}&state=open")
        (card,) = answer.json()["items"]
        entry = (await past.lead.get(f"/v1/past-entries/{card['id']}")).json()
        assert (entry["author_name"], entry["author_role"]) == ("Mrs J Bell", "Tutor")
        assert entry["text"] == "Came without a coat."
        assert entry["details"] == {"place": "Gate"}
        assert entry["recorded_at"].startswith("2019-03-04T10:15")
        assert entry["file_sha256"] == found["sha256"]
        assert entry["source_row"]["text"] == "Came without a coat."
        assert entry["line"] == 2
        assert entry["permissions"] == ["take_up_past_entry"]

    async def test_rings_nobody_and_starts_no_clock(self, past: Past) -> None:
        await past.child(1)
        await past.bring(csv_of(row("1", f"upn:{upn(1)}", open="true", categories="neglect")))
        school = past.school.id
        assert past.sql("select 1 from concern where school_id = %s", school) == []
        about = "select kind, child_id, ended_at is null from task where school_id = %s"
        assert past.sql(about, school) == [("past_plan", None, False)], "and that is of the plan"
        told = past.sql("select distinct kind from alert where school_id = %s", school)
        assert told == [("task_set",)]

    async def test_stands_in_the_chronology_and_counts_as_significant(self, past: Past) -> None:
        child = await past.child(1)
        await past.bring(
            csv_of(
                {"source_id": "1", "children": f"upn:{upn(1)}", "occurred_at": "2018-05",
                 "author": "Mr Lee", "text": "Called home.", "significant": "yes"}
            ),
            "note",
        )  # fmt: skip
        answer = await past.lead.get(f"/v1/children/{child}/chronology")
        (entry,) = answer.json()["items"]
        assert entry["kind"] == "past_entry"
        assert entry["author"] == {"id": None, "name": "Mr Lee", "role": None}
        assert (entry["significant"], entry["occurred_precision"]) == (True, "about")
        assert entry["summary"] == "Called home."
        assert entry["past"]["occurred_unit"] == "month"
        assert not entry["late"]

    @pytest.mark.parametrize("moves", [False, True])
    async def test_is_found_by_its_category(self, past: Past, world: World, moves: bool) -> None:
        """Here, and by the next school in what it received."""
        child, lead = await past.child(1), past.lead
        await past.bring(
            csv_of(row("1", f"upn:{upn(1)}"), row("2", f"upn:{upn(1)}", categories=""))
        )
        await a_concern(past.school, child)
        if moves:
            there = await world.a_school()
            _, child = await moved(world, past.school, there, child)
            lead = there.lead
        path = f"/v1/children/{child}/chronology?category="
        (found,) = (await lead.get(f"{path}neglect")).json()["items"]
        assert found["category"] == "neglect"
        assert (await lead.get(f"{path}exploitation")).json()["items"] == []

    async def test_needs_somebody_who_reads_the_highest_class(self, past: Past) -> None:
        await past.child(1)
        found = await past.planned(csv_of(row("1", f"upn:{upn(1)}", confidentiality="K5")))
        refused = await past.approve(found["id"], past.school[Role.DEPUTY_DSL])
        assert (refused.status_code, refused.json()["code"]) == (403, "past_class_not_read")
        assert (await past.approve(found["id"], past.school[Role.SCHOOL_ADMIN])).status_code == 403
        assert (await past.approve(found["id"])).status_code == 200

    async def test_goes_on_where_it_was_cut_off(
        self, past: Past, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await past.child(1)
        monkeypatch.setattr(rules, "PORTION", 3)
        found = await past.planned(csv_of(*(row(str(n), f"upn:{upn(1)}") for n in range(10))))
        await past.approve(found["id"])
        whole = commands._apply_portion
        left = iter(range(2))

        async def cut(*args: object) -> None:
            if next(left, None) is None:
                raise ConnectionError
            await whole(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(commands, "_apply_portion", cut)
        with pytest.raises(ConnectionError):
            await past.apply(found["id"])
        assert len(past.entries()) == 6
        monkeypatch.setattr(commands, "_apply_portion", whole)
        assert (await past.apply(found["id"]))["done"] == 10
        assert len(past.entries()) == 10

    async def test_adds_nothing_the_second_time(self, past: Past) -> None:
        await past.child(1)
        content = csv_of(row("1", f"upn:{upn(1)}"), row("2", f"upn:{upn(1)}"))
        await past.bring(content)
        before = past.entries()
        assert fates(await past.bring(content)) == {"unchanged": 2}
        changed = csv_of(row("1", f"upn:{upn(1)}", text="Without shoes."))
        found = await past.bring(changed)
        assert (fates(found), codes(found)) == ({"held": 1}, {"changed_since_import": 1})
        assert past.entries() == before

    async def test_of_several_children_each_has_it_in_their_own_file(self, past: Past) -> None:
        one, other = await past.child(1, "Ann"), await past.child(2, "Bea", "Stone")
        both = f"subject=upn:{upn(1)};witness=upn:{upn(2)}"
        await past.bring(csv_of(row("1", both, text="Ann pushed Bea Stone.")))
        assert {entry[1] for entry in past.entries()} == {one, other}
        (shown,) = (await past.lead.get(f"/v1/children/{one}/chronology")).json()["items"]
        assert "Stone" not in shown["summary"]
        assert shown["others"] == [{"label": "another pupil", "role": "witness"}]
        (shown,) = (await past.lead.get(f"/v1/children/{other}/chronology")).json()["items"]
        assert shown["child_role"] == "witness"


class TestUndo:
    async def test_removes_all_and_the_same_ids_come_back(self, past: Past) -> None:
        child = await past.child(1)
        content = csv_of(row("1", f"upn:{upn(1)}"), row("2", f"upn:{upn(1)}"))
        found = await past.bring(content)
        before = past.entries()
        undone = await past.undo(found["id"])
        assert (undone["state"], undone["counts"]["kept"]) == ("undone", 0)
        assert past.entries() == []
        shown = await past.lead.get(f"/v1/children/{child}/chronology")
        assert shown.json()["items"] == []
        await past.bring(content)
        assert past.entries() == before

    async def test_keeps_what_somebody_has_worked_with(self, past: Past) -> None:
        child = await past.child(1)
        found = await past.bring(
            csv_of(
                row("1", f"upn:{upn(1)}", open="true"),
                row("2", f"upn:{upn(1)}"),
                row("3", f"upn:{upn(1)}"),
            )
        )
        (card,) = (await past.lead.get("/v1/past-entries?state=open")).json()["items"]
        await past.lead.post(
            f"/v1/past-entries/{card['id']}/take-up", {"immediacy": "today"}, version=1
        )
        shown = (await past.lead.get(f"/v1/children/{child}/chronology")).json()["items"]
        marked = next(one for one in shown if one["kind"] == "past_entry"
                      and one["about"]["id"] != card["id"])  # fmt: skip
        answer = await past.lead.post(
            f"/v1/children/{child}/chronology/{marked['id']}/mark-significant",
            {"significant": True, "reason": "It began here."},
        )
        assert answer.status_code == 200, answer.text
        undone = await past.undo(found["id"])
        assert undone["counts"]["kept"] == 2
        listed = await past.lead.get(f"/v1/past-entries?import_id={found['id']}")
        kept = {one["id"] for one in listed.json()["items"]}
        assert kept == {card["id"], marked["about"]["id"]}

    async def test_is_over_after_thirty_days(self, past: Past) -> None:
        await past.child(1)
        found = await past.bring(csv_of(row("1", f"upn:{upn(1)}")))
        path = f"/v1/imports/{found['id']}"
        assert (await past.lead.get(path)).json()["permissions"] == ["undo_past_import"]
        past.sql(
            "update past_import set ended_at = %s where id = %s",
            clock.now() - timedelta(days=31), found["id"],
        )  # fmt: skip
        answer = await past.lead.post(
            f"/v1/imports/{found['id']}/undo", {"reason": "x"}, version=past.version(found["id"])
        )
        assert answer.json()["code"] == "undo_expired"
        assert (await past.lead.get(path)).json()["permissions"] == []

    async def test_the_application_may_delete_no_entry_by_itself(self, past: Past) -> None:
        rows = past.sql(
            "select has_table_privilege('cairn_app', 'past_entry', 'delete'),"
            " has_table_privilege('cairn_app', 'chronology_entry', 'delete')"
        )
        assert rows == [(False, False)]


class TestRemover:
    async def test_removes_nothing_of_another_import_or_kind(self, past: Past) -> None:
        await past.child(1)
        await past.bring(csv_of(row("1", f"upn:{upn(1)}")))
        ids = [one[0] for one in past.entries()]
        async with past.school.world.work(past.school.id) as work:
            driver = await work.driver()
            gone = await driver.rows(
                "select id from remove_past_entries($1, $2::uuid[])", uuid4(), ids
            )
        assert not gone
        assert len(past.entries()) == 1


class TestLeaving:
    async def test_it_follows_the_child_without_other_names_and_is_not_undone(
        self, past: Past, world: World
    ) -> None:
        child = await past.child(1, "Ann")
        await past.child(2, "Bea", "Stone")
        both = f"subject=upn:{upn(1)};linked=upn:{upn(2)}"
        found = await past.bring(
            csv_of(row("1", both, text="Bea Stone pushed Ann."), row("2", f"upn:{upn(2)}"))
        )
        there = await world.a_school()
        _, arrived = await moved(world, past.school, there, child)
        shown = (await there.lead.get(f"/v1/children/{arrived}/chronology")).json()["items"]
        (entry,) = [one for one in shown if (one["received"] or {}).get("record_kind") ==
                    "past_entry"]  # fmt: skip
        assert "pushed Ann" in entry["summary"]
        assert "Stone" not in entry["summary"]
        undone = await past.undo(found["id"])
        assert undone["counts"]["kept"] == 2, "it stays in the file of the other child, too"
        assert {one[2] for one in past.entries()} == {"1"}
