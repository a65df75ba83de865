"""What follows from self-harm in words: drafts that say so, calm refusals, no search."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import app
from app.api.drafts import HEADER
from app.api.problems import catalogue
from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.terms import DRAFT
from app.db.models import Base
from app.domain.common.deadlines.rules import rule_book
from app.domain.duty.tasks.rules import OF_RECORDS
from app.domain.errors import (
    AlreadyExists,
    RecordBusy,
    ServiceUnavailable,
    ValidationFailed,
    VersionStale,
)
from tests.answers import described, inlined
from tests.contract.test_words import NEVER, faults, properties, strings_in

ROOT = Path(app.__file__).parents[1]
FOLDERS = (
    "safety", "sharing/informing_parents", "sharing/sharing_exceptions", "duty/tasks",
    "record/incomplete_reports",
)  # fmt: skip
MODULES = tuple("app.domain." + folder.replace("/", ".") for folder in FOLDERS)
DRAFTS = sorted(name for name, one in VOCABULARIES.items() if one.draft)
NO_CODES = {"things_reported"}
"""Drafts that no body and no answer has as codes: what a teacher says."""
NEVER_TOLD = re.compile(
    r"\b(invalid|fail(ed|s|ure)?|violat\w*|risks?|clusters?|contagio\w*)\b|!", re.IGNORECASE
)
"""Words that no refusal and no label says to a frightened adult."""
METHODS = re.compile(
    r"overdos|ligature|noose|razor|\bblades?\b|paracetamol|\bhang(ed|ing)\b|\bpills?\b",
    re.IGNORECASE,
)
"""No label, prompt, message or page describes a method."""
SEARCHES = {"q", "query", "search", "text", "words", "contains", "filter"}
OF_NAMES = {
    "list_staff", "list_transfer_destinations", "search_children", "list_scim_users",
    "list_scim_provider_groups",
}  # fmt: skip
"""Operations that search names, numbers or identities; none of them reads what was written."""
JSON = {"application/json", "application/merge-patch+json"}
METHODS_OF_HTTP = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The description of the API as the programs make it now."""
    return inlined(described())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, name and description of every operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS_OF_HTTP:
                yield path, operation["operationId"], operation


ON_PRINTS = {"download_plan_card_pdf"}
"""What a child reads bears no mark of review: the school is told beside it."""
EVERYWHERE = (VersionStale, ValidationFailed, RecordBusy, ServiceUnavailable, AlreadyExists)
"""Refusals of the whole record that anybody meets who writes something down in a hurry."""


def ours() -> list[tuple[str, str]]:
    """Every title and piece of advice of a refusal that these parts of the record give."""
    return [
        (kind.code, f"{kind.title} {kind.advice or ''}")
        for kind in catalogue().values()
        if kind in EVERYWHERE or any(kind.__module__.startswith(f"{name}.") for name in MODULES)
    ]


def holds_draft(part: Any, document: dict[str, Any], seen: set[str]) -> bool:
    """Whether a part of the description can hold a code of a draft, however deep."""
    if isinstance(part, list):
        return any(holds_draft(one, document, seen) for one in part)
    if not isinstance(part, dict):
        return False
    if DRAFT in str(part.get("description", "")).lower() and part.keys() & {"enum", "anyOf"}:
        return True
    name = part.get("$ref")
    if isinstance(name, str):
        name = name.rpartition("/")[2]
        if name in seen:
            return False
        seen.add(name)
        return holds_draft(document["components"]["schemas"][name], document, seen)
    return any(
        holds_draft(one, document, seen)
        for key, one in part.items()
        if key not in ("example", "examples")
    )


class TestDrafts:
    def test_are_all_vocabularies_of_these_parts(self) -> None:
        assert {
            "self_harm_kinds", "safety_check_actions", "safety_plan_steps",
            "support_service_audiences",
            "safety_record_kinds",
        } <= set(DRAFTS)  # fmt: skip

    @pytest.mark.parametrize("name", DRAFTS)
    def test_say_so_wherever_their_codes_are_described(
        self, name: str, document: dict[str, Any]
    ) -> None:
        lifted = "".join(part.title() for part in name.split("_"))
        schemas = document["components"]["schemas"]
        found = [schemas[one] for one in (lifted, f"{lifted}Known") if one in schemas]
        assert bool(found) is (name not in NO_CODES), name
        listed = {"$ref": f"#/components/schemas/{lifted}Known"}
        told = [one for one in found if listed not in (one, *one.get("anyOf", ()))]
        assert bool(told) is bool(found), name
        assert all(DRAFT.capitalize() in schema["description"] for schema in told), name

    @pytest.mark.parametrize("name", DRAFTS)
    def test_have_labels_for_a_frightened_adult(self, name: str) -> None:
        for term in VOCABULARIES[name].terms:
            text = f"{term.label}. {term.notes or ''}"
            assert not NEVER_TOLD.search(term.label), text
            assert not METHODS.search(text), text
            assert faults(text) == []

    def test_are_marked_on_every_answer_that_can_hold_one(self, document: dict[str, Any]) -> None:
        able, declared = set(), set()
        for _, _, operation in operations(document):
            for status, answer in operation["responses"].items():
                if not status.startswith("2"):
                    continue
                if holds_draft(answer.get("content", {}), document, set()):
                    able.add(operation["operationId"])
                if HEADER in answer.get("headers", {}):
                    declared.add(operation["operationId"])
        assert declared == able | ON_PRINTS
        assert len(able) > 100

    def test_are_marked_in_the_answers_that_the_page_names(self, document: dict[str, Any]) -> None:
        """Elsewhere the description of the codes says it, and the list of vocabularies."""
        schemas = document["components"]["schemas"]
        marked = {
            name
            for name, one in schemas.items()
            if "vocabulary_status" in one.get("properties", ())
        }
        section = TestThePage.PAGE.split("### Where the mark stands")[1].split("###")[0]
        assert set(re.findall(r"`([A-Z]\w+)`", section)) == marked


