"""Errors of requests about support plans."""

from app.domain.errors import Conflict, Invalid, NotFound


class SupportPlanNotFound(NotFound):
    code = "support_plan_not_found"
    title = "This pupil has no support plan now."


class SupportPlanExists(Conflict):
    code = "support_plan_exists"
    title = "This pupil already has a support plan."
    advice = "Change the existing plan. If you cannot find it, ask a safeguarding lead."


class SupportPlanPersonUnsuitable(Invalid):
    code = "support_plan_person_unsuitable"
    title = (
        "The adult and the stand-in must be two members of staff without a conflict of interest."
    )
    advice = "Ask the pupil who they would choose, and name two different people."


class SupportPlanTimeUnsuitable(Invalid):
    code = "support_plan_time_unsuitable"
    title = "A check-in must be within school opening hours, and end after it begins."
    advice = "Choose times when the pupil can go without being singled out."
