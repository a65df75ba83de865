"""The OpenAPI document: valid, whole, the same as the committed file, and as the contract says."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.schemas import get_schema_content_v31

from app.api.describe import FIRST, GENERAL
from app.api.operations import SINCE
from app.api.problems import PROBLEM_TYPE, catalogue, status_of
from app.api.recipients import RecipientRoute
from app.api.route_classes import PublicRoute
from app.core.settings import Settings
from app.core.words import Permission
from app.formats.contract_files import APART, WHOLE, joined
from app.main import build_app
from tests.answers import codes_of, inlined
from tests.routes import all_routes, api_routes

FOLDER = Path(__file__).parents[2] / "openapi"
METHODS = ("get", "post", "put", "patch", "delete")
VERB_FIRST = re.compile(r"[a-z]+(_[a-z0-9]+)+")
NOUNS_FIRST = re.compile(
    r"(concern|child|share|referral|staff|school|agency|alert|action|account|session|token)_"
)
PERSONAL = re.compile(
    r"name|surname|email|phone|birth|dob|upn|nhs|address|postcode|username|password", re.IGNORECASE
)
NAMES_OF_THINGS = {"/v1/vocabularies", "/v1/vocabularies/{name}"}
"""Paths whose `{name}` is no person's."""
SERVED_WITHOUT_DESCRIPTION = {
    "/docs",
    "/metrics",
    "/openapi.json",
    "/openapi-scim.json",
}

PAGES = ("/docs/assets/", "/pages/", "/shared/", "/account/")
"""Pages for people are no operations; test_recipient_page_words.py lists all their addresses."""
REPORTS = {
    "raise_concern", "amend_concern", "record_emergency", "record_with_adult", "report_worry",
    "complete_check_in", "raise_adult_concern", "amend_adult_concern", "answer_question",
}  # fmt: skip
"""Operations whose refusals say besides what became of the words, and whom to phone."""
MOST_OF_THEIR_OWN = 10
"""Operations whose general failures no other has."""
MOST_BYTES = 1_620_000
MOST_BYTES_PACKED = 282_000
SCIM_TYPE = "application/scim+json"

Schema = dict[str, Any]
Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def application() -> Any:
    """The application as it is built, without a database."""
    return build_app(Settings()).app


@pytest.fixture(scope="module")
def served(application: Any) -> dict[str, Any]:
    """The document it serves, as clients get it."""
    found: dict[str, Any] = json.loads(json.dumps(application.openapi()))
    return found


@pytest.fixture(scope="module")
def of_scim(application: Any) -> dict[str, Any]:
    """The document of SCIM that it serves."""
    found: dict[str, Any] = json.loads(json.dumps(application.state.describe_scim()))
    return found


@pytest.fixture(scope="module")
def document(served: dict[str, Any], of_scim: dict[str, Any]) -> dict[str, Any]:
    """Both as one, with the parts that operations and schemas share in their place."""
    return inlined(joined(served, of_scim))


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Every operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS, f"{method} {path}"
            yield method, path, operation


def is_scim(operation: dict[str, Any]) -> bool:
    """SCIM fixes names, bodies and failures of its operations itself; see `TestScim`."""
    return operation.get("x-scim") is True


def resolved(document: dict[str, Any], schema: Schema) -> Schema:
    while "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        schema = document["components"]["schemas"][name]
    return schema


def parts(document: dict[str, Any], schema: Schema, at: str, seen: frozenset[str]) -> Any:
    """Each schema inside a schema, with the way to it; references are followed once."""
    if "$ref" in schema:
        if schema["$ref"] in seen:
            return
        seen = seen | {schema["$ref"]}
        yield from parts(document, resolved(document, schema), at, seen)
        return
    yield at, schema
    for word in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for number, inner in enumerate(schema.get(word, ())):
            yield from parts(document, inner, f"{at}<{word} {number}>", seen)
    for name, inner in schema.get("properties", {}).items():
        yield from parts(document, inner, f"{at}/{name}", seen)
    for word in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(word), dict):
            yield from parts(document, schema[word], f"{at}/{word}", seen)


