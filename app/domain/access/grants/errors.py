"""What can be wrong with a request about a grant or about breaking glass."""

from app.domain.errors import Conflict, Invalid, NotFound


class GrantNotFound(NotFound):
    code = "grant_not_found"
    title = "There is no such grant."


class BreakGlassNotFound(NotFound):
    code = "break_glass_not_found"
    title = "There is no such emergency access."


class AlreadyGranted(Conflict):
    code = "already_granted"
    title = "This person has a live grant for it already, in these classes."
    advice = "Read it with GET /v1/access/grants; end it before giving another."


class AlreadyReadable(Conflict):
    code = "already_readable"
    title = "You can open this already, without emergency access."
    advice = "Open the record."


class GrantUnsuitable(Invalid):
    code = "grant_unsuitable"
    title = "This person cannot be given sight of a record."
    advice = "Choose somebody here whose role may hold content and who has no conflict of interest."


class GrantTooLong(Invalid):
    code = "grant_too_long"
    title = "A grant lasts 90 days at most, and ends in the future."
    advice = "Give an earlier end; it can be granted again."


class ClassNotHeld(Invalid):
    code = "class_not_held"
    title = "You can grant only classes that you read yourself."
    advice = "Ask a lead who reads it, or leave it out."


class BreakGlassTooLong(Invalid):
    code = "break_glass_too_long"
    title = "Emergency access lasts a short time only."
    advice = "Ask for fewer minutes, or ask a lead for a grant."
