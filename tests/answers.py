"""Holds every answer of every test against the OpenAPI document, strictly."""

import hashlib
import os
import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import jsonschema
import jsonschema_rs
import orjson
from jsonschema import FormatChecker

from app.api.examples import FORM, shortened
from app.api.shared_fields import COMMON
from app.core.settings import Settings
from app.formats.contract_files import joined
from app.integrations.key_files import write_whole
from app.main import build_app
from tests.example_words import IN_A_FIELD, readable

ROOT = Path(__file__).parent.parent
BODILESS = (204, 304)
LINES = "application/x-ndjson"
"""Described is one line of it."""
SCIM = "application/scim+json"
"""Its moments are written as its library does."""
SENT_TO_SCIM = ("ScimUserIn", "ScimGroupIn")
STAND_IN = re.compile(
    "|".join(
        [r"As agreed with the school\.", "[A-Z]-[0-9a-f]{20}", *map(re.escape, IN_A_FIELD.values())]
    )
)
"""What stands for the words of a test, and the reference of a report that was completed."""
LONGEST_EXAMPLE = 3_000
BEST_ANSWER, BEST_BODY = 1_000, 500
"""About as many bytes show what there is, and are still read."""
BEST_SCREENS = {
    "get_overview": 2_500, "open_child": 1_500, "open_child_summary": 4_000, "open_concern": 2_500,
}  # fmt: skip
"""What front ends draw first is shown with all that a lead sees there."""
ODD = re.compile(rb"([^A])\1{7}|\\u0000|\xe2\x80[\x8b-\x8f\xaa-\xae]")
"""What nobody writes: the same eight times, NUL, letters that cannot be seen."""
UNUSUAL = re.compile(
    rb'"completes"|"register": ?"adults", ?"progress"|"manager"'
    rb"|and nobody else\.|was written on the bag of|\) came; |, at the gate\.| after lunch\."
    rb"|It was [^\".]+ It was "
    rb'|"grant_type": ?"(?!password)'
)
"""What the first example that somebody copies does not have, nor what SCIM sends and is ignored.

Nor what `tests/casts.py` lets people write. Signing in by a password is what people try first.
"""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
"""The one way to write a moment: their texts sort as they do."""
SENT_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)")
FIELD = re.compile(r"\w+Prop\d*")
"""The name of the schema of a field that many schemas have."""
MARKUP = re.compile(rb"<[a-zA-Z/!]|javascript:", re.IGNORECASE)


FORMATS = FormatChecker()
"""What `format` means in our own answers; a moment has to have its one form."""


@FORMATS.checks("date-time")
def is_moment(value: object) -> bool:
    """Whether a text is a moment as we write them; of anything else there is nothing to say."""
    return not isinstance(value, str) or MOMENT.fullmatch(value) is not None


@cache
def described() -> dict[str, Any]:
    """Both OpenAPI documents as one, the same with any settings; made once for a source tree.

    Describing 500 operations takes seconds, and every process of a run needs it: what was made is
    kept in `var/described` under the digest of all that it was made from.
    """
    kept = ROOT / "var" / "described" / f"{source_digest()}.json"
    if kept.exists():
        return orjson.loads(kept.read_bytes())  # type: ignore[no-any-return]
    app = build_app(Settings(log_level="error")).app
    document = joined(app.openapi(), app.state.describe_scim())
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_whole(kept, orjson.dumps(document))
    return document


