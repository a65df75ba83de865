"""How an offer of support can be refused."""

from app.domain.errors import Conflict, Invalid, NotFound


class OfferNotFound(NotFound):
    code = "staff_support_offer_not_found"
    title = "There is no such offer for you."


class OfferAnswered(Conflict):
    code = "staff_support_offer_answered"
    title = "This offer has been answered already."


class OfferToYourself(Invalid):
    code = "staff_support_offer_to_yourself"
    title = "Offer it to a colleague."
