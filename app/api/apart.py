"""Moves SCIM to its own description: a standard defines it, and it has clients of its own."""

from typing import Any, Final

from app.api.scim.description import components

Document = dict[str, Any]
PREFIX: Final = "Scim"
"""Prefix of every part's name, so that a client can read both descriptions as one."""
TAG: Final = "scim"
KEY: Final = "A token of a service key with the scope `staff:provision`."
ABOUT: Final = (
    "Staff and groups by SCIM 2.0 (RFC 7643, 7644), for identity providers that speak it. "
    "Everything else: `/openapi.json`."
)


def take_apart(document: Document) -> Document:
    """Move SCIM's operations, tag and schemas from a description to one of their own."""
    paths = {
        path: document["paths"].pop(path)
        for path, methods in list(document["paths"].items())
        if any(operation.get("x-scim") for operation in methods.values())
    }
    schemas = document["components"]["schemas"]
    own = {name: schemas.pop(name) for name in components()}
    info = document["info"]
    return {
        "openapi": document["openapi"],
        "info": {**info, "title": f"{info['title']}: SCIM", "description": ABOUT},
        "servers": document["servers"],
        "paths": paths,
        "components": {
            "schemas": own,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "description": KEY}},
        },
    }
