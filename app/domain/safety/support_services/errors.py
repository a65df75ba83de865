"""What can be wrong with a request about a support service or authority contacts."""

from app.domain.errors import Conflict, NotFound


class SupportServiceNotFound(NotFound):
    code = "support_service_not_found"
    title = "There is no such support service."


class SupportServiceEnded(Conflict):
    code = "support_service_ended"
    title = "This support service is no longer shown."
    advice = "Add a new one."


class SupportServiceAdopted(Conflict):
    code = "support_service_adopted"
    title = "The school has checked this one already."
    advice = "Change the school's row of it."


class AuthorityContactsNotFound(NotFound):
    code = "authority_contacts_not_found"
    title = "The school has no contacts of this authority."
