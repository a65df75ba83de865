"""Refusals of access to a child's record."""

from app.domain.errors import Forbidden


class OutsideCohort(Forbidden):
    code = "outside_cohort"
    title = "This child is not in the part of the school you work with."
    advice = "Ask a safeguarding lead."
