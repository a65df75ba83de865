"""SCIM's part of the OpenAPI document: components made from SCIM's own schemas."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from scim2_models import Attribute, Mutability, ResourceType, Schema, ServiceProviderConfig

from app.api.scim.bodies import LONGEST_TEXT, MEDIA_TYPE, MOST_OPERATIONS, PATCH_OP
from app.api.scim.failures import ERROR, scim_status
from app.api.scim.models import ENTERPRISE, MOST_RESULTS, EnterpriseUser, Group, User
from app.api.scim.shapes import LIST
from app.domain.errors import CairnError

Json = dict[str, Any]
MOST_VALUES = 100_000
BY_TYPE: dict[str, Json] = {
    "string": {"type": "string", "maxLength": 10_000},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer", "minimum": 0, "maximum": 1_000_000_000},
    "dateTime": {"type": "string", "format": "date-time"},
    "reference": {"type": "string", "maxLength": 2_000},
}
META: Json = {
    "type": "object",
    "readOnly": True,
    "properties": {
        "resourceType": {"type": "string"},
        "created": {"type": "string", "format": "date-time"},
        "lastModified": {"type": "string", "format": "date-time"},
        "location": {"type": "string", "format": "uri"},
        "version": {"type": "string", "description": "The ETag."},
    },
}


def components() -> dict[str, Json]:
    """The schemas that SCIM's operations refer to, by name."""
    user, group = User.to_schema(), Group.to_schema()
    extension = _object(EnterpriseUser.to_schema().attributes)
    result = {
        "ScimUser": _resource("ScimUser", user, {ENTERPRISE: extension}),
        "ScimGroup": _resource("ScimGroup", group),
        "ScimServiceProviderConfig": _resource(
            "ScimServiceProviderConfig", ServiceProviderConfig.to_schema(), required=("schemas",)
        ),
        "ScimResourceType": _resource("ScimResourceType", ResourceType.to_schema()),
        "ScimSchema": _resource("ScimSchema", Schema.to_schema()),
        "ScimPatch": _patch(),
        "ScimError": _error(),
    }
    for name, needed in (("ScimUser", "userName"), ("ScimGroup", "displayName")):
        result[f"{name}In"] = {
            "allOf": [
                {"$ref": f"#/components/schemas/{name}"},
                {"type": "object", "required": ["schemas", needed]},
            ],
            "description": "What is not described is ignored.",
        }
    for name in ("ScimUser", "ScimGroup", "ScimResourceType", "ScimSchema"):
        result[f"{name}List"] = _list(name)
    return result


def _resource(
    title: str,
    schema: Schema,
    extensions: dict[str, Json] | None = None,
    required: Iterable[str] = ("schemas", "id"),
) -> Json:
    described = _object(schema.attributes)
    described["properties"] = {
        "schemas": _urns(),
        "id": {"type": "string", "readOnly": True, "maxLength": 200},
        "externalId": {
            "type": "string",
            "maxLength": LONGEST_TEXT,
            "description": "The id at the identity provider.",
        },
        **described["properties"],
        **(extensions or {}),
        "meta": META,
    }
    return {
        "title": title,
        "description": schema.description,
        **described,
        "required": list(required),
    }


def _urns(const: str | None = None) -> Json:
    items: Json = {"type": "string", "maxLength": 300}
    return {"type": "array", "maxItems": 20, "items": {**items, "const": const} if const else items}


def _object(attributes: Iterable[Attribute] | None) -> Json:
    return {
        "type": "object",
        "properties": {
            str(attribute.name): _attribute(attribute)
            for attribute in attributes or ()
            if attribute.name is not None
        },
    }


def _attribute(attribute: Attribute) -> Json:
    kind = attribute.type.value if attribute.type else "string"
    if kind == "complex":
        item = _object(attribute.sub_attributes)
        if attribute.name == "subAttributes":
            item = {"type": "object"}
    else:
        item = dict(BY_TYPE.get(kind, BY_TYPE["string"]))
    if attribute.multi_valued:
        item = {"type": "array", "maxItems": MOST_VALUES, "items": item}
    if attribute.description:
        item["description"] = attribute.description
    if attribute.mutability is Mutability.read_only:
        item["readOnly"] = True
    return item


def _list(name: str) -> Json:
    number = {"type": "integer", "minimum": 0, "maximum": 1_000_000_000}
    return {
        "title": f"{name}List",
        "type": "object",
        "required": ["schemas", "totalResults", "startIndex", "itemsPerPage", "Resources"],
        "properties": {
            "schemas": _urns(LIST),
            "totalResults": number,
            "startIndex": number,
            "itemsPerPage": {**number, "maximum": MOST_RESULTS},
            "Resources": {
                "type": "array",
                "maxItems": MOST_RESULTS,
                "items": {"$ref": f"#/components/schemas/{name}"},
            },
        },
    }


def _patch() -> Json:
    operation = {
        "type": "object",
        "required": ["op"],
        "properties": {
            "op": {
                "type": "string",
                "maxLength": 20,
                "description": "add, replace or remove, in any case.",
            },
            "path": {"type": "string", "maxLength": 1_000},
            "value": {"description": "What to add or put in place."},
        },
    }
    return {
        "title": "ScimPatch",
        "type": "object",
        "required": ["schemas", "Operations"],
        "properties": {
            "schemas": _urns(PATCH_OP),
            "Operations": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_OPERATIONS,
                "items": operation,
            },
        },
    }


def _error() -> Json:
    return {
        "title": "ScimError",
        "type": "object",
        "required": ["schemas", "status", "detail"],
        "properties": {
            "schemas": _urns(ERROR),
            "status": {"type": "string", "description": "The HTTP status, as text."},
            "scimType": {"type": "string", "description": "A keyword of RFC 7644, table 9."},
            "detail": {"type": "string"},
        },
    }


def describe_failures(operation: Json, failures: Iterable[type[CairnError]]) -> None:
    """Describe each failure of one of SCIM's operations."""
    responses = operation["responses"]
    responses.pop("422", None)
    by_status: dict[int, set[str]] = defaultdict(set)
    for failure in failures:
        by_status[scim_status(failure)].add(failure.title)
    for status, titles in sorted(by_status.items()):
        responses[str(status)] = {
            "description": " ".join(sorted(titles)),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ScimError"}}},
        }
