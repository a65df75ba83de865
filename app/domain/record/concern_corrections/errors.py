"""Refusals to correct a concern."""

from app.domain.errors import Invalid


class CorrectionUnsuitable(Invalid):
    code = "correction_unsuitable"
    title = "The concern is not about the former child, or is already about the other one."
    advice = "Open the concern again, and name two different children."
