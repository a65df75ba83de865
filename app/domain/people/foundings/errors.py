"""Refusals of a founding."""

from app.domain.errors import Conflict


class TrustUnclear(Conflict):
    code = "trust_unclear"
    title = "Cairn has two trusts of this name."
    advice = "Give one of them another name with PATCH /v1/schools/{school_id}."
