"""What a plan of past entries must not let by: each of these was once got through."""

from typing import Any
from uuid import UUID

import pytest

from app.core.words import Permission, Role
from app.formats.history import packages
from tests.api.exchange.test_past_documents import PDF, document, package
from tests.api.exchange.test_past_statuses import status
from tests.past import CSV, SOURCE, Past, codes, csv_of, fates, row, upn
from tests.world import Person, World


@pytest.fixture
async def past(world: World) -> Past:
    return Past(await world.a_school())


async def sealed(past: Past) -> None:
    """An entry of the most confidential class about the first child."""
    await past.child(1)
    await past.bring(csv_of(row("1", f"upn:{upn(1)}", confidentiality="K5", text="Sealed.")))


class TestClass:
    async def test_of_a_part_is_that_of_what_it_belongs_to(self, past: Past) -> None:
        await sealed(past)
        action = csv_of({
            "source_id": "9", "concern": "1", "what": "Tell the police.",
            "recorded_at": "2019-05-01", "done_at": "2019-05-02",
        })  # fmt: skip
        scan = package([document("7", "a.pdf", attached_to="concern:1")], {"a.pdf": PDF})
        deputy = past.school[Role.DEPUTY_DSL]
        for content, kind in ((action, "action"), (scan, "document")):
            planned = await past.planned(content, kind)
            assert (planned["highest_class"], codes(planned)) == ("K5", {"class_raised": 1}), kind
            assert (await past.approve(planned["id"], deputy)).status_code == 403

    async def test_of_a_changed_row_is_not_below_that_of_its_entry(self, past: Past) -> None:
        await sealed(past)
        planned = await past.planned(csv_of(row("1", f"upn:{upn(1)}", text="Arrested.")))
        changed = await past.admin.patch(
            f"/v1/imports/{planned['id']}", {"add_changed": True},
            version=past.version(planned["id"]),
        )  # fmt: skip
        assert changed.status_code == 200, changed.text
        planned = await past.plan(planned["id"])
        assert (fates(planned), planned["highest_class"]) == ({"new": 1}, "K5")
        refused = await past.approve(planned["id"], past.school[Role.DEPUTY_DSL])
        assert refused.json()["code"] == "past_class_not_read"


class TestAPlan:
    @pytest.mark.parametrize(
        ("permissions", "content"),
        [((), {"classes": ["K2", "K3", "K4"]}),
         (("concern:read", "concern:raise"), {"classes": ["K3"], "cohort_only": True})],
        ids=["without concerns", "for a part of the school"],
    )  # fmt: skip
    async def test_is_read_by_who_would_read_its_entries(
        self, past: Past, world: World, permissions: tuple[str, ...], content: dict[str, Any]
    ) -> None:
        """What it says is what concerns say, whatever else a school's own role may do."""
        child = await past.child(1)
        text = csv_of(row("1", f"upn:{upn(1)}"), row("2", "name:Niamh O'Hara"))
        found = await past.planned(text)
        needed = ("history:approve", "history:prepare", "child:open", *permissions)
        await past.school.role("archive", *needed, **content)
        person = await past.school.holder("archive", year_groups=["13"])
        api, address = world.as_token(person.token), f"/v1/imports/{found['id']}"
        assert (await past.lead.get(f"{address}/entries")).json()["items"]
        assert (await api.get(f"{address}/entries")).json()["items"] == []
        assert (await api.get(f"{address}/children")).json()["items"] == []
        refused = await past.approve(found["id"], person)
        assert refused.json()["code"] == "past_class_not_read"
        assert (await past.approve(found["id"])).status_code == 200
        listed = await api.get(f"/v1/past-entries?child_id={child}")
        assert listed.status_code == 403 or listed.json()["items"] == []


class TestPrograms:
    async def test_are_told_nobody_by_name(self, past: Past, world: World) -> None:
        await past.child(1)
        _, token = await world.a_service_key(past.school.id, Permission.HISTORY_PREPARE)
        past.admin = world.as_token(token)
        found = await past.planned(csv_of(row("1", f"upn:{upn(1)}")))
        assert (await past.approve(found["id"])).status_code == 200
        lead = past.school[Role.DSL]
        (listed,) = (await past.admin.get("/v1/imports")).json()["items"]
        for seen in (await past.get(found["id"]), listed):
            assert seen["approved_by"] == {"id": str(lead.id), "name": ""}
            assert seen["started_by"]["name"] == ""
            assert seen["undone_by"] is None
        person = await past.lead.get(f"/v1/imports/{found['id']}")
        assert person.json()["approved_by"]["name"]


