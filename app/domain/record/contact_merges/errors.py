"""Refusals to merge two contacts."""

from app.domain.errors import Conflict


class RosterGoesOn(Conflict):
    code = "roster_goes_on"
    title = "A roster still changes the contact that you want to merge away."
    advice = "Merge the other way round: keep the contact that comes from the roster."
