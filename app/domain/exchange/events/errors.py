"""Refusals of streams and change lists."""

from app.domain.errors import Conflict, Retry


class PlaceUnknown(Conflict):
    code = "place_unknown"
    title = "Your place in the list of changes is too old."
    advice = "Get a new place with GET /v1/changes without `since`. Then read your lists again."
    retry = Retry.CHANGED
