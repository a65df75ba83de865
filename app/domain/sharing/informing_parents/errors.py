"""Errors of requests about telling parents."""

from app.domain.errors import Invalid


class ChildToName(Invalid):
    code = "child_to_name"
    title = "This concern is about several children, or about another one."
    advice = "Say in child_id whose parents you mean."


class SecondLeadUnsuitable(Invalid):
    code = "second_lead_unsuitable"
    title = "The second person must be a colleague who reads these records."
    advice = "Choose another lead, deputy or head who is here."
