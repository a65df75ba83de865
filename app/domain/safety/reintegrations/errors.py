"""What can be wrong with a wish about a reintegration, a sanction, a site request or an offer."""

from app.domain.errors import Conflict, Invalid, NotFound


class ReintegrationNotFound(NotFound):
    code = "reintegration_not_found"
    title = "There is no such reintegration of this child."


class ReintegrationEnded(Conflict):
    code = "reintegration_ended"
    title = "This reintegration has ended."
    advice = "Create a new one for a new absence."


class ReintegrationAdultUnsuitable(Invalid):
    code = "reintegration_adult_unsuitable"
    title = "This person cannot see the pupil on the first days."
    advice = "Choose somebody who is here and has no conflict of interest."


class SanctionNotFound(NotFound):
    code = "sanction_not_found"
    title = "There is no such sanction of this child."


class SanctionLookedAt(Conflict):
    code = "sanction_looked_at"
    title = "Somebody has looked at this already."


class SiteRequestNotFound(NotFound):
    code = "site_request_not_found"
    title = "There is no such site request."


class SiteRequestOwnerUnsuitable(Invalid):
    code = "site_request_owner_unsuitable"
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
