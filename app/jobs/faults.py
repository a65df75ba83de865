"""What went wrong in an attempt, without the text of exceptions, which may quote people."""

from dataclasses import dataclass

from app.jobs.runner import JobImpossible, TryLater


@dataclass(frozen=True, slots=True)
class Fault:
    """The class of an error, and our own words about it where there are any."""

    error: str
    message: str | None = None


WORKER_DIED = Fault("WorkerDied", "every worker that took this job died before it was done")
TASK_UNKNOWN = Fault("TaskUnknown", "no worker knows this task: were all of them updated?")
NOT_SEEN = Fault("Unknown")


def fault_of(error: BaseException) -> Fault:
    """The fault behind an exception; only those of our own may speak.

    Where part of a job is put off, the class is that of what put it off.
    """
    text = str(error) if isinstance(error, JobImpossible | TryLater) else None
    behind = error.__cause__ if isinstance(error, TryLater) else None
    return Fault(type(behind or error).__name__, text or None)
