"""Refusals of requests about staff."""

from app.domain.errors import Conflict


class StaffExists(Conflict):
    code = "staff_exists"
    title = "Somebody with this email address is already on the staff."
    advice = "Find them with GET /v1/staff and add a membership instead."
