"""Errors of requests about grants and emergency access."""

from app.domain.errors import Conflict, Invalid, NotFound


class GrantNotFound(NotFound):
    code = "grant_not_found"
    title = "Cairn cannot find this grant."


class BreakGlassNotFound(NotFound):
    code = "break_glass_not_found"
    title = "Cairn cannot find this emergency access."


class AlreadyGranted(Conflict):
    code = "already_granted"
    title = "This person already has a grant for these classes of this record."
    advice = "Read it with GET /v1/access/grants. End it before you give another."


class AlreadyReadable(Conflict):
    code = "already_readable"
    title = "You can already open this record without emergency access."
    advice = "Open the record."


class GrantUnsuitable(Invalid):
    code = "grant_unsuitable"
    title = "This person cannot be given access to the record."
    advice = "Choose a colleague whose role may read records and who has no conflict of interest."


class GrantTooLong(Invalid):
    code = "grant_too_long"
    title = "A grant must end in the future, within 90 days."
    advice = "Choose an end within 90 days. You can grant access again later."


class ClassNotHeld(Invalid):
    code = "class_not_held"
    title = "You can grant only the classes that you read yourself."
    advice = "Leave the class out, or ask a lead who reads it."


class BreakGlassTooLong(Invalid):
    code = "break_glass_too_long"
    title = "Emergency access cannot last this long."
    advice = "Ask for fewer minutes, or ask a lead for a grant."
