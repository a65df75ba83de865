"""Describes the messages that webhooks carry, for the section `webhooks` of the document."""

from collections.abc import Sequence
from typing import Any

from app.api.operations import SINCE
from app.domain import nouns  # noqa: F401 - registers every kind
from app.domain.exchange.event_audiences.kind import By, told_kinds
from app.domain.exchange.webhooks.rules import TEST

Schema = dict[str, Any]

HEADERS = {
    "WebhookId": (
        "webhook-id",
        "The id of the event: the same in every attempt and replay, and in `GET /v1/changes`. "
        "Remember it, and do nothing where you have seen it before.",
    ),
    "WebhookTimestamp": (
        "webhook-timestamp",
        "When this attempt was made, in seconds since 1970; refuse what is older than five "
        "minutes.",
    ),
    "WebhookSignature": (
        "webhook-signature",
        "`v1,` and the Base64 of an HMAC-SHA256 over `{id}.{timestamp}.{body}`; several between "
        "spaces while a secret is being rotated. One that fits is enough.",
    ),
}
ID: Schema = {"type": "string", "format": "uuid"}
ALWAYS: Schema = {
    "school_id": ID | {"description": "School it happened in."},
    "noun": {"type": "string", "description": "Type of the record."},
    "noun_id": {
        "anyOf": [ID, {"type": "null"}],
        "description": "ID of the record; null: none.",
    },
}
OF_RECORD: Schema = {
    "child_id": ID | {"description": "Child the record is about; absent: none."},
    "concern_id": ID | {"description": "Concern the record belongs to; absent: none."},
}
OF_DEADLINE: Schema = {
    "thing_noun": {"type": "string", "description": "Type of the record that is due."},
    "thing_id": ID | {"description": "ID of the record that is due."},
}
OF_ALERT: Schema = {
    "recipient_id": ID | {"description": "Person it is for, so that you can alert them yourself."}
}
SENT = [kind for kind in told_kinds().values() if kind.by is not By.GRANT]
"""Grants are told to the person they are given to, and an endpoint is no person."""
NOUNS = {
    noun: tuple(kind.did.value for kind in SENT if kind.noun == noun)
    for noun in dict.fromkeys(kind.noun for kind in SENT)
}
ANSWERS: Schema = {
    "2XX": {"description": "Taken. Answer within 15 seconds, and do the work afterwards."},
    "410": {"description": "The endpoint is gone: Cairn disables it at once."},
    "default": {
        "description": "Anything else, a redirect too, is a failure: the message comes again, for "
        "three days. `Retry-After` is heeded with 429 and 503."
    },
}


def webhooks(components: Schema) -> Schema:
    """One entry for each noun that messages are about; what they share is put into `components`."""
    components.setdefault("parameters", {}).update(
        {
            name: {
                "name": header, "in": "header", "required": True, "description": text,
                "schema": {"type": "string"},
            }
            for name, (header, text) in HEADERS.items()
        }
    )  # fmt: skip
    found = {noun: _described(noun, kinds) for noun, kinds in NOUNS.items()}
    components["schemas"] |= {
        _title(noun): _message(noun, kinds) for noun, kinds in [*NOUNS.items(), ("test", (TEST,))]
    }
    return {**found, "test": _described("test", (TEST,))}


def _described(noun: str, kinds: Sequence[str]) -> Schema:
    operation = {
        "summary": ", ".join(f"`{kind}`" for kind in kinds),
        "description": "Sent to endpoints of `POST /v1/webhooks` as Standard Webhooks has it; "
        "at least once, in no promised order. Ids only: read the record to learn more.",
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in HEADERS],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": f"#/components/schemas/{_title(noun)}"}}
            },
        },
        "responses": ANSWERS,
        "x-since": SINCE,
    }
    return {"post": operation}


def _message(noun: str, kinds: Sequence[str]) -> Schema:
    more = {"deadline": OF_DEADLINE, "alert": OF_ALERT}.get(noun, {}) | OF_RECORD
    return {
        "title": _title(noun),
        "type": "object",
        "description": "A message of a webhook. Ignore fields that you do not know.",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {
                "anyOf": [{"type": "string", "enum": list(kinds)}, {"type": "string"}],
                "description": "Labels: `GET /v1/vocabularies/event_kinds`.",
            },
            "timestamp": {
                "type": "string",
                "format": "date-time",
                "description": "When it happened.",
            },
            "data": {
                "type": "object",
                "description": "IDs of what it is about; read the record to learn more.",
                "required": list(ALWAYS),
                "properties": ALWAYS | more,
            },
        },
    }


def _title(noun: str) -> str:
    return "".join(part.title() for part in noun.split("_")) + "Message"