@cache
def source_digest() -> str:
    """One digest of everything that `app/` and the lock file hold, and of this Python."""
    digest = hashlib.sha256(sys.version.encode())
    for file in (ROOT / "uv.lock", *sorted((ROOT / "app").rglob("*"))):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(f"{file.relative_to(ROOT)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


class Validator:
    """One schema, ready to find what is wrong with a value.

    A validator in Rust judges, since every answer of every test passes here. With
    `CAIRN_CROSS_CHECK=1`, as the nightly has it, a second one in Python has to agree each time.
    """

    def __init__(self, schema: dict[str, Any], kind: str) -> None:
        formats = {} if kind == SCIM else {"date-time": is_moment}
        self._quick = jsonschema_rs.Draft202012Validator(
            schema, formats=formats, validate_formats=True
        )
        checker = FormatChecker() if kind == SCIM else FORMATS
        self._slow = jsonschema.Draft202012Validator(schema, format_checker=checker)

    def faults_in(self, value: Any) -> list[str]:
        """Where and how a value is not as described; nothing where it is."""
        found = [_fault(fault.instance_path, fault) for fault in self._quick.iter_errors(value)]
        if os.environ.get("CAIRN_CROSS_CHECK") == "1":
            again = [_fault(fault.absolute_path, fault) for fault in self._slow.iter_errors(value)]
            assert bool(found) == bool(again), f"the validators differ: {found} and {again}"
        return found


def _fault(path: Iterable[object], fault: Any) -> str:
    return f"{'/'.join(map(str, path))}: {fault.message[:300]}"


def references(schema: Any) -> set[str]:
    """The names of the shared schemas that a schema refers to."""
    if isinstance(schema, list):
        return set().union(*map(references, schema))
    if not isinstance(schema, dict):
        return set()
    found = set().union(*map(references, schema.values()))
    target = schema.get("$ref")
    if isinstance(target, str):
        found.add(target.removeprefix("#/components/schemas/"))
    return found


class Description:
    """The OpenAPI document of the application under test, ready to judge answers."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = inlined(document)
        self._validators: dict[tuple[str, str, str], Validator] = {}
        folder = os.environ.get("CAIRN_RECORD_ANSWERS")
        self.recordings = Path(folder) if folder else None

    @cached_property
    def operations(self) -> dict[str, tuple[str, str]]:
        """Method and path template of each operation id."""
        return {
            operation["operationId"]: (method.upper(), path)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
        }

    @cached_property
    def _components(self) -> Any:
        return strict(self.document["components"])

    @cached_property
    def _patterns(self) -> dict[int, list[tuple[re.Pattern[str], str]]]:
        """Paths as patterns, by how many parts they have."""
        found = defaultdict[int, list[tuple[re.Pattern[str], str]]](list)
        for path in sorted(self.document["paths"], key=lambda path: path.count("{")):
            pattern = re.compile(re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(path)) + r"\Z")
            found[path.count("/")].append((pattern, path))
        return found

    def path_of(self, address: str) -> str | None:
        """The path template an address belongs to."""
        alike = self._patterns.get(address.count("/"), ())
        return next((path for pattern, path in alike if pattern.match(address)), None)

    def judge(self, response: httpx.Response) -> None:
        """Fail the test when an answer is not what the document promises."""
        self.record_body(response)
        path = self.path_of(response.request.url.path)
        method = response.request.method.lower()
        if path is None or method not in self.document["paths"][path]:
            return
        operation = self.document["paths"][path][method]
        status = str(response.status_code)
        name = operation["operationId"]
        if status not in operation["responses"] and response.is_error:
            status = "default"
        assert status in operation["responses"], (
            f"{name} answered undocumented {response.status_code}: {response.text}"
        )
        described = operation["responses"][status]
        if response.status_code in BODILESS:
            assert response.content == b"", f"{name} {status} has a body"
            return
        kind = response.headers["content-type"].split(";")[0]
        contents = described.get("content", {})
        if "*/*" in contents:
            return
        assert kind in contents, f"{name} {status} answered {kind}, described: {list(contents)}"
        if not kind.endswith("json"):
            return
        validator, lined = self._validator(path, method, status, kind), kind == LINES
        for body in (
            map(orjson.loads, response.content.splitlines()) if lined else [response.json()]
        ):
            found = validator.faults_in(body)
            assert not found, f"{name} {status} is not as described: {found}"
            unknown = offered_in(body) - self.operations.keys()
            assert not unknown, f"{name} {status} offers what is no operation: {unknown}"
        if not lined:
            self._record(name, str(response.status_code), response)

    def record_body(self, response: httpx.Response) -> None:
        """Keep what was sent for the examples, where it was accepted and is as described."""
        if self.recordings is None or not response.is_success:
            return
        path, method = self.path_of(response.request.url.path), response.request.method.lower()
        operation = self.document["paths"].get(path, {}).get(method, {})
        kind = response.request.headers.get("content-type", "").split(";")[0]
        content = operation.get("requestBody", {}).get("content", {}).get(kind, {})
        if kind == LINES or not (kind.endswith("json") or kind == FORM):
            return
        sent = response.request.read()
        if kind == FORM:
            sent = orjson.dumps(dict(parse_qsl(sent.decode())))
        if not content or not is_plain(sent):
            return
        text = readable(compact(sent, but_not=("id", "meta") if kind == SCIM else ()))
        if not self.faults_in_example(content, orjson.loads(text)):
            self._keep(f"{operation['operationId']}.request", text, BEST_BODY)

    def faults_in_example(self, content: dict[str, Any], value: Any) -> list[str]:
        """What is wrong with an example of a body or an answer; moments may have any form."""
        schema = content["schema"]
        if _name_of(schema) in SENT_TO_SCIM:
            value = {"id": "-", **value}  # required, and for reading alone: RFC 7643, 3.1
        components = {"schemas": self._reached_from(schema)}
        return Validator({**schema, "components": components}, SCIM).faults_in(value)

    def _validator(self, path: str, method: str, status: str, kind: str) -> "Validator":
        key = (path, method, status)
        if key not in self._validators:
            content = self.document["paths"][path][method]["responses"][status]["content"]
            schema = content[kind]["schema"]
            components = {"schemas": self._reached_from(schema)}
            self._validators[key] = Validator({**schema, "components": components}, kind)
        return self._validators[key]

    def _reached_from(self, schema: Any) -> dict[str, Any]:
        """The shared schemas that a schema refers to, and those that they refer to, by name."""
        reached: dict[str, Any] = {}
        waiting = references(schema)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached[name] = self._components["schemas"][name]
                waiting |= references(reached[name])
        return reached

    def _record(self, name: str, status: str, response: httpx.Response) -> None:
        """Keep the fullest answer that is still easy to read, for the examples."""
        if self.recordings is None:
            return
        body, text = response.json(), response.text
        best = BEST_SCREENS.get(name, BEST_ANSWER)
        longest = max(LONGEST_EXAMPLE, 2 * best)
        if len(response.content) > longest:
            text = orjson.dumps(shortened(body)).decode()
        if len(text) > longest:
            return
        if MARKUP.search(text.encode()) or UNUSUAL.search(text.encode()):
            return  # an answer to somebody's trick is no example
        problem = status[0] in "45"
        if problem and "code" not in body:
            return  # SCIM writes its failures its own way
        target = f"{body['code']}.problem" if problem else f"{name}.{status}"
        self._keep(target, readable(text), 0 if problem else best)

    def _keep(self, name: str, text: str, best: int) -> None:
        """Write an example, unless the one that is kept has fewer stand-ins, or a better size."""
        assert self.recordings is not None
        target = self.recordings / name
        kept = target.read_text(encoding="utf-8") if target.exists() else None
        if kept is None or (best and _worse(text, best) < _worse(kept, best)):
            self.recordings.mkdir(parents=True, exist_ok=True)
            whole = target.with_name(f"{name}.{os.getpid()}.part")  # another worker may read it now
            whole.write_text(text, encoding="utf-8")
            whole.replace(target)


def _worse(text: str, best: int) -> tuple[bool, int, int]:
    """Whether an example is a page without rows, how many stand-ins it has, and how far it is from

    the best size.
    """
    body = orjson.loads(text)
    empty = isinstance(body, dict) and body.get("items") == []
    return empty, len(STAND_IN.findall(text)), abs(len(text.encode()) - best)


def offered_in(body: Any) -> set[str]:
    """What `permissions` of records offer. Those of people and roles have a colon."""
    if isinstance(body, list):
        return set().union(*map(offered_in, body))
    if not isinstance(body, dict):
        return set()
    own = body.get("permissions")
    offered = {one for one in own if ":" not in one} if isinstance(own, list) else set()
    return offered.union(*map(offered_in, body.values()))


def compact(sent: bytes, *, but_not: Collection[str] = ()) -> str:
    """What was sent, without spaces between its parts, and with moments as people write them.

    Without what is for reading alone: SCIM lets clients send it back.
    """
    body = orjson.loads(sent)
    if but_not and isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in but_not}
    return SENT_MOMENT.sub(r"\1Z", orjson.dumps(body).decode())


def is_plain(sent: bytes) -> bool:
    """Whether a body is short, and none of those that tests send to break something."""
    return 0 < len(sent) <= LONGEST_EXAMPLE and not any(
        one.search(sent) for one in (MARKUP, ODD, UNUSUAL)
    )


@cache
def description() -> Description:
    """The one of this source, for every world of a run: its validators are made once."""
    return Description(described())


def inlined(document: dict[str, Any]) -> dict[str, Any]:
    """The document with every shared part in its place, so that it can be read by operation.

    Schemas stay where they are, but for those of a field that many schemas have, and for what a
    schema has in common with others. An example of a schema stands in each body and answer that is
    of it, or a page of it; "or null" is an alternative. What an operation asks for that says
    nothing of it stands at the top.
    """
    document = _spelt_out(document)
    components = document["components"]
    paths = _inlined(document["paths"], components)
    for methods in paths.values():
        for operation in methods.values():
            operation.setdefault("security", document.get("security", []))
            for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
                for content in holder.get("content", {}).values():
                    _exemplify(content, components["schemas"])
    schemas = {
        name: _with_own_fields(schema, components["schemas"])
        for name, schema in components["schemas"].items()
        if not FIELD.fullmatch(name) and name not in COMMON
    }
    return {**document, "paths": paths, "components": {**components, "schemas": schemas}}


def _with_own_fields(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """A schema with those fields in their place that another has, or a schema of their own."""
    base = _name_of(schema.get("allOf", [{}])[0])
    if base and not base.startswith("Scim"):
        return _joined(schema, _with_own_fields(schemas[base], schemas), schemas)
    fields = {
        field: schemas[name] if FIELD.fullmatch(name := _name_of(described)) else described
        for field, described in schema.get("properties", {}).items()
    }
    return {**schema, "properties": fields} if fields else schema


def _joined(
    schema: dict[str, Any], base: dict[str, Any], schemas: dict[str, Any]
) -> dict[str, Any]:
    """A schema that adds to another, as a whole."""
    more = _with_own_fields(schema["allOf"][1], schemas)
    own = {word: said for word, said in schema.items() if word != "allOf"}
    if "unevaluatedProperties" in own:
        own["additionalProperties"] = own.pop("unevaluatedProperties")
    return {
        "type": "object", **own,
        "properties": base["properties"] | more["properties"],
        "required": [*base.get("required", ()), *more.get("required", ())],
    }  # fmt: skip


def _spelt_out(node: Any) -> Any:
    """The same with "text or null" as two alternatives."""
    if isinstance(node, list):
        return [_spelt_out(one) for one in node]
    if not isinstance(node, dict):
        return node
    told = {key: _spelt_out(value) for key, value in node.items()}
    kind = told.get("type")
    if not (isinstance(kind, list) and len(kind) == 2 and kind[1] == "null"):
        return told
    beside = {word: told.pop(word) for word in ("description", "default") if word in told}
    return {"anyOf": [{**told, "type": kind[0]}, {"type": "null"}], **beside}


def _exemplify(content: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Give a body or an answer the examples of its schema: a problem, those of its codes."""
    schema = content["schema"]
    if "allOf" in schema:
        base, own = _name_of(schema["allOf"][0]), schema["allOf"][1]
        codes = own["properties"]["code"]["enum"]
        shown = [one for one in schemas[base].get("examples", ()) if one["code"] in codes]
        content["examples"] = {str(one["status"]): {"value": one} for one in shown}
    elif "example" not in content and (found := _example_of(schema, schemas)) is not None:
        content["example"] = found


def _example_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The example of a named schema: its own, one of all its parts, or of a page with a row."""
    whole = schemas.get(_name_of(schema), schema)
    if "examples" in whole:
        return whole["examples"][0]
    if "allOf" in whole:
        parts = [_example_of(one, schemas) for one in whole["allOf"]]
        return None if None in parts else {key: one[key] for one in parts for key in one}
    if whole.get("properties", {}).keys() == {"items", "next"}:
        row = _example_of(whole["properties"]["items"]["items"], schemas)
        return None if row is None else {"items": [row], "next": None}
    return None


def _name_of(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _inlined(node: Any, components: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(one, components) for one in node]
    if not isinstance(node, dict):
        return node
    _, _, kind, *name = f"{node.get('$ref', '')}///".split("/")[:4]
    if kind in ("responses", "requestBodies", "parameters", "headers", "examples"):
        return _inlined(components[kind][name[0]], components)
    return {key: _inlined(value, components) for key, value in node.items()}


def codes_of(operation: dict[str, Any], *statuses: str) -> set[str]:
    """The codes that an operation can answer, with some statuses or with any."""
    found: set[str] = set()
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get("application/problem+json")
        if content and (not statuses or status in statuses):
            found.update(content["schema"]["allOf"][1]["properties"]["code"]["enum"])
    return found


def strict(components: dict[str, Any]) -> dict[str, Any]:
    """The shared schemas with every described object closed: an undescribed field is drift.

    Clients are told to ignore what they do not know; the suite is not. What others add to by
    `allOf` stays open.
    """
    added_to = set(_added_to(components["schemas"])) | {"Problem"}
    return {
        "schemas": {
            name: schema if name in added_to else _closed(schema)
            for name, schema in components["schemas"].items()
        }
    }


def _added_to(node: Any) -> Iterable[str]:
    """The names of schemas that stand in an `allOf`."""
    if isinstance(node, list):
        for one in node:
            yield from _added_to(one)
    elif isinstance(node, dict):
        for part in node.get("allOf", ()):
            yield from references(part)
        for one in node.values():
            yield from _added_to(one)


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    if "allOf" in schema or "properties" not in schema or schema.get("type") != "object":
        return schema
    return {"additionalProperties": False, **schema}
