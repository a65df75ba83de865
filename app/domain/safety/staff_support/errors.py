"""Refusals of requests about offers of support."""

from app.domain.errors import Conflict, Invalid, NotFound


class OfferNotFound(NotFound):
    code = "staff_support_offer_not_found"
    title = "Cairn cannot find this offer among yours."


class OfferAnswered(Conflict):
    code = "staff_support_offer_answered"
    title = "This offer has already been answered."


class OfferToYourself(Invalid):
    code = "staff_support_offer_to_yourself"
    title = "You cannot offer support to yourself."
