"""What can be wrong with a wish about a report that could not be taken."""

from app.domain.errors import Conflict, NotFound


class DraftNotFound(NotFound):
    code = "unfinished_report_not_found"
    title = "There is no such report."


class DraftEnded(Conflict):
    code = "unfinished_report_ended"
    title = "Somebody has seen to this report already."
