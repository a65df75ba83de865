"""What goes wrong when somebody asks who a thing can be given to."""

from app.domain.errors import NotFound


class WorkNotFound(NotFound):
    """No such record, or the actor may not open it."""

    code = "work_not_found"
    title = "There is no such record here that you may open."
    advice = "Check the kind and the id: you may own or give away only what you may open."
