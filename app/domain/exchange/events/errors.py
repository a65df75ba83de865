"""Refusals of streams and change lists."""

from app.domain.errors import Conflict, Retry


class PlaceUnknown(Conflict):
    code = "place_unknown"
    title = "Your place in the list of changes is too old."
    advice = "Take a new place (GET /v1/changes without `since`), then read your lists again."
    retry = Retry.CHANGED
