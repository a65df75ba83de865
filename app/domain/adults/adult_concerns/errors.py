"""What can be wrong with a request about a concern about an adult."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry


class AdultConcernNotFound(NotFound):
    code = "adult_concern_not_found"
    title = "There is no such concern about an adult."


class AdultConcernEnded(Conflict):
    code = "adult_concern_ended"
    title = "This concern about an adult has ended."
    advice = "Raise a new one."


class AssessmentMissing(Conflict):
    code = "assessment_missing"
    title = "No threshold has been decided yet."
    advice = "Assess it first."
    retry = Retry.SAME


class SubjectUnknown(Invalid):
    code = "subject_unknown"
    title = "There is no such member of staff here."
    advice = "Search the staff list again, or describe the adult by name and role."


class CaseManagerUnsuitable(Invalid):
    code = "case_manager_unsuitable"
    title = "This person cannot manage the case."
    advice = (
        "Choose a present headteacher, chair of governors or safeguarding lead who is "
        "not locked out and not named in it. For a concern about a head, choose no head."
    )


class OutcomeUnsuitable(Invalid):
    code = "outcome_unsuitable"
    title = "This outcome does not fit the threshold that was decided."
    advice = (
        "An allegation ends substantiated, malicious, false, unsubstantiated or unfounded; "
        "`dealt_with` and `no_further_action` are for what stayed below the threshold."
    )


class HarmTestsUnsuitable(Invalid):
    code = "harm_tests_unsuitable"
    title = "The tests of the harm threshold do not fit the threshold that was decided."
    advice = "Name at least one where it is met, and none where it is not."
