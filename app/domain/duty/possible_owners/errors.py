"""What goes wrong when somebody asks who a thing can be given to."""

from app.domain.errors import NotFound


class WorkNotFound(NotFound):
    """No such record, or the actor may not open it."""

    code = "work_not_found"
    title = "Cairn cannot find this record among those you may open."
    advice = "Check the kind and the ID. You can own or hand over only records that you may open."
