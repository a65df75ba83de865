"""Errors of requests about safety plans."""

from app.domain.errors import Conflict, Invalid, NotFound


class PlanNotFound(NotFound):
    code = "safety_plan_not_found"
    title = "Cairn cannot find this plan."


class HolderNotFound(NotFound):
    code = "safety_plan_holder_not_found"
    title = "Cairn cannot find this copy."


class PlanNotNow(Conflict):
    code = "safety_plan_not_now"
    title = "This cannot be done with the plan as it stands."
    advice = "Open it again: `permissions` shows what can be done now."


class PlanAgreed(Conflict):
    code = "safety_plan_agreed"
    title = "This version was agreed with the pupil, so it cannot be changed."
    advice = "Start a new version and agree it with the pupil."


class PlanOvertaken(Conflict):
    code = "safety_plan_overtaken"
    title = "Another version has come into use since this one was started."
    advice = (
        "Open the version in use, and start a new one from it. If you cannot find it, ask a "
        "safeguarding lead."
    )


class PlanWithoutPupil(Invalid):
    code = "safety_plan_without_pupil"
    title = "Say what part the pupil had in writing it, or why it is not with them yet."


class PlanUnread(Invalid):
    code = "safety_plan_unread"
    title = "Say that it was read with the pupil, or why it could not be."
    advice = "Say which of the two, then send it again."


class PlanAdultUnsuitable(Invalid):
    code = "safety_plan_adult_unsuitable"
    title = "This person is not here, may not read it, or has a conflict of interest."
    advice = "Choose another adult with the pupil."


class CopyRecalled(Conflict):
    code = "safety_plan_copy_recalled"
    title = "Somebody is already getting this copy back."