def inputs(document: dict[str, Any]) -> Iterator[tuple[str, Schema]]:
    """Every schema that a client's words are held against: bodies and parameters."""
    for _, _, operation in operations(document):
        if is_scim(operation):
            continue
        name = operation["operationId"]
        for parameter in operation.get("parameters", ()):
            start = f"{name} {parameter['in']} {parameter['name']}"
            yield from parts(document, parameter["schema"], start, frozenset())
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            yield from parts(document, content["schema"], f"{name} {kind}", frozenset())


SHAPES_OF_THEIR_OWN = {
    "ReferralFormOut/json_schema": "A JSON Schema, which JSON Schema describes.",
    "ReceivedRecordOut/content": "Typed as Cairn writes it; other systems may write any object.",
    "ScimSchema/attributes/items/subAttributes/items": "Fixed by RFC 7643, an attribute again.",
}
"""Parts of answers that no type describes, and why."""
TYPING = ("type", "$ref", "anyOf", "oneOf", "allOf", "const", "enum")


def is_bare(schema: Schema) -> bool:
    """Whether a client generator can make no more of it than "anything"."""
    if not any(word in schema for word in TYPING):
        return True
    if schema.get("type") == "array":
        return not schema.get("items")
    described = schema.get("properties") or schema.get("additionalProperties") not in (None, True)
    return schema.get("type") == "object" and not described


