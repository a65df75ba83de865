"""Holds every answer of every test against the OpenAPI document, strictly."""

import copy
import os
import re
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker

from app.core.settings import Settings
from app.main import build_app

BODILESS = (204, 304)
SCIM = "application/scim+json"
"""Its moments are written as its library does."""
LONGEST_EXAMPLE = 3_000
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
"""The one way to write a moment: their texts sort as they do."""
MARKUP = re.compile(rb"<[a-zA-Z/!]|javascript:", re.IGNORECASE)


FORMATS = FormatChecker()
"""What `format` means in our own answers; a moment has to have its one form."""


@FORMATS.checks("date-time")
def is_moment(value: object) -> bool:
    """Whether a text is a moment as we write them; of anything else there is nothing to say."""
    return not isinstance(value, str) or MOMENT.fullmatch(value) is not None


@cache
def described() -> dict[str, Any]:
    """The OpenAPI document, which is the same with any settings; made once in a process."""
    document: dict[str, Any] = build_app(Settings(log_level="error")).app.openapi()
    return document


class Description:
    """The OpenAPI document of the application under test, ready to judge answers."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = inlined(document)
        self._validators: dict[tuple[str, str, str], Draft202012Validator] = {}
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
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        templates = sorted(self.document["paths"], key=lambda path: path.count("{"))
        return [
            (re.compile(re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(path)) + r"\Z"), path)
            for path in templates
        ]

    def path_of(self, address: str) -> str | None:
        """The path template an address belongs to."""
        return next((path for pattern, path in self._patterns if pattern.match(address)), None)

    def judge(self, response: httpx.Response) -> None:
        """Fail the test when an answer is not what the document promises."""
        path = self.path_of(response.request.url.path)
        method = response.request.method.lower()
        if path is None or method not in self.document["paths"][path]:
            return
        operation = self.document["paths"][path][method]
        status = str(response.status_code)
        name = operation["operationId"]
        assert status in operation["responses"], (
            f"{name} answered undocumented {status}: {response.text}"
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
        found = [
            f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
            for error in self._validator(path, method, status, kind).iter_errors(response.json())
        ]
        assert not found, f"{name} {status} is not as described: {found}"
        self._record(name, status, response)

    def _validator(self, path: str, method: str, status: str, kind: str) -> Draft202012Validator:
        key = (path, method, status)
        if key not in self._validators:
            content = self.document["paths"][path][method]["responses"][status]["content"]
            schema = {**strict(content[kind]["schema"]), "components": self._components}
            formats = FormatChecker() if kind == SCIM else FORMATS
            self._validators[key] = Draft202012Validator(schema, format_checker=formats)
        return self._validators[key]

    def _record(self, name: str, status: str, response: httpx.Response) -> None:
        """Keep the fullest answer that is still easy to read, for the examples."""
        if self.recordings is None or len(response.content) > LONGEST_EXAMPLE:
            return
        if MARKUP.search(response.content):
            return  # an answer to somebody's trick is no example
        body = response.json()
        problem = status[0] in "45"
        if problem and "code" not in body:
            return  # SCIM writes its failures its own way
        target = self.recordings / (f"{body['code']}.problem" if problem else f"{name}.{status}")
        if not target.exists() or (not problem and target.stat().st_size < len(response.content)):
            self.recordings.mkdir(parents=True, exist_ok=True)
            target.write_bytes(response.content)


def inlined(document: dict[str, Any]) -> dict[str, Any]:
    """The document with every shared answer in its place, so that it can be read by operation."""
    shared = document["components"].get("responses", {})
    whole = {**document, "paths": copy.deepcopy(document["paths"])}
    for path in whole["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if "$ref" in answer:
                    operation["responses"][status] = shared[answer["$ref"].rpartition("/")[2]]
    return whole


def strict(schema: Any) -> Any:
    """The schema with every described object closed: an undescribed field is drift.

    Clients are told to ignore what they do not know; the suite is not.
    """
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(value) for name, value in schema.items()}
    parts = closed.get("allOf")
    if parts and any("$ref" in part for part in parts if isinstance(part, dict)):
        return closed
    described = closed.get("type") == "object" and "properties" in closed
    if described and closed.get("title") not in (None, "Problem"):
        closed.setdefault("additionalProperties", False)
    return closed
