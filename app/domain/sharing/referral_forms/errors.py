"""Refusals of requests about forms."""

from app.domain.errors import NotFound


class VariantNotFound(NotFound):
    code = "referral_variant_not_found"
    title = "Cairn cannot find this form."
