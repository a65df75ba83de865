"""Errors of requests about support services and authority contacts."""

from app.domain.errors import Conflict, NotFound


class SupportServiceNotFound(NotFound):
    code = "support_service_not_found"
    title = "Cairn cannot find this support service."


class SupportServiceEnded(Conflict):
    code = "support_service_ended"
    title = "This support service is no longer shown."
    advice = "Add a new one."


class SupportServiceAdopted(Conflict):
    code = "support_service_adopted"
    title = "The school has already checked this one."
    advice = "Change the school's own entry for it."


class AuthorityContactsNotFound(NotFound):
    code = "authority_contacts_not_found"
    title = "The school has no contacts for this authority."
