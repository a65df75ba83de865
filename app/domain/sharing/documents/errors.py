"""What can be wrong with a wish about a document."""

from app.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable


class JobNotFound(NotFound):
    code = "job_not_found"
    title = "There is no such job, or somebody else asked for it."
    advice = "Only who asked for a job sees it; ask for the document yourself."


class DocumentNotFound(NotFound):
    code = "document_not_found"
    title = "There is no such document."
    advice = "Check the id; a document belongs to one school."


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
    advice = "Fetch the document by its id, which sets it anew from the same content."


class DocumentHidden(Forbidden):
    code = "document_hidden"
    title = "It holds something that you may not see any more."
    advice = "Ask a safeguarding lead who may see all of it, or make a new one."


class DocumentNotMade(Invalid):
    code = "document_not_made"
    title = "This is more than one document can hold."
    advice = "Ask for less at once, such as a shorter period."


class DocumentsBusy(Unavailable):
    code = "documents_busy"
    title = "Too many documents are being made at once."
    advice = "Try again in a minute."
    retry = True
