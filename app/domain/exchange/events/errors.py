"""Refusals of streams and change lists."""

from app.domain.errors import Conflict


class PlaceUnknown(Conflict):
    code = "place_unknown"
    title = "This place in what happened is not known here any more."
    advice = "Take a new place (GET /v1/changes without `since`), then read your lists again."
