"""The example files as another vendor writes them: by the published schemas, and taken in whole."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from tests import file_examples
from tests.packet_examples import FOLDER, WORDS
from tests.transfers import opened, step_of, upload, work_off
from tests.world import School, World

SCHEMAS = Path(__file__).parents[3] / "docs/schemas"
NAMES = ("file-whole", "file-least")


def checker(name: str) -> Draft202012Validator:
    """What holds a part against its published schema."""
    schema = json.loads((SCHEMAS / name).read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def part(name: str, file: str) -> dict[str, Any]:
    """A part of an example as it lies beside its packet."""
    told: dict[str, Any] = json.loads((FOLDER / name / file).read_text())
    return told


async def accepted(world: World, school: School, name: str) -> tuple[str, list[Any]]:
    """Upload an example, accept it for a new child: the child, and what was kept of it."""
    packet = (FOLDER / f"{name}.packet").read_bytes()
    answer = await upload(school.lead, packet, WORDS)
    assert answer.status_code == 201, answer.text
    waiting = answer.json()
    body = {"new_child": True, "signer_checked": "Phoned the lead on the known number."}
    told = await step_of(school.lead, "incoming-transfers", waiting["id"], "accept", body)
    await work_off(world, school)
    done = await opened(school.lead, waiting["id"], "incoming-transfers")
    assert done["state"] == "accepted", done
    path = f"/v1/children/{told['child_id']}/received-files"
    (file,) = (await school.lead.get(path)).json()["items"]
    return told["child_id"], file["records"]


class TestTheExamples:
    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("file", ["cover", "record"])
    def test_fit_the_published_schemas(self, name: str, file: str) -> None:
        schema = checker("cairn-cover-1.json" if file == "cover" else "cairn-file-1.json")
        found = schema.iter_errors(part(name, f"{file}.json"))
        assert [error.message[:200] for error in found] == []

    def test_are_what_the_program_writes(self) -> None:
        assert part("file-whole", "record.json") == file_examples.record()
        assert part("file-least", "record.json") == file_examples.least_record()
        assert part("file-whole", "cover.json") == file_examples.cover()
        assert part("file-least", "cover.json") == file_examples.least_cover()


class TestWhatIsRequired:
    @pytest.mark.parametrize("name", ["format", "made_at", "school", "child"])
    def test_of_a_cover_is_all_that_the_least_one_has(self, name: str) -> None:
        schema = checker("cairn-cover-1.json")
        cover = file_examples.least_cover()
        assert schema.is_valid(cover)
        assert not schema.is_valid({key: cover[key] for key in cover if key != name})

    @pytest.mark.parametrize("name", ["number", "kind", "confidentiality", "occurred_at"])
    def test_of_a_record_is_needed(self, name: str) -> None:
        record = file_examples.least_record()
        del record["records"][0][name]
        assert not checker("cairn-file-1.json").is_valid(record)


class TestReceiveTransfer:
    async def test_takes_the_least_packet_of_another_vendor(
        self, world: World, school: School
    ) -> None:
        _, records = await accepted(world, school, "file-least")
        kinds = [one["kind"] for one in records]
        assert sorted(kinds) == ["front_sheet", "note", "phone_call"]
        (call,) = [one for one in records if one["kind"] == "phone_call"]
        whole = (await school.lead.get(f"/v1/received-records/{call['id']}")).json()
        assert whole["content"] == file_examples.least_record()["records"][1]["content"]
        assert whole["origin"] == "Hill Top Academy"

    async def test_takes_a_whole_file_with_its_attachment_and_earlier_school(
        self, world: World, school: School
    ) -> None:
        _, records = await accepted(world, school, "file-whole")
        by_number = {one["number"]: one for one in records}
        assert set(by_number) == {"front sheet", "HT-C-1", "HT-S-1", "SP-1"}
        path = f"/v1/received-records/{by_number['HT-C-1']['id']}"
        whole = (await school.lead.get(path)).json()
        assert whole["content"]["account"][1]["text"] == "it got lost"
        (kept,) = whole["attachments"]
        got = await school.lead.get(f"{path}/attachments/{kept['id']}")
        assert got.content == file_examples.LETTER
        earlier = (await school.lead.get(f"/v1/received-records/{by_number['SP-1']['id']}")).json()
        assert earlier["origin"] == "Saltmarsh Primary School"
