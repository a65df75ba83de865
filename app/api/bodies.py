"""From a body to the fields of a command."""

from typing import Any

from pydantic import BaseModel


def fields_of(body: BaseModel, *, but: str = "", only_set: bool = False) -> dict[str, Any]:
    """The body's fields: nested ones as JSON values, ids and moments as they are.

    `only_set` leaves out what the client did not send, as a merge patch needs.
    """
    names = body.model_fields_set if only_set else set(type(body).model_fields)
    nested = body.model_dump(mode="json")
    return {
        name: nested[name] if isinstance(nested[name], dict | list) else getattr(body, name)
        for name in names - {but}
    }