def named_parts(
    document: dict[str, Any], schema: Schema, at: str, seen: set[str]
) -> Iterator[tuple[str, Schema]]:
    """Each schema inside a schema, with the way to it from the component it stands in."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        if name not in seen:
            seen.add(name)
            yield from named_parts(document, document["components"]["schemas"][name], name, seen)
        return
    yield at, schema
    for word in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for inner in schema.get(word, ()):
            yield from named_parts(document, inner, at, seen)
    for name, inner in schema.get("properties", {}).items():
        yield from named_parts(document, inner, f"{at}/{name}", seen)
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield from named_parts(document, schema[word], f"{at}/{word}", seen)


class TestTheDocument:
    @pytest.mark.parametrize("which", ["served", "of_scim"])
    def test_is_valid_openapi_3_1(self, which: str, request: pytest.FixtureRequest) -> None:
        found: dict[str, Any] = request.getfixturevalue(which)
        assert found["openapi"].startswith("3.1")
        validator = jsonschema_rs.validator_for(dict(get_schema_content_v31()))
        assert [fault.message[:300] for fault in validator.iter_errors(found)] == []

    @pytest.mark.long
    @pytest.mark.parametrize("which", ["served", "of_scim"])
    def test_is_valid_to_a_validator_of_openapi(
        self, which: str, request: pytest.FixtureRequest
    ) -> None:
        """It knows more than the schema of OpenAPI says, and takes seconds."""
        assert list(OpenAPIV31SpecValidator(request.getfixturevalue(which)).iter_errors()) == []

    @pytest.mark.parametrize(("which", "name"), [("served", WHOLE), ("of_scim", APART)])
    def test_is_the_committed_one(
        self, which: str, name: str, request: pytest.FixtureRequest
    ) -> None:
        made: dict[str, Any] = request.getfixturevalue(which)
        committed = json.loads((FOLDER / name).read_text(encoding="utf-8"))
        changed = [
            name
            for part in ("paths", "components")
            for name in {*made[part], *committed.get(part, {})}
            if made[part].get(name) != committed.get(part, {}).get(name)
        ]
        assert committed == made, f"run `make openapi`; the diff is reviewed: {changed}"

    @pytest.mark.parametrize("which", ["served", "of_scim"])
    def test_refers_to_its_own_parts_and_to_all(
        self, which: str, request: pytest.FixtureRequest
    ) -> None:
        found: dict[str, Any] = request.getfixturevalue(which)
        referred = set(re.findall(r'"#/components/([^"]+)"', json.dumps(found)))
        there = {
            f"{kind}/{name}"
            for kind, parts in found["components"].items()
            if kind != "securitySchemes"
            for name in parts
        }
        assert referred - there == set()
        assert there - referred == set()

    def test_of_scim_names_no_part_as_the_other_does(
        self, served: dict[str, Any], of_scim: dict[str, Any]
    ) -> None:
        """The reference page and the index read both as one."""
        for kind, parts in of_scim["components"].items():
            if kind != "securitySchemes":
                assert parts.keys() & served["components"][kind].keys() == set(), kind
        assert of_scim["paths"].keys() & served["paths"].keys() == set()

    def test_says_where_it_is_served_by_whom_and_how_it_changes(
        self, document: dict[str, Any]
    ) -> None:
        assert document["servers"][0]["url"] == "/"
        assert document["info"]["contact"]["name"]
        assert document["info"]["license"]["identifier"] == "AGPL-3.0-or-later"
        assert {"Deprecation", "Sunset", "24 months"} <= set(
            re.findall("Deprecation|Sunset|24 months", document["info"]["description"])
        )

    def test_explains_every_mark_of_an_operation(self, served: dict[str, Any]) -> None:
        """In its text, or by a list of its own: `x-no-if-match-reasons`."""
        marks = {mark for _, _, one in operations(served) for mark in one if mark[:2] == "x-"}
        told = served["info"]["description"] + " ".join(served)
        assert {"x-scope", "x-step-up", "x-no-if-match"} <= marks
        assert {mark for mark in marks if mark not in told} == set()

    def test_describes_every_tag_once_in_one_group(self, document: dict[str, Any]) -> None:
        used = {tag for _, _, operation in operations(document) for tag in operation["tags"]}
        described = [one["name"] for one in document["tags"] if one["description"]]
        grouped = [tag for group in document["x-tagGroups"] for tag in group["tags"]]
        assert sorted(described) == sorted(grouped) == sorted(used)

    def test_speaks_no_3_0(self, document: dict[str, Any]) -> None:
        words = [
            at
            for at, schema in self.everything(document)
            if "nullable" in schema
            or isinstance(schema.get("exclusiveMinimum"), bool)
            or isinstance(schema.get("exclusiveMaximum"), bool)
        ]
        assert words == []

    def test_has_no_generated_names(self, document: dict[str, Any]) -> None:
        generated = [
            name
            for name in document["components"]["schemas"]
            if name.startswith("Body_")
            or name.endswith(("-Input", "-Output"))
            or name in {"HTTPValidationError", "ValidationError"}
        ]
        assert generated == []

    def test_gives_each_schema_a_name_of_its_own(self, document: dict[str, Any]) -> None:
        schemas = document["components"]["schemas"]
        assert [name for name in schemas if "__" in name] == []
        assert [name for name, schema in schemas.items() if "title" in schema] == []

    def test_tells_alternatives_apart(self, document: dict[str, Any]) -> None:
        loose = []
        for at, schema in self.everything(document):
            if "oneOf" not in schema:
                continue
            found = schema.get("discriminator", {})
            if not found.get("mapping"):
                loose.append(at)
                continue
            for branch in schema["oneOf"]:
                field = resolved(document, branch).get("properties", {})
                if "const" not in field.get(found["propertyName"], {}):
                    loose.append(f"{at}: {branch}")
        assert loose == []

    def test_describes_every_route(self, application: Any, document: dict[str, Any]) -> None:
        described = {(method.upper(), path) for method, path, _ in operations(document)}
        hidden = {
            (method, route.path)  # type: ignore[attr-defined]
            for route in all_routes(application)
            for method in (getattr(route, "methods", None) or {"GET"}) - {"HEAD"}
            if (method, route.path) not in described  # type: ignore[attr-defined]
        }
        shown = {path for _, path in hidden if not path.startswith(PAGES)}
        assert shown <= SERVED_WITHOUT_DESCRIPTION

    def test_repeats_no_path_in_another_spelling(self, document: dict[str, Any]) -> None:
        templates = [re.sub(r"\{[^}]+\}", "{}", path) for path in document["paths"]]
        assert len(templates) == len(set(templates))

    @staticmethod
    def everything(document: dict[str, Any]) -> Iterator[tuple[str, Schema]]:
        for name, schema in document["components"]["schemas"].items():
            yield from parts(document, schema, name, frozenset())
        yield from inputs(document)


class TestEveryOperation:
    def test_is_named_after_its_function_verb_first(
        self, application: Any, document: dict[str, Any]
    ) -> None:
        names = {
            (method, route.path): route.endpoint.__name__
            for method, route in api_routes(application)
        }
        found = [operation["operationId"] for _, _, operation in operations(document)]
        assert len(found) == len(set(found))
        for method, path, operation in operations(document):
            name = operation["operationId"]
            assert name == names[method, path]
            assert VERB_FIRST.fullmatch(name), name
            assert not NOUNS_FIRST.match(name), f"{name} begins with a noun"

    def test_says_since_when_and_for_whom(self, document: dict[str, Any]) -> None:
        scopes = {
            "public",
            "recipient",
            "signed_in",
            *(permission.value for permission in Permission),
        }
        for _, _, operation in operations(document):
            assert FIRST < operation.get("x-since", SINCE) <= SINCE or "x-since" not in operation
            assert operation["x-scope"] in scopes, operation["operationId"]
            assert bool(operation.get("security")) == (operation["x-scope"] != "public")

    def test_has_the_scope_its_door_checks(
        self, application: Any, document: dict[str, Any]
    ) -> None:
        doors = {(method, route.path): route for method, route in api_routes(application)}
        for method, path, operation in operations(document):
            door = doors[method, path]
            needs = getattr(door, "needs", None)
            wanted = needs.value if needs else "signed_in"
            for kind, scope in ((PublicRoute, "public"), (RecipientRoute, "recipient")):
                wanted = scope if isinstance(door, kind) else wanted
            assert operation["x-scope"] == wanted

    def test_is_told_in_words(self, document: dict[str, Any]) -> None:
        for _, _, operation in operations(document):
            assert operation.get("summary"), operation["operationId"]
            assert operation.get("description"), operation["operationId"]
            assert operation.get("tags"), operation["operationId"]

    def test_answers_failures_as_problems_with_known_codes(self, document: dict[str, Any]) -> None:
        known = catalogue()
        for _, _, operation in operations(document):
            if is_scim(operation):
                continue
            for status, answer in operation["responses"].items():
                if status < "4":
                    continue
                at = f"{operation['operationId']} {status}"
                assert list(answer["content"]) == [PROBLEM_TYPE], at
                schema = answer["content"][PROBLEM_TYPE]["schema"]
                references = [part for part in schema["allOf"] if "$ref" in part]
                wanted = "ReportRefused" if operation["operationId"] in REPORTS else "Problem"
                assert references == [{"$ref": f"#/components/schemas/{wanted}"}], at
                codes = schema["allOf"][1]["properties"]["code"]["enum"]
                assert codes, at
                if status == "default":
                    assert {known[code] for code in codes} <= GENERAL, at
                else:
                    assert {status_of(known[code]) for code in codes} == {int(status)}, at
                    assert not {known[code] for code in codes} <= GENERAL, at

    def test_answers_what_linters_look_for_by_status(self, document: dict[str, Any]) -> None:
        """Their rules are off in openapi/lint, since these stand in the `default` answer."""
        wanted = {"validation_failed", "too_many_requests", "internal_fault", "service_unavailable"}
        for _, _, operation in operations(document):
            assert is_scim(operation) or wanted <= codes_of(operation), operation["operationId"]

    def test_names_each_general_code_with_its_status(self, document: dict[str, Any]) -> None:
        """Nobody has to ask the server which status a general failure has."""
        known = catalogue()
        told = document["components"]["schemas"]["Problem"]["properties"]["code"]["description"]
        for _, _, operation in operations(document):
            for code in codes_of(operation, "default"):
                line = rf"^- {status_of(known[code])}: .*`{code}`"
                assert re.search(line, told, re.MULTILINE), code

    def test_says_with_every_refusal_of_a_report_whom_to_telephone(
        self, document: dict[str, Any]
    ) -> None:
        schema = document["components"]["schemas"]["ReportRefused"]
        assert {"kept", "call"} <= set(schema["required"])
        assert {"saved_as", "lead_told", "lead_availability", "call"} <= set(schema["properties"])
        found = {one["operationId"]: one for _, _, one in operations(document)}["raise_concern"]
        assert {
            "body_malformed", "sign_in_needed", "body_too_large", "media_type_unsupported",
            "validation_failed", "too_many_requests", "service_unavailable",
        } <= codes_of(found)  # fmt: skip

    def test_shares_the_failures_that_many_answer(self, served: dict[str, Any]) -> None:
        """Those of all operations of a sort stand once: what an operation has, names the sort."""
        inline = [
            operation["operationId"]
            for methods in served["paths"].values()
            for operation in methods.values()
            if "$ref" not in operation["responses"]["default"]
        ]
        assert len(inline) <= MOST_OF_THEIR_OWN

    def test_says_nothing_twice_of_a_parameter(self, served: dict[str, Any]) -> None:
        """What it is for stands at the parameter, and not at its schema again."""
        parameters = [
            *served["components"]["parameters"].values(),
            *(
                parameter
                for methods in served["paths"].values()
                for operation in methods.values()
                for parameter in operation.get("parameters", ())
                if "$ref" not in parameter
            ),
        ]
        assert [one["name"] for one in parameters if not one.get("description")] == []
        assert [one["name"] for one in parameters if "description" in one["schema"]] == []

    def test_repeats_no_part_that_can_be_shared(self, served: dict[str, Any]) -> None:
        """A parameter, a header or a failure that several operations have stands once."""
        repeated: Counter[str] = Counter()
        for methods in served["paths"].values():
            for operation in methods.values():
                answers = operation["responses"].values()
                headers = [one for answer in answers for one in answer.get("headers", {}).values()]
                for part in (*operation.get("parameters", ()), *headers):
                    if "$ref" not in part:
                        repeated[json.dumps(part, sort_keys=True)] += 1
        assert {part: times for part, times in repeated.items() if times > 1} == {}

    def test_is_small_enough_for_a_slow_line(self, served: dict[str, Any]) -> None:
        """As it is served: compact, and by gzip to clients that take it."""
        sent = orjson.dumps(served)
        assert len(sent) <= MOST_BYTES
        assert len(gzip.compress(sent, mtime=0)) <= MOST_BYTES_PACKED

    def test_names_nobody_in_its_address(self, document: dict[str, Any]) -> None:
        for _, path, operation in operations(document):
            for parameter in operation.get("parameters", ()):
                if parameter["in"] not in ("path", "query") or path in NAMES_OF_THINGS:
                    continue
                assert not PERSONAL.search(parameter["name"]), f"{path} {parameter['name']}"

    def test_documents_its_etag_and_if_match_together(self, document: dict[str, Any]) -> None:
        """A PATCH is always conditional."""
        for method, path, operation in operations(document):
            if method != "patch" or is_scim(operation):
                continue
            names = {parameter["name"].lower() for parameter in operation.get("parameters", ())}
            assert "if-match" in names, path
            assert {"version_stale", "precondition_needed"} <= codes_of(operation), path
            assert set(operation["requestBody"]["content"]) == {"application/merge-patch+json"}


class TestAnswers:
    def test_are_typed_to_the_last_part(self, document: dict[str, Any]) -> None:
        bare = {at for at, schema in self.answered(document) if is_bare(schema)}
        assert bare == set(SHAPES_OF_THEIR_OWN)

    def test_notices_what_has_no_type(self) -> None:
        assert is_bare({})
        assert is_bare({"title": "Value"})
        assert is_bare({"type": "object", "additionalProperties": True})
        assert is_bare({"type": "array", "items": {}})
        assert not is_bare({"type": "object", "additionalProperties": {"type": "string"}})

    def test_says_what_kind_of_file_is_answered(self, document: dict[str, Any]) -> None:
        anything = {
            operation["operationId"]
            for _, _, operation in operations(document)
            if "*/*" in operation["responses"].get("200", {}).get("content", {})
        }
        assert anything == {
            "download_attachment", "download_received_attachment", "download_share_attachment",
            "download_referral_attachment", "download_sent_attachment", "download_past_file",
            "download_shared_attachment", "download_moved_attachment",
        }  # fmt: skip

    @staticmethod
    def answered(document: dict[str, Any]) -> Iterator[tuple[str, Schema]]:
        """Each part of every answer, with its component and the way to it."""
        seen: set[str] = set()
        for _, _, operation in operations(document):
            for status, answer in operation["responses"].items():
                if status >= "3":
                    continue
                for kind, content in answer.get("content", {}).items():
                    start = f"{operation['operationId']} {status} {kind}"
                    yield from named_parts(document, content["schema"], start, seen)


class TestScim:
    """What RFC 7644 fixes, where the house's own rules do not hold."""

    def test_is_marked_at_its_addresses_and_nowhere_else(self, document: dict[str, Any]) -> None:
        for _, path, operation in operations(document):
            assert is_scim(operation) == path.startswith("/scim/v2/"), path

    def test_answers_failures_as_its_errors(self, document: dict[str, Any]) -> None:
        for _, _, operation in operations(document):
            if not is_scim(operation):
                continue
            found = {status: one for status, one in operation["responses"].items() if status > "4"}
            assert {"400", "401", "403", "429", "500", "503"} <= set(found)
            assert not {"422", "428"} & set(found)
            for answer in found.values():
                assert answer["content"] == {
                    SCIM_TYPE: {"schema": {"$ref": "#/components/schemas/ScimError"}}
                }

    def test_speaks_its_own_media_type(self, document: dict[str, Any]) -> None:
        for _, _, operation in operations(document):
            if not is_scim(operation):
                continue
            for status, answer in operation["responses"].items():
                if status in ("200", "201"):
                    assert list(answer["content"]) == [SCIM_TYPE]
            if "requestBody" in operation:
                assert set(operation["requestBody"]["content"]) == {SCIM_TYPE, "application/json"}
                assert {"413", "415"} <= set(operation["responses"])

    def test_takes_if_match_where_something_is_changed(self, document: dict[str, Any]) -> None:
        """Optional, as identity providers do not send it; 412 where it is stale."""
        for method, path, operation in operations(document):
            if is_scim(operation) and method in ("put", "patch", "delete"):
                names = {one["name"].lower() for one in operation["parameters"]}
                assert "if-match" in names, path
                assert "412" in operation["responses"], path

    def test_bounds_every_parameter(self, document: dict[str, Any]) -> None:
        for _, path, operation in operations(document):
            for parameter in operation.get("parameters", ()) if is_scim(operation) else ():
                kinds = parameter["schema"].get("anyOf", [parameter["schema"]])
                assert all(
                    {"maxLength", "maximum"} & set(kind) or kind.get("type") == "null"
                    for kind in kinds
                ), f"{path} {parameter['name']}"


