"""Describes the webhook messages, for the section `webhooks` of the document."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from app.api.operations import SINCE
from app.core.codes import EventKindsOut
from app.core.schemas import Out, PointerOut, absent

Schema = dict[str, Any]

HEADERS = {
    "WebhookId": (
        "webhook-id",
        "Event ID, the same in every attempt and replay, and in `GET /v1/changes`. "
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


class WebhookDataOut(Out):
    """IDs of the message. Open the record to learn more."""

    school_id: UUID = Field(description="School it happened in.")
    about: PointerOut | None = Field(
        description="Record the event is about, or the one with the deadline; null: no single "
        "record."
    )
    child_id: UUID = absent(description="Child the record is about; absent: none.")
    concern_id: UUID = absent(description="Concern the record belongs to; absent: none.")
    recipient_id: UUID = absent(description="Person to alert; absent: not an alert.")


class WebhookMessageOut(Out):
    """A webhook message. Ignore unknown fields."""

    type: EventKindsOut = Field(description="Type of event. `webhook.test`: a test you sent.")
    timestamp: datetime = Field(description="When it happened.")
    data: WebhookDataOut = Field(description="IDs of what it is about.")


ANSWERS: Schema = {
    "2XX": {"description": "Taken. Answer within 15 seconds, and do the work afterwards."},
    "410": {"description": "The endpoint is gone: Cairn disables it at once."},
    "default": {
        "description": "Anything else, a redirect too, is a failure: the message comes again, for "
        "three days. `Retry-After` is heeded with 429 and 503."
    },
}


def webhooks(components: Schema) -> Schema:
    """Describe the one message for every event; puts its parts into `components`."""
    components.setdefault("parameters", {}).update(
        {
            name: {
                "name": header, "in": "header", "required": True, "description": text,
                "schema": {"type": "string"},
            }
            for name, (header, text) in HEADERS.items()
        }
    )  # fmt: skip
    reference = "#/components/schemas/{model}"
    message = WebhookMessageOut.model_json_schema(ref_template=reference, mode="serialization")
    parts = message.pop("$defs") | {WebhookMessageOut.__name__: message}
    components["schemas"] = parts | components["schemas"]
    operation = {
        "operationId": "receive_event",
        "summary": "Receive an event",
        "description": "Sent to endpoints of `POST /v1/webhooks` as Standard Webhooks has it; "
        "at least once, in no promised order. Ids only: read the record to learn more.",
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in HEADERS],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": reference.format(model=WebhookMessageOut.__name__)}
                }
            },
        },
        "responses": ANSWERS,
        "x-since": SINCE,
    }
    return {"event": {"post": operation}}
