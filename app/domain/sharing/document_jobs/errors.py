"""How a request about a job that makes a document can be refused."""

from app.domain.errors import Conflict, NotFound


class JobNotFound(NotFound):
    code = "job_not_found"
    title = "There is no such job, or somebody else asked for it."
    advice = "Only who asked for a job sees it; ask for the document yourself."


class JobNotDone(Conflict):
    code = "job_not_done"
    title = "The job has no result."
    advice = "Read the job: wait while it runs; when it failed, `problems` says why."


class JobEnded(Conflict):
    code = "job_ended"
    title = "The job has ended already."
    advice = "Read the job to see how it ended."


class ResultSwept(Conflict):
    code = "result_swept"
    title = "The file was kept for seven days and is gone; what it was made from is kept."
    advice = "Fetch the document by its id, which sets it again from the same content."
