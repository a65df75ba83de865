"""What can be wrong with a wish about a return, a removal, a place or an offer."""

from app.domain.errors import Conflict, Invalid, NotFound


class ReturnNotFound(NotFound):
    code = "return_not_found"
    title = "There is no such return of this child."


class ReturnEnded(Conflict):
    code = "return_ended"
    title = "This return has been seen through to the end."
    advice = "Set a new one for a new absence."


class ReturnAdultUnsuitable(Invalid):
    code = "return_adult_unsuitable"
    title = "This person cannot see the pupil on the first days."
    advice = "Choose somebody who is here and has no conflict of interest."


class RemovalNotFound(NotFound):
    code = "removal_not_found"
    title = "There is no such removal of this child."


class RemovalLookedAt(Conflict):
    code = "removal_looked_at"
    title = "Somebody has looked at this already."


class SpotNotFound(NotFound):
    code = "site_spot_not_found"
    title = "There is no such place for you."


class SpotOwnerUnsuitable(Invalid):
    code = "site_spot_owner_unsuitable"
    title = "This person cannot see to the place: they are not here."
    advice = "Choose a member of staff who is here."


class OfferNotFound(NotFound):
    code = "staff_support_offer_not_found"
    title = "There is no such offer for you."


class OfferAnswered(Conflict):
    code = "staff_support_offer_answered"
    title = "This offer has been answered already."


class OfferToYourself(Invalid):
    code = "staff_support_offer_to_yourself"
    title = "Offer it to a colleague."