class TestRefusals:
    def test_are_of_these_parts(self) -> None:
        assert len(ours()) > 20

    def test_are_calm(self) -> None:
        assert {code: text for code, text in ours() if NEVER_TOLD.search(text)} == {}
        assert {code: faults(text) for code, text in ours() if faults(text)} == {}

    def test_keep_the_words_of_whoever_wrote_meanwhile(self) -> None:
        said = dict(ours())
        assert said["version_stale"].startswith(
            "Someone changed this record. Your changes are not saved. Copy"
        )
        assert said["validation_failed"].startswith("Some details are missing or not valid.")

    def test_would_be_found(self) -> None:
        assert NEVER_TOLD.search("The request is invalid")
        assert NEVER_TOLD.search("Stop!")
        assert not NEVER_TOLD.search("The bar on telling parents stands.")


class TestTexts:
    def test_of_programs_describe_no_method(self) -> None:
        found = [
            f"{path}:{line}"
            for folder in FOLDERS
            for path, line, text in strings_in(ROOT / "app/domain" / folder)
            if METHODS.search(text)
        ]
        assert found == []

    @pytest.mark.parametrize(
        "path", sorted([*ROOT.glob("docs/*.md"), *(ROOT / "app").rglob("*.toml")]),
        ids=lambda path: path.name,
    )  # fmt: skip
    def test_of_pages_and_tables_describe_no_method(self, path: Path) -> None:
        assert not METHODS.search(path.read_text())


class TestTheApi:
    def test_t01_has_no_property_that_scores_a_child(self, document: dict[str, Any]) -> None:
        names = set(properties(document))
        assert {name for name in names if NEVER.search(name)} == set()

    def test_keeps_the_severity_of_a_tool_as_the_tools_own_word(
        self, document: dict[str, Any]
    ) -> None:
        """It is of an alert and in the tool's words; no child has one."""
        holders = {
            name
            for name, one in document["components"]["schemas"].items()
            if any(re.search("severity", each) for each in one.get("properties", ()))
        }
        assert holders
        of_tools = re.compile(
            "Alert|Monitoring|Intake|BurstPart|Roster(?:Line)?Problem|Past(?:Code|Problem)"
        )
        assert {name for name in holders if not of_tools.search(name)} == set()

    def test_searches_nowhere_in_what_was_written(self, document: dict[str, Any]) -> None:
        found = {
            name
            for _, name, operation in operations(document)
            if name.startswith("search_")
            or any(
                one["in"] == "query" and one["name"] in SEARCHES
                for one in operation.get("parameters", ())
            )
        }
        assert found == OF_NAMES

    def test_takes_no_file_with_a_record_of_keeping_a_child_safe(
        self, document: dict[str, Any]
    ) -> None:
        """N9: a photograph of an injury has no place to go."""
        parts = re.compile(
            r"records|safety-plans|support-plans|check-ins|reintegrations|bereavement"
            r"|parents|support-list|linked"
        )
        looked, found = 0, set()
        for path, name, operation in operations(document):
            if parts.search(path) and "requestBody" in operation:
                looked += 1
                if set(operation["requestBody"]["content"]) - JSON:
                    found.add(name)
        assert looked > 20
        assert found == set()

    def test_ends_tasks_of_records_by_their_records_alone(self) -> None:
        assert "support_service_check" in OF_RECORDS
        assert VOCABULARIES["task_kinds"].codes >= OF_RECORDS


class TestTables:
    def test_hold_no_column_that_scores_a_child(self) -> None:
        found = {
            f"{table.name}.{column.name}"
            for table in Base.metadata.tables.values()
            for column in table.columns
            if NEVER.search(column.name)
        }
        assert found == set()

    def test_of_the_committed_contract_agree(self) -> None:
        contract = json.loads((ROOT / "openapi/cairn.json").read_text())
        assert {name for name in properties(contract) if NEVER.search(name)} == set()


class TestThePage:
    """docs/self-harm.md names nothing that is not there."""

    PAGE = (ROOT / "docs/self-harm.md").read_text()

    def test_names_tests_that_exist(self) -> None:
        named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", self.PAGE)
        assert len(named) > 12
        missing = [
            (file, test)
            for file, test in named
            if not (ROOT / file).exists() or f"def {test}" not in (ROOT / file).read_text() + "def "
        ]
        assert missing == []

    def test_names_operations_that_exist(self, document: dict[str, Any]) -> None:
        named = set(re.findall(r"/v1/[\w/{}.-]+", self.PAGE))
        assert len(named) > 25
        assert {path for path in named if path not in document["paths"]} == set()

    def test_names_limits_that_exist(self) -> None:
        named = set(re.findall(r"`((?:sh|check_in|support_service)\.\w+)`", self.PAGE))
        assert len(named) > 20
        assert named <= set(rule_book())

    def test_names_files_that_exist(self) -> None:
        files = re.findall(r"`(app/[\w/.]+)`", self.PAGE)
        assert [file for file in files if not (ROOT / file).exists()] == []
