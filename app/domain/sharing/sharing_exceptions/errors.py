"""How a request for a sharing exception can be refused."""

from app.domain.errors import Conflict, NotFound


class SharingExceptionNotFound(NotFound):
    code = "sharing_exception_not_found"
    title = "There is no such sharing exception."


class SharingExceptionOver(Conflict):
    code = "sharing_exception_over"
    title = "This sharing exception has ended, or its time is over."
    advice = "Ask for a new one."


class NothingBars(Conflict):
    code = "nothing_bars"
    title = "Nothing bars this person from being told."
    advice = "Look at the contact: they may be told as they are."


class BarChanged(Conflict):
    code = "bar_changed"
    title = "What bars this person has changed since the sharing exception was asked for."
    advice = "Ask for a new one, so that both of you sign what is known now."
