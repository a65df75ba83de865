"""What can be wrong with a request about a failed job."""

from app.domain.errors import Conflict, NotFound


class FailedJobNotFound(NotFound):
    code = "failed_job_not_found"
    title = "There is no such failed job."


class FailedJobSettled(Conflict):
    code = "failed_job_settled"
    title = "Somebody has replayed or dropped this failed job already."
    advice = "Read it again to see what became of it."