class TestMapping:
    async def test_by_a_program_counts_for_its_own_import_alone(
        self, past: Past, world: World
    ) -> None:
        await past.child(1)
        _, token = await world.a_service_key(past.school.id, Permission.HISTORY_PREPARE)
        key = world.as_token(token)
        cells = {
            "Ref": "1", "Pupil UPN": f"upn:{upn(1)}", "Incident Date": "2019-03-04",
            "Details": "Sealed.", "Class": "K5",
        }  # fmt: skip
        sent = await key.request(
            "POST", "/v1/imports", content=csv_of(cells), headers=CSV,
            params={"kind": "concern", "source": SOURCE},
        )  # fmt: skip
        import_id = sent.json()["id"]
        await past.plan(import_id)
        columns = {
            "source_id": ["Ref"], "children": ["Pupil UPN"], "occurred_at": ["Incident Date"],
            "text": ["Details"],
        }  # fmt: skip
        said = {"mapping": {"columns": columns, "date_order": "ymd"}}
        answer = await key.patch(f"/v1/imports/{import_id}", said, version=past.version(import_id))
        assert answer.status_code == 200, answer.text
        own = await past.plan(import_id)
        assert (fates(own), own["mapping"]["confirmed"]) == ({"new": 1}, True)
        later = await past.planned(csv_of(cells | {"Ref": "2"}))
        assert (later["fault"]["code"], later["mapping"]["confirmed"]) == (
            "mapping_needed", False,
        )  # fmt: skip


async def related(past: Past, child: UUID) -> Person:
    """A deputy who said that a child is of their family."""
    link = {"child_id": str(child), "reason": "My nephew."}
    said = await past.school.api(Role.DEPUTY_DSL).post("/v1/conflicts", link)
    assert said.status_code == 201, said.text
    return past.school[Role.DEPUTY_DSL]


class TestApproval:
    async def test_is_refused_to_somebody_related_to_a_child_of_a_new_row(self, past: Past) -> None:
        deputy = await related(past, await past.child(1))
        open_ = status("1", kind="looked_after", detail="", valid_to="", open="true")
        planned = await past.planned(csv_of(open_), "status")
        refused = await past.approve(planned["id"], deputy)
        assert (refused.status_code, refused.json()["code"]) == (403, "conflict_of_interest")
        assert (await past.approve(planned["id"])).json()["state"] == "approved"

    async def test_is_refused_where_a_name_may_be_the_child_of_ones_family(
        self, past: Past
    ) -> None:
        await past.child(1)
        deputy = await related(past, await past.child(2, "Sam", "Hill"))
        both = f"upn:{upn(1)};witness=text:Sam Hill"
        planned = await past.planned(csv_of(row("1", both)))
        assert fates(planned) == {"new": 1}
        refused = await past.approve(planned["id"], deputy)
        assert (refused.status_code, refused.json()["code"]) == (403, "conflict_of_interest")

    async def test_counts_only_while_its_giver_is_here(self, past: Past) -> None:
        await past.child(1)
        planned = await past.planned(csv_of(row("1", f"upn:{upn(1)}", confidentiality="K5")))
        await past.approve(planned["id"])
        past.sql("update staff set suspended_at = now() where id = %s", past.school[Role.DSL].id)
        one, other = [await past.school.person(Role.DSL) for _ in range(2)]
        assert (await past.approve(planned["id"], one)).json()["state"] == "planned"
        assert (await past.approve(planned["id"], other)).json()["state"] == "approved"

    async def test_of_two_is_not_avoided_by_a_lower_class(self, past: Past) -> None:
        await past.child(1)
        planned = await past.planned(csv_of(row("1", f"upn:{upn(1)}")), confidentiality="K5")
        path = f"/v1/imports/{planned['id']}"
        lower, version = {"confidentiality": "K2"}, past.version(planned["id"])
        refused = await past.admin.patch(path, lower, version=version)
        assert (refused.status_code, refused.json()["code"]) == (403, "past_class_not_read")
        assert (await past.lead.patch(path, lower, version=version)).status_code == 200


