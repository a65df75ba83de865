"""Refusals of requests about statuses."""

from app.domain.errors import Conflict, NotFound, Retry


class StatusOverlaps(Conflict):
    code = "status_overlaps"
    title = "The child already has this status during some of these days."
    advice = "End the existing status, or correct the days."
    retry = Retry.CHANGED


class StatusNotFound(NotFound):
    code = "status_not_found"
    title = "Cairn cannot find this status for the child."
