"""Errors of requests about failed jobs."""

from app.domain.errors import Conflict, NotFound


class FailedJobNotFound(NotFound):
    code = "failed_job_not_found"
    title = "Cairn cannot find this failed job."


class FailedJobSettled(Conflict):
    code = "failed_job_settled"
    title = "Somebody has already replayed or dropped this failed job."
    advice = "Open it again to see what happened to it."