class TestUndo:
    async def test_is_refused_to_somebody_related_to_a_child_in_it(self, past: Past) -> None:
        child = await past.child(1)
        found = await past.bring(csv_of(row("1", f"upn:{upn(1)}")))
        deputy = past.school.world.as_token((await related(past, child)).token)
        refused = await deputy.post(
            f"/v1/imports/{found['id']}/undo", {"reason": "Wrong."},
            version=past.version(found["id"]),
        )  # fmt: skip
        assert (refused.status_code, refused.json()["code"]) == (403, "conflict_of_interest")
        assert (await past.undo(found["id"]))["state"] == "undone"


class TestUnmatched:
    async def test_of_a_sealed_row_is_for_who_reads_it(self, past: Past) -> None:
        child = await past.school.child("Sam", "Hill")
        rows = [
            row("1", "text:Sam Hill 2014-03-09", confidentiality="K5"),
            row("2", "text:Bo Lee"),
        ]
        path = f"/v1/imports/{(await past.planned(csv_of(*rows)))['id']}/children"
        deputy = past.school.api(Role.DEPUTY_DSL)
        shown = (await deputy.get(path)).json()["items"]
        assert [one["reference"] for one in shown] == ["text:Bo Lee"]
        whole = (await past.lead.get(path)).json()["items"]
        (sam,) = [one["id"] for one in whole if "Sam" in one["reference"]]
        said = {"child_id": str(child)}
        refused = await deputy.post(f"{path}/{sam}/match", said)
        assert (refused.status_code, refused.json()["code"]) == (404, "source_child_not_found")
        assert (await past.lead.post(f"{path}/{sam}/match", said)).status_code == 200

    async def test_that_may_mean_a_relative_is_hidden(self, past: Past) -> None:
        child = await past.school.child("Sam", "Hill")
        deputy = past.school.api(Role.DEPUTY_DSL)
        link = {"child_id": str(child), "reason": "My nephew."}
        assert (await deputy.post("/v1/conflicts", link)).status_code == 201
        rows = [row("1", "text:Sam Hill 2014-03-09", text="Fears him."), row("2", "text:Bo Lee")]
        path = f"/v1/imports/{(await past.planned(csv_of(*rows)))['id']}"
        seen = (await deputy.get(f"{path}/entries")).json()["items"]
        assert [one["source_id"] for one in seen] == ["2"]
        named = (await deputy.get(f"{path}/children")).json()["items"]
        assert [one["reference"] for one in named] == ["text:Bo Lee"]
        assert len((await past.lead.get(f"{path}/entries")).json()["items"]) == 2


class TestPackage:
    async def test_keeps_few_copies_of_one_file_and_looks_into_it_once(
        self, past: Past, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await past.child(1)
        opened: list[str] = []
        was = packages.Files.open

        def counted(files: packages.Files, name: str) -> Any:
            opened.append(name)
            return was(files, name)

        monkeypatch.setattr(packages.Files, "open", counted)
        rows = [document(str(number), "a.pdf", f"upn:{upn(1)}") for number in range(23)]
        planned = await past.planned(package(rows, {"a.pdf": PDF}), "document")
        assert fates(planned) == {"new": 20, "refused": 3}
        assert codes(planned) == {"file_named_too_often": 3}
        assert opened == ["a.pdf"]


class TestStatus:
    async def test_is_compared_again_when_it_comes_in(self, past: Past) -> None:
        child = await past.child(1)
        open_ = status("1", kind="looked_after", detail="", valid_to="", open="true")
        planned = await past.planned(csv_of(open_), "status")
        said = {"kind": "looked_after", "valid_from": "2020-01-01", "source": "Council"}
        added = await past.lead.post(f"/v1/children/{child}/statuses", said)
        assert added.status_code == 201, added.text
        await past.approve(planned["id"])
        found = await past.apply(planned["id"])
        assert (found["state"], codes(found)) == ("applied", {"status_overtaken": 1})
        there = past.sql("select source from child_status where child_id = %s", child)
        assert there == [("Council",)]
        assert len(past.entries()) == 1
