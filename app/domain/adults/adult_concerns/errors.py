"""Errors of requests about concerns about adults."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry


class AdultConcernNotFound(NotFound):
    code = "adult_concern_not_found"
    title = "Cairn cannot find this concern about an adult."


class AdultConcernEnded(Conflict):
    code = "adult_concern_ended"
    title = "This concern about an adult has ended."
    advice = "Raise a new one."


class AssessmentMissing(Conflict):
    code = "assessment_missing"
    title = "Nobody has decided on the threshold yet."
    advice = "Assess the concern first."
    retry = Retry.SAME


class SubjectUnknown(Invalid):
    code = "subject_unknown"
    title = "Cairn cannot find this member of staff."
    advice = "Search the staff list again, or describe the adult by name and role."


class CaseManagerUnsuitable(Invalid):
    code = "case_manager_unsuitable"
    title = "This person cannot manage the case."
    advice = (
        "Choose a headteacher, chair of governors or safeguarding lead who works here now, is not "
        "locked out and is not named in it. If it is about a head, choose no head."
    )


class OutcomeUnsuitable(Invalid):
    code = "outcome_unsuitable"
    title = "This outcome does not fit the threshold that was decided."
    advice = (
        "If the harm threshold was met, choose substantiated, malicious, false, unsubstantiated or"
        " unfounded. If not, choose `dealt_with` or `no_further_action`."
    )


class HarmTestsUnsuitable(Invalid):
    code = "harm_tests_unsuitable"
    title = "The harm tests do not fit the threshold that was decided."
    advice = "Name at least one test if the threshold is met, and none if it is not."
