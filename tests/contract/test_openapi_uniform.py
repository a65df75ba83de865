"""The contract is of one piece: what is alike is called alike, typed alike and answered alike."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.api.examples import FORM, recorded
from tests import answers
from tests.answers import UNUSUAL, Description, codes_of, inlined, is_moment, offered_in
from tests.example_words import readable

Schema = dict[str, Any]
Field = tuple[str, str, Schema]
METHODS = ("get", "post", "put", "patch", "delete")

MOMENT_NAMES = re.compile(r"at|.*_at|(.*_)?(since|until)|available_from|from|valid_(from|to)")
"""What names a moment: when it was or will be (`_at`), or what it bounds (`since`, `until`)."""
DAY_NAMES = re.compile(r"on|.*_on|date_of_birth|valid_(from|to)|month|from|to|since|until|latest")
"""What names a day: `_on`; names and roles are valid from a day to a day."""
OTHER_MOMENTS = {
    "auth_time": "A claim of OpenID Connect, called as there.",
    "timestamp": "Standard Webhooks call it so.",
    "review_on": "Of a decision, and released: a moment all the same.",
}
OTHER_DAYS = {
    "check_by": "The last day on which a support service has to be looked up again.",
    "date": "Of an agreement, and released.",
    "enrolled_from": "Of a child, and released.",
    "review_due": "Of a status, and released.",
    "expected_date": "A field of referral forms, which are data in versions.",
    "value": "An answer, whatever was asked.",
    "day": "The day of a calendar.",
}
OF_STANDARDS = {
    "allowCredentials", "attestationObject", "authenticatorAttachment", "authenticatorData",
    "authenticatorSelection", "clientDataJSON", "clientExtensionResults", "credProps",
    "displayName", "excludeCredentials", "pubKeyCredParams", "publicKey", "publicKeyAlgorithm",
    "rawId", "requireResidentKey", "residentKey", "rpId", "userHandle", "userVerification",
}  # fmt: skip
"""WebAuthn calls these so."""
TEXTS_OF_TOOLS = {"EvidenceOut", "ToolReviewOut"}
"""What monitoring tools send is shown as they wrote it."""
NO_IDS_OF_OURS = {
    "client_id": "Of OAuth 2, whoever gave it.",
    "external_id": "Of the tool that sent it.",
    "mis_id": "Of the school's own system.",
    "organisation_source_id": "Of the roster.",
    "source_id": "Of the roster, in its organisations; elsewhere of ours.",
    "request_id": "Of a request, as its answer's `instance` has it.",
    "rule_id": "The name of a rule.",
    "child_id": "An id of ours or a code, where a school's system knows no other.",
}
KINDS = ("user", "group")
"""What SCIM is sent."""
SHOWN_VERSIONS = {"CalendarOut", "CalendarVersionOut", "SupportPlanOut"}
"""What people call the third plan or the second calendar; the header ETag has it for If-Match."""
HEADLESS = re.compile(r"(Of|It|Its|That|Whom|Else|By) ")
PARTLY_PAGED = {"/v1/support-list/hand-over"}
"""Answers that hold a page beside something else."""
DESCRIBE_THEMSELVES = {"get_referral_kind", "list_scim_schemas", "read_scim_schema"}
"""What answers long JSON Schemas, which no example of three screens makes plainer."""
SEVERAL_ADDRESSES = {
    "ID of the file.": "A file is kept with a concern, of a child or an adult, or was received.",
    "ID of the intake source.": "Alerts are sent to the source that people set up.",
    "ID of the organisation.": "The same of an invitation and of its providers.",
    "ID of the referral.": "As its school, its agency or the person with the duty reads it.",
}
"""What has more than one address, by the text that says so."""
ENDS_WITHOUT_CONTENT = {
    "confirm_proposed_change", "end_absence", "end_support_plan", "refuse_proposed_change",
}  # fmt: skip
"""What is ended there is not shown any more."""


@pytest.fixture(scope="module")
def whole() -> Description:
    return answers.description()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return inlined(answers.described())


def is_scim(name: str) -> bool:
    """What RFC 7643 names; the groups that people give roles to are ours."""
    return name.startswith("Scim") and not name.startswith("ScimGroupCard")


def fields(document: dict[str, Any]) -> Iterator[Field]:
    """Each property of each schema of ours: the schema's name, its own, and what it is."""
    for name, schema in document["components"]["schemas"].items():
        if not is_scim(name):
            for field, described in schema.get("properties", {}).items():
                yield name, field, described


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if not operation.get("x-scim"):
                yield method, path, operation


