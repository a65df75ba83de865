"""Refusals of requests for sharing exceptions."""

from app.domain.errors import Conflict, NotFound


class SharingExceptionNotFound(NotFound):
    code = "sharing_exception_not_found"
    title = "Cairn cannot find this sharing exception."


class SharingExceptionOver(Conflict):
    code = "sharing_exception_over"
    title = "This sharing exception has ended, or its time has run out."
    advice = "Ask for a new one."


class NothingBars(Conflict):
    code = "nothing_bars"
    title = "Nothing stops you telling this person."
    advice = "Open the contact: they may be told without an exception."


class BarChanged(Conflict):
    code = "bar_changed"
    title = "The reason not to tell this person has changed since the exception was asked for."
    advice = "Ask for a new one, so that both of you sign what is known now."
