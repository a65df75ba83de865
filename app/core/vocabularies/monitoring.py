"""Words about alerts from web filters and device monitoring, and the tools that send them."""

from functools import partial
from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_list = partial(Vocabulary, version="2026-11-01")

INTAKE_SOURCE_KINDS: Final = _list(
    "intake_source_kinds",
    "Kind of tool that sends alerts",
    terms=(
        Term("filter", "Web filter"),
        Term("monitoring", "Device monitoring"),
        Term("classroom", "Classroom management"),
        Term("email_gateway", "Email gateway"),
        Term("other", "Another tool"),
    ),
)

ALERT_SEVERITIES: Final = _list(
    "alert_severities",
    "Severity of a monitoring alert",
    terms=(
        Term("low", "Low"),
        Term("medium", "Medium"),
        Term("high", "High", notes="Also used for a word that nobody has mapped yet"),
        Term("critical", "Critical", notes="Rings at once, at any hour"),
    ),
)

MATCH_CONFIDENCES: Final = _list(
    "match_confidences",
    "How sure it is which child an alert is about",
    terms=(
        Term("exact", "Exact", notes="A number that only this child has"),
        Term("strong", "Strong", notes="An address or user name that this child has now"),
        Term("weak", "Weak", notes="Only something that was this child's before; not matched"),
        Term("none", "None", notes="Nothing fits, or it fits more than one child; not matched"),
        Term("person", "A person said so"),
    ),
)

MONITORING_STATES: Final = _list(
    "monitoring_states",
    "State of a monitoring alert",
    terms=(
        Term("open", "Waiting for a person"),
        Term("collapsed", "Part of another alert of the same burst"),
        Term("taken_up", "Taken up as a concern"),
        Term("dismissed", "Dismissed"),
    ),
)

MONITORING_OUTCOMES: Final = _list(
    "monitoring_outcomes",
    "What became of a monitoring alert",
    terms=(
        Term("false_positive", "False positive"),
        Term("duplicate", "Duplicate"),
        Term("not_safeguarding", "Not about safeguarding"),
        Term("test", "Test"),
        Term("concern_raised", "A concern was raised"),
        Term("added_to_concern", "Added to a concern"),
    ),
)

VOCABULARIES: Final = (
    INTAKE_SOURCE_KINDS,
    ALERT_SEVERITIES,
    MATCH_CONFIDENCES,
    MONITORING_STATES,
    MONITORING_OUTCOMES,
)
