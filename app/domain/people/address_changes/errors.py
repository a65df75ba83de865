"""Refusals of answers about an address."""

from app.domain.errors import Conflict


class NothingToConfirm(Conflict):
    code = "nothing_to_confirm"
    title = "You have no new address or number to confirm."
    advice = "Read GET /v1/me again: it may have changed, or have been answered already."
