"""Refusals of requests about document jobs."""

from app.domain.errors import Conflict, NotFound


class JobNotFound(NotFound):
    code = "job_not_found"
    title = "Cairn cannot find this job, or somebody else asked for it."
    advice = "Ask for the document yourself: only the person who asked for a job can see it."


class JobNotDone(Conflict):
    code = "job_not_done"
    title = "The job has no result."
    advice = "Open the job. If it is running, wait. If it failed, `problems` says why."


class JobEnded(Conflict):
    code = "job_ended"
    title = "The job has already ended."
    advice = "Open the job to see how it ended."


class ResultSwept(Conflict):
    code = "result_swept"
    title = "The file was deleted after seven days; what it was made from is kept."
    advice = "Get the document by its ID. Cairn makes it again from the same content."
