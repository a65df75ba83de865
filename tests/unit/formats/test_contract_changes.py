"""What breaks a client, by direction: each rule by one change of a small description."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from app.formats.contract_changes import breaks, undeclared

Change = Callable[[dict[str, Any]], object]
TEXT = {"type": "string"}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


THING_IN = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 80},
        "note": {"anyOf": [TEXT, {"type": "null"}]},
        "urgency": {"type": "string", "enum": ["now", "today"]},
        "parts": {"type": "array", "items": ref("PartIn")},
    },
}
THING_OUT = {
    "type": "object",
    "required": ["id", "state"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "state": {"type": "string", "enum": ["open", "ended"], "x-closed": True},
        "place": {"anyOf": [{"type": "string", "enum": ["hall"]}, TEXT]},
        "of": {"anyOf": [ref("ThingOut"), {"type": "null"}]},
        "told": {"oneOf": [ref("InformedPersonOut"), ref("PaperOut")]},
    },
}
PAPER = {"type": "object", "properties": {"kind": {"const": "paper", "type": "string"}}}
TOLD = {"type": "object", "properties": {"kind": {"const": "told", "type": "string"}}}
OLD = {
    "paths": {
        "/v1/things": {
            "post": {
                "operationId": "add_thing",
                "x-scope": "thing:write",
                "x-by-password": True,
                "parameters": [
                    {
                        "name": "state",
                        "in": "query",
                        "schema": {"type": "string", "enum": ["a", "b"]},
                    },
                    {"name": "If-Match", "in": "header", "schema": TEXT},
                ],
                "requestBody": {"content": {"application/json": {"schema": ref("ThingIn")}}},
                "responses": {
                    "201": {
                        "headers": {"ETag": {"schema": TEXT}},
                        "content": {"application/json": {"schema": ref("ThingOut")}},
                    },
                    "409": {"$ref": "#/components/responses/Conflict"},
                },
            },
            "get": {
                "operationId": "list_things",
                "x-scope": "thing:read",
                "responses": {"200": {}},
            },
        }
    },
    "components": {
        "responses": {"Conflict": {"content": {"application/problem+json": {"schema": TOLD}}}},
        "schemas": {
            "ThingIn": THING_IN,
            "ThingOut": THING_OUT,
            "PartIn": {
                "type": "object",
                "properties": {"count": {"type": "integer", "maximum": 9}},
            },
            "PaperOut": PAPER,
            "InformedPersonOut": TOLD,
        },
    },
}


def post(document: dict[str, Any]) -> Any:
    return document["paths"]["/v1/things"]["post"]


def schema(document: dict[str, Any], name: str) -> Any:
    return document["components"]["schemas"][name]


def sent(document: dict[str, Any]) -> Any:
    return schema(document, "ThingIn")["properties"]


def told(document: dict[str, Any]) -> Any:
    return schema(document, "ThingOut")["properties"]


def found(change: Change) -> list[str]:
    """What breaks after a change of the small description."""
    new = deepcopy(OLD)
    change(new)
    return [str(one) for one in breaks(OLD, new)]


IN, OUT = "ThingIn (in requests", "ThingOut (in answers"
BREAKING: dict[str, tuple[Change, str]] = {
    "operation gone": (
        lambda new: new["paths"]["/v1/things"].pop("get"),
        "list_things: GET /v1/things is gone.",
    ),
    "operation renamed": (
        lambda new: post(new).update(operationId="make_thing"),
        "add_thing: it is now called make_thing.",
    ),
    "scope": (
        lambda new: post(new).update({"x-scope": "thing:rule"}),
        "add_thing: it needs thing:rule now, where it needed thing:write.",
    ),
    "step-up": (
        lambda new: post(new).update({"x-step-up": True}),
        "add_thing: it needs a fresh proof of identity now.",
    ),
    "password": (
        lambda new: post(new).pop("x-by-password"),
        "add_thing: a password alone is no longer enough.",
    ),
    "parameter needed": (
        lambda new: post(new)["parameters"][1].update(required=True),
        "add_thing (header If-Match): it has to be sent now.",
    ),
    "parameter gone": (
        lambda new: post(new)["parameters"].pop(),
        "add_thing (header If-Match): it is no longer taken.",
    ),
    "parameter shrunk": (
        lambda new: post(new)["parameters"][0]["schema"].update(enum=["a"]),
        "add_thing (query state): it no longer takes b.",
    ),
    "body needed": (
        lambda new: post(new)["requestBody"].update(required=True),
        "add_thing (body): a body has to be sent now.",
    ),
    "body gone": (
        lambda new: post(new).pop("requestBody"),
        "add_thing (body): no body is taken any longer.",
    ),
    "body of another type": (
        lambda new: post(new)["requestBody"].update(content={"text/csv": {}}),
        "add_thing (body): application/json is no longer taken.",
    ),
    "field needed": (
        lambda new: schema(new, "ThingIn")["required"].append("note"),
        f"{IN}): note has to be sent now.",
    ),
    "field not taken": (
        lambda new: sent(new).pop("note"),
        f"{IN}): note is no longer taken.",
    ),
    "null not taken": (
        lambda new: sent(new).update(note=TEXT),
        f"{IN} /note): it takes only string now.",
    ),
    "value not taken": (
        lambda new: sent(new)["urgency"].update(enum=["now"]),
        f"{IN} /urgency): it no longer takes today.",
    ),
    "free text listed": (
        lambda new: sent(new)["name"].update(enum=["a"]),
        f"{IN} /name): it takes only a now.",
    ),
    "longer": (
        lambda new: sent(new)["name"].update(minLength=2),
        f"{IN} /name): it has to be longer than before (minLength 2).",
    ),
    "shorter": (
        lambda new: sent(new)["name"].update(maxLength=40),
        f"{IN} /name): it has to be shorter than before (maxLength 40).",
    ),
    "pattern": (
        lambda new: sent(new)["name"].update(pattern="^a"),
        f"{IN} /name): it has another pattern now.",
    ),
    "deep in a request": (
        lambda new: schema(new, "PartIn")["properties"]["count"].update(maximum=5),
        "PartIn (in requests /count): it has to be smaller than before (maximum 5).",
    ),
    "status": (
        lambda new: post(new)["responses"].update({"202": post(new)["responses"].pop("201")}),
        "add_thing (201): it no longer answers with this status.",
    ),
    "header gone": (
        lambda new: post(new)["responses"]["201"].pop("headers"),
        "add_thing (201): the header ETag no longer comes.",
    ),
    "media type of an answer": (
        lambda new: post(new)["responses"]["201"]["content"].update({"text/csv": {}}),
        "add_thing (201): text/csv may come now.",
    ),
    "shared refusal": (
        lambda new: new["components"]["responses"]["Conflict"]["content"].update(
            {"application/problem+json": {"schema": {"type": "object", "properties": {}}}}
        ),
        "add_thing (409): kind no longer comes.",
    ),
    "field no longer comes": (
        lambda new: told(new).pop("place"),
        f"{OUT}): place no longer comes.",
    ),
    "field may be missing": (
        lambda new: schema(new, "ThingOut")["required"].remove("state"),
        f"{OUT}): state may be missing now.",
    ),
    "closed list grew": (
        lambda new: told(new)["state"]["enum"].append("paused"),
        f"{OUT} /state): its closed list has grown by paused.",
    ),
    "closed list opened": (
        lambda new: told(new)["state"].pop("enum"),
        f"{OUT} /state): it may have other values than the listed ones now.",
    ),
    "null comes": (
        lambda new: told(new).update(id={"type": ["string", "null"], "format": "uuid"}),
        f"{OUT} /id): it may be null now.",
    ),
    "type": (
        lambda new: told(new).update(id={"type": "integer"}),
        f"{OUT} /id): it may be integer now.",
    ),
    "format": (
        lambda new: told(new).update(id=TEXT),
        f"{OUT} /id): it has another format now.",
    ),
    "variant comes": (
        lambda new: told(new)["told"]["oneOf"].append(ref("PartIn")),
        f"{OUT} /told): PartIn may come now.",
    ),
}
HARMLESS: dict[str, Change] = {
    "nothing": lambda new: None,
    "a new operation": lambda new: new["paths"].update({"/v1/more": {"get": {"operationId": "x"}}}),
    "an optional field": lambda new: sent(new).update(more=TEXT),
    "an optional parameter": lambda new: post(new)["parameters"].append(
        {"name": "more", "in": "query", "schema": TEXT}
    ),
    "more values taken": lambda new: sent(new)["urgency"]["enum"].append("soon"),
    "a wider limit": lambda new: sent(new)["name"].update(maxLength=200),
    "a field fewer needed": lambda new: schema(new, "ThingIn").update(required=[]),
    "a field more comes": lambda new: told(new).update(more=TEXT),
    "a closed list shrank": lambda new: told(new)["state"].update(enum=["open"]),
    "an open list grew": lambda new: told(new)["place"]["anyOf"][0]["enum"].append("yard"),
    "always there": lambda new: schema(new, "ThingOut")["required"].append("place"),
    "null no longer comes": lambda new: told(new).update(of=ref("ThingOut")),
    "another refusal": lambda new: post(new)["responses"].update({"410": {}}),
    "other words": lambda new: sent(new)["name"].update(description="Its name."),
    "moved to components": lambda new: (
        schema(new, "ThingOut")["properties"].update(place=ref("Place")),
        new["components"]["schemas"].update(Place=THING_OUT["properties"]["place"]),  # type: ignore[index]
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_finds_what_breaks(name: str) -> None:
    change, sentence = BREAKING[name]
    assert sentence in found(change)


@pytest.mark.parametrize("name", HARMLESS)
def test_lets_through_what_breaks_nothing(name: str) -> None:
    assert found(HARMLESS[name]) == []


def test_tells_a_break_once_however_many_operations_have_it() -> None:
    old = deepcopy(OLD)
    old["paths"]["/v1/others"] = {"post": {**post(OLD), "operationId": "add_other"}}  # type: ignore[index]
    new = deepcopy(old)
    told(new).pop("place")
    assert [str(one) for one in breaks(old, new)] == [f"{OUT}): place no longer comes."]


def test_a_break_is_declared_by_its_name_in_backticks() -> None:
    new = deepcopy(OLD)
    told(new).pop("place")
    new["paths"]["/v1/things"].pop("get")  # type: ignore[index]
    every = breaks(OLD, new)
    assert undeclared(every, "ThingOut and list_things change.") == every
    assert [one.subject for one in undeclared(every, "`ThingOut` has no place.")] == ["list_things"]
    assert undeclared(every, "`ThingOut` has no place, and `list_things` is gone.") == []