def kinds(schema: Schema) -> Iterator[Schema]:
    """The alternatives of a schema, without null."""
    for one in schema.get("anyOf") or schema.get("oneOf") or [schema]:
        if one.get("type") != "null":
            yield one


def formats(schema: Schema) -> set[str]:
    return {one["format"] for one in kinds(schema) if "format" in one}


def answer_of(operation: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The one successful status, and its answer; of a file also a part is given (206)."""
    answers = operation["responses"].items()
    good = [(status, one) for status, one in answers if status < "3" and status != "206"]
    assert len(good) == 1, operation["operationId"]
    return good[0]


def types(schema: Schema) -> frozenset[str]:
    """The types of a schema by name: of text its format, too; null and vocabularies aside."""
    return frozenset(
        str(one.get("format") or one["type"])
        for one in kinds(schema)
        if "type" in one and "enum" not in one
    )


def schema_name(answer: dict[str, Any]) -> str:
    """The component an answer is of, if it is of one."""
    found = [content["schema"] for content in answer.get("content", {}).values()]
    return str(found[0].get("$ref", "")).rpartition("/")[2] if found else ""


class TestNames:
    def test_of_moments_say_that_they_are_moments(self, document: dict[str, Any]) -> None:
        wrong = {
            (schema, field)
            for schema, field, described in fields(document)
            if "date-time" in formats(described)
            and not MOMENT_NAMES.fullmatch(field)
            and field not in OTHER_MOMENTS
        }
        assert wrong == set()

    def test_of_days_say_that_they_are_days(self, document: dict[str, Any]) -> None:
        wrong = {
            (schema, field)
            for schema, field, described in fields(document)
            if "date" in formats(described)
            and not DAY_NAMES.fullmatch(field)
            and field not in OTHER_DAYS
        }
        assert wrong == set()

    def test_with_at_are_moments_and_with_on_days(self, document: dict[str, Any]) -> None:
        """Or answers to a question, which have a day as their `value`."""
        wrong = set()
        for schema, field, described in fields(document):
            for end, wanted in (("_at", "date-time"), ("_on", "date")):
                if not field.endswith(end) or field in OTHER_MOMENTS or schema in TEXTS_OF_TOOLS:
                    continue
                answer = any("DayAnswer" in one.get("$ref", "") for one in kinds(described))
                if wanted not in formats(described) and not answer:
                    wrong.add((schema, field))
        assert wrong == set()

    def test_with_id_are_ids(self, document: dict[str, Any]) -> None:
        wrong = {
            (schema, field)
            for schema, field, described in fields(document)
            if field.endswith("_id") and "uuid" not in formats(described)
        }
        assert {field for _, field in wrong} <= NO_IDS_OF_OURS.keys(), wrong

    def test_are_in_snake_case(self, document: dict[str, Any]) -> None:
        """But for what WebAuthn and JWK call otherwise."""
        wrong = {
            field
            for _, field, _ in fields(document)
            if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", field)
        }
        assert wrong == OF_STANDARDS

    def test_of_tags_are_words(self, document: dict[str, Any]) -> None:
        tags = {tag for _, _, operation in operations(document) for tag in operation["tags"]}
        assert {tag for tag in tags if not re.fullmatch("[a-z]+([ -][a-z]+)*", tag)} == set()
        compared = [re.sub("[ -]", "", tag) for tag in tags]
        assert len(compared) == len(set(compared))

    def test_of_schemas_are_plain(self, document: dict[str, Any]) -> None:
        names = document["components"]["schemas"]
        assert [name for name in names if not re.fullmatch("[A-Z][A-Za-z0-9]+", name)] == []


class TestMoments:
    """Every answer of every test is held against `is_moment`."""

    @pytest.mark.parametrize(
        "text",
        [
            "2026-11-26T08:05:00Z", "2026-11-26T08:05:00.000Z", "2026-11-26T08:05:00+00:00",
            "2026-11-26T08:05:00.000000+00:00", "2026-11-26 08:05:00.000000Z", "2026-11-26",
        ],
    )  # fmt: skip
    def test_have_one_form(self, text: str) -> None:
        assert not is_moment(text)
        assert is_moment("2026-11-26T08:05:00.000000Z")


class TestTypes:
    def test_of_the_same_name_are_moments_everywhere_or_nowhere(
        self, document: dict[str, Any]
    ) -> None:
        """`valid_from` and `until` bound days and moments; their `format` says which."""
        of_both = {"valid_from", "valid_to", "since", "until", "from", "review_on"}
        found: dict[str, set[str]] = {}
        for _, field, described in fields(document):
            found.setdefault(field, set()).update(formats(described) & {"date", "date-time"})
        assert {name for name, two in found.items() if len(two) == 2} <= of_both

    def test_have_no_null_where_leaving_out_says_the_same(self, document: dict[str, Any]) -> None:
        """In a merge patch null empties; elsewhere in a body it would mean nothing."""
        wrong = {
            (schema, field)
            for schema, field, described in fields(document)
            if schema.endswith("In")
            and field not in document["components"]["schemas"][schema].get("required", ())
            and {"type": "null"} in described.get("anyOf", ())
        }
        assert wrong == set()

    def test_of_query_parameters_have_no_null(self, document: dict[str, Any]) -> None:
        for _, path, operation in operations(document):
            for parameter in operation.get("parameters", ()):
                assert {"type": "null"} not in parameter["schema"].get("anyOf", ()), path


def objects(node: Any) -> Iterator[Schema]:
    """Every object in a part of the description."""
    for one in node.values() if isinstance(node, dict) else node:
        if isinstance(one, dict | list):
            yield from objects(one)
    if isinstance(node, dict):
        yield node


class TestMaps:
    def test_say_what_each_value_is(self, document: dict[str, Any]) -> None:
        """Generators of clients know no other way to an object with names of its own."""
        found = [
            one for one in objects(document["components"]["schemas"]) if "propertyNames" in one
        ]
        assert len(found) > 5
        assert [one for one in found if not isinstance(one["additionalProperties"], dict)] == []
        assert "patternProperties" not in json.dumps(document)


class TestLists:
    def test_are_pages(self, document: dict[str, Any]) -> None:
        """Whatever is listed comes as `items` with `next`, or is a stream of its own."""
        for _, _, operation in operations(document):
            name = operation["operationId"]
            if name.startswith(("list_", "search_", "find_")):
                schema = document["components"]["schemas"][schema_name(answer_of(operation)[1])]
                assert {"items", "next"} <= set(schema["required"]), name

    def test_take_a_limit_and_a_cursor_together(self, document: dict[str, Any]) -> None:
        for _, path, operation in operations(document):
            names = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
            if "cursor" in names:
                assert "limit" in names, path
                schema = document["components"]["schemas"][schema_name(answer_of(operation)[1])]
                assert {"items", "next"} <= set(schema["required"]) or path in PARTLY_PAGED


class TestStatuses:
    def test_of_creation_say_where_it_is(self, document: dict[str, Any]) -> None:
        for _, path, operation in operations(document):
            status, answer = answer_of(operation)
            if status == "201":
                assert "Location" in answer["headers"], path

    def test_of_deletion_are_204(self, document: dict[str, Any]) -> None:
        for method, path, operation in operations(document):
            status, _ = answer_of(operation)
            if method == "delete":
                assert status == "204", path
            elif status == "204":
                assert operation["operationId"] in ENDS_WITHOUT_CONTENT, path

    def test_of_get_are_200(self, document: dict[str, Any]) -> None:
        for method, path, operation in operations(document):
            if method == "get":
                assert answer_of(operation)[0] == "200", path


class TestVersions:
    def test_asked_for_are_answered(self, document: dict[str, Any]) -> None:
        """Who sends If-Match gets the next ETag, unless nothing is left."""
        for _, path, operation in operations(document):
            names = {one["name"].lower() for one in operation.get("parameters", ())}
            status, answer = answer_of(operation)
            if "if-match" in names and status != "204":
                assert "ETag" in answer["headers"], path
                assert {"version_stale", "precondition_needed"} <= codes_of(operation), path

    def test_are_asked_for_by_every_replacement(self, document: dict[str, Any]) -> None:
        for method, path, operation in operations(document):
            if method in ("put", "patch"):
                names = {one["name"].lower() for one in operation["parameters"]}
                assert "if-match" in names, path

    def test_in_a_body_are_etags_as_if_match_takes_them(self, document: dict[str, Any]) -> None:
        """A `version` is of a plan, a calendar or a text, and is shown to people."""
        found = {
            schema
            for schema, field, described in fields(document)
            if field == "version" and "integer" in {one.get("type") for one in kinds(described)}
        }
        assert found == SHOWN_VERSIONS
        for schema, field, described in fields(document):
            if field == "etag":
                assert {one["type"] for one in kinds(described)} == {"string"}, schema


class TestDescriptions:
    """A text belongs to its schema; none is chosen by the name of a field."""

    def test_are_there_of_every_parameter(self, document: dict[str, Any]) -> None:
        bare = {
            (path, one["name"])
            for _, path, operation in operations(document)
            for one in operation.get("parameters", ())
            if not one.get("description")
        }
        assert bare == set()

    def test_are_there_of_every_property(self, document: dict[str, Any]) -> None:
        """Its own, beside what its type says of itself; a `const` says it by its value."""
        bare = [
            f"{schema}.{field}"
            for schema, field, described in fields(document)
            if "description" not in described and "const" not in described
        ]
        assert bare == [], "say in the schema what it is: `Field(description=...)`"

    def test_begin_with_what_they_are_about(self, document: dict[str, Any]) -> None:
        """Each is read alone, with nothing before it that "it" or "of" could go on from."""
        assert [text for text in described_in(document) if HEADLESS.match(text)] == []

    @pytest.mark.parametrize(
        "text", ["Of a field: its section.", "It comes with Cairn.", "Its id."]
    )
    def test_that_begin_with_nothing_are_found(self, text: str) -> None:
        assert HEADLESS.match(text)

    def test_that_are_shared_are_of_one_type(self, document: dict[str, Any]) -> None:
        """Two fields of different types mean different things; but an answer may be anything."""
        found: dict[str, set[frozenset[str]]] = {}
        for schema, field, described in fields(document):
            answer = schema.endswith(("AnswerIn", "AnswerOut")) and field == "value"
            if not answer and "description" in described and (typed := types(described)):
                found.setdefault(described["description"], set()).add(typed)
        assert {text: two for text, two in found.items() if len(two) > 1} == {}

    def test_of_ids_in_addresses_say_of_which_collection(self, document: dict[str, Any]) -> None:
        """A name alone, such as `entry_id`, is in several addresses and means another thing."""
        found: dict[str, set[str]] = {}
        for _, path, operation in operations(document):
            for one in operation.get("parameters", ()):
                if one["in"] == "path" and one["name"].endswith("_id"):
                    before = path.partition(f"/{{{one['name']}}}")[0]
                    found.setdefault(one["description"], set()).add(before)
        several = {text for text, addresses in found.items() if len(addresses) > 1}
        assert several == SEVERAL_ADDRESSES.keys()

    def test_say_what_a_mistake_would_cost_most(self, document: dict[str, Any]) -> None:
        """Texts by name alone had called these a paging cursor, a child to filter by, a code."""
        schemas = document["components"]["schemas"]
        for schema, field, word in (
            ("StepTakenOut", "next", "next steps"), ("ToldBeforeIn", "when", "When the pupil"),
            ("SharedCodeIn", "code", "One-time code"), ("CallOut", "number", "Phone number"),
            ("Problem", "type", "Problem type URI"), ("StaffOut", "name", "Full name"),
        ):  # fmt: skip
            assert word in schemas[schema]["properties"][field]["description"], (schema, field)
        for _, path, operation in operations(document):
            for one in operation.get("parameters", ()):
                if one["in"] == "path":
                    assert not one["description"].startswith("Only "), path


class TestExamples:
    """They come from runs of the tests: `make examples`."""

    def test_of_every_body_is_there(self, whole: Description) -> None:
        assert [name for name, content in bodies(whole) if not list(shown(content))] == []

    def test_of_every_answer_is_there(self, whole: Description) -> None:
        good = [(name, content) for name, content in answered(whole) if name.split()[1] < "3"]
        bare = {name.split()[0] for name, content in good if not list(shown(content))}
        assert bare == DESCRIBE_THEMSELVES

    def test_of_pages_have_a_row(self, whole: Description) -> None:
        """An empty page shows nobody what a row is."""
        pages = [
            (name, value)
            for name, content in answered(whole)
            for value in shown(content)
            if isinstance(value, dict) and value.keys() >= {"items", "next"}
        ]
        assert len(pages) > 100
        assert {name.split()[0] for name, value in pages if not value["items"]} == set()

    def test_have_all_that_is_required(self, whole: Description) -> None:
        """SCIM requires an id that it also forbids to send: RFC 7643, 3.1."""
        schemas = whole.document["components"]["schemas"]
        shorter = {
            name
            for name, content in [*bodies(whole), *answered(whole)]
            for value in shown(content)
            if isinstance(value, dict)
            and not value.keys() >= {*required_of(content["schema"], schemas)}
        }
        assert shorter == {f"{verb}_scim_{kind}" for verb in ("add", "replace") for kind in KINDS}

    def test_of_every_status_of_a_failure_is_there(self, whole: Description) -> None:
        """All failures look alike; `GET /v1/problems` has the words of each code."""
        problems = whole.document["components"]["schemas"]["Problem"]["examples"]
        ours = [name for name, _ in answered(whole) if "scim" not in name]
        failures = {status for name in ours if (status := name.split()[1]) >= "4"}
        assert {str(one["status"]) for one in problems} >= {"404", "409", *failures} - {"default"}

    def test_are_as_described(self, whole: Description) -> None:
        wrong = {
            name: faults
            for name, content in [*bodies(whole), *answered(whole)]
            for value in shown(content)
            if (faults := whole.faults_in_example(content, value))
        }
        assert wrong == {}

    def test_are_those_of_operations_that_are_there(self, whole: Description) -> None:
        kept = recorded()
        assert {*kept["answers"], *kept["bodies"]} <= whole.operations.keys()

    def test_hold_no_words_of_tests(self) -> None:
        kept = json.dumps(recorded(), ensure_ascii=False)
        assert readable(kept) == kept
        assert "As agreed with the school" not in kept
        assert not UNUSUAL.search(kept.replace("\\n", "\n").encode())

    def test_offer_what_are_operations(self, whole: Description) -> None:
        assert offered_in(recorded()["answers"]) - whole.operations.keys() == set()

    def test_refer_to_nothing(self, whole: Description) -> None:
        """Generators of clients follow every `$ref` they meet, in examples too."""

        def holds(value: Any) -> bool:
            if isinstance(value, dict):
                return "$ref" in value or any(holds(one) for one in value.values())
            return isinstance(value, list) and any(holds(one) for one in value)

        for name, content in [*bodies(whole), *answered(whole)]:
            assert not any(map(holds, shown(content))), name


def required_of(schema: Schema, schemas: dict[str, Schema]) -> Iterator[str]:
    """The fields that a value of a schema has to have."""
    schema = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    yield from schema.get("required", ())
    for part in schema.get("allOf", ()):
        yield from required_of(part, schemas)


def described_in(node: Any) -> Iterator[str]:
    """Every description of a document but those within examples."""
    for name, inner in node.items() if isinstance(node, dict) else enumerate(node):
        if name == "description" and isinstance(inner, str):
            yield inner
        elif isinstance(inner, dict | list) and name not in ("example", "examples"):
            yield from described_in(inner)


def bodies(whole: Description) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each body of each operation that is JSON or a form."""
    for methods in whole.document["paths"].values():
        for operation in methods.values():
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                if (kind.endswith("json") and kind != answers.LINES) or kind == FORM:
                    yield operation["operationId"], content


def answered(whole: Description) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each JSON answer of each operation."""
    for methods in whole.document["paths"].values():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                for kind, content in answer.get("content", {}).items():
                    if kind.endswith("json") and kind != answers.LINES:
                        yield f"{operation['operationId']} {status}", content


def shown(content: dict[str, Any]) -> Iterator[Any]:
    """The examples of one body or answer."""
    if "example" in content:
        yield content["example"]
    for one in content.get("examples", {}).values():
        yield one["value"]
