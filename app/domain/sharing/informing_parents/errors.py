"""What can be wrong with a request about what parents are told."""

from app.domain.errors import Invalid


class ChildToName(Invalid):
    code = "child_to_name"
    title = "This concern is about several children, or about another one."
    advice = "Say in child_id about whose parents it is."


class SecondLeadUnsuitable(Invalid):
    code = "second_lead_unsuitable"
    title = "The second person is another person who reads these records."
    advice = "Name a lead, a deputy or the head who is here, and not yourself."
