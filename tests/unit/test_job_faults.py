"""Which class a failed attempt is kept under."""

from app.integrations.mail import MailUnavailable
from app.jobs.faults import Fault, fault_of
from app.jobs.runner import JobImpossible, TryLater


def raised(error: Exception, cause: Exception | None) -> Fault:
    """The fault of an error that was raised from a cause."""
    try:
        raise error from cause
    except Exception as found:
        return fault_of(found)


class TestFaultOf:
    def test_names_what_put_a_message_off(self) -> None:
        found = raised(TryLater("the message was put off"), MailUnavailable("no answer"))
        assert found == Fault("MailUnavailable", "the message was put off")

    def test_names_the_error_itself_otherwise(self) -> None:
        assert raised(TryLater("later"), None).error == "TryLater"
        assert raised(JobImpossible("never"), ValueError("x")).error == "JobImpossible"
        assert raised(ValueError("Anna"), None) == Fault("ValueError")
