"""What can be wrong with a request about a support plan."""

from app.domain.errors import Conflict, Invalid, NotFound


class SupportPlanNotFound(NotFound):
    code = "support_plan_not_found"
    title = "This pupil has no support plan now."


class SupportPlanExists(Conflict):
    code = "support_plan_exists"
    title = "This pupil has a support plan already."
    advice = "Change the one there is."


class SupportPlanPersonUnsuitable(Invalid):
    code = "support_plan_person_unsuitable"
    title = "The adult and who stands in are two people on the staff without a conflict."
    advice = "Ask the pupil who they would choose, and name two different people."


class SupportPlanTimeUnsuitable(Invalid):
    code = "support_plan_time_unsuitable"
    title = "A check-in lies within the school's opening hours, and ends after it begins."
    advice = "Choose times when the pupil can go without being singled out."
