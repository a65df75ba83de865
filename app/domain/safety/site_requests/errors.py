"""Refusals of requests about places on the site."""

from app.domain.errors import Invalid, NotFound


class SiteRequestNotFound(NotFound):
    code = "site_request_not_found"
    title = "Cairn cannot find this site request."


class SiteRequestOwnerUnsuitable(Invalid):
    code = "site_request_owner_unsuitable"
    title = "This person cannot take the site request: they are not here."
    advice = "Choose a member of staff who is here."