class TestWhatClientsSend:
    def test_is_bounded_text(self, document: dict[str, Any]) -> None:
        loose = [
            at
            for at, schema in inputs(document)
            if is_of(schema, "string")
            and not {"maxLength", "enum", "const", "format", "pattern"} & set(schema)
        ]
        assert loose == []

    def test_is_bounded_in_number(self, document: dict[str, Any]) -> None:
        loose = [
            at
            for at, schema in inputs(document)
            if is_of(schema, "array") and "maxItems" not in schema
        ]
        assert loose == []

    def test_is_a_number_within_bounds(self, document: dict[str, Any]) -> None:
        low, high = {"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}
        loose = [
            at
            for at, schema in inputs(document)
            if (is_of(schema, "integer") or is_of(schema, "number"))
            and not {"enum", "const"} & set(schema)
            and not (low & set(schema) and high & set(schema))
        ]
        assert loose == []

    def test_has_known_fields_only(self, document: dict[str, Any]) -> None:
        """But for forms of OAuth 2, whose servers ignore what they do not know (RFC 6749, 3.2)."""
        loose = [
            at
            for at, schema in inputs(document)
            if is_of(schema, "object")
            and "x-www-form-urlencoded" not in at
            and schema.get("additionalProperties") is not False
            and not bounded_map(schema)
        ]
        assert loose == []

    def test_is_one_of_the_types_each_operation_takes(self, document: dict[str, Any]) -> None:
        for _, _, operation in operations(document):
            if "requestBody" in operation:
                if is_scim(operation):
                    assert {"413", "415"} <= set(operation["responses"])
                else:
                    codes = codes_of(operation)
                    assert {"body_too_large", "media_type_unsupported"} <= codes


def is_of(schema: Schema, kind: str) -> bool:
    found = schema.get("type")
    return found == kind or (isinstance(found, list) and kind in found)


def bounded_map(schema: Schema) -> bool:
    """Named by the client, but described and bounded: `{name: value}` with both limited."""
    return isinstance(schema.get("additionalProperties"), dict) and "maxProperties" in schema
