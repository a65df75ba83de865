"""By which rule somebody has to have read a new concern."""

from collections.abc import Mapping
from typing import Final

OF_CONCERNS: Final[Mapping[str, str]] = {
    "immediate_danger": "concern.acknowledge.immediate_danger",
    "today": "concern.acknowledge.today",
    "routine": "concern.acknowledge.routine",
}
OF_PATHWAY: Final[Mapping[str, str]] = {
    "immediate_danger": "sh.lead_ack",
    "today": "sh.lead_ack_today",
    "routine": "sh.lead_ack_routine",
}
"""Where it tells of self-harm or of dying: within minutes while pupils are at school."""


def acknowledge_rule(immediacy: str, *, on_pathway: bool) -> str:
    """The id of the rule, by how soon somebody must act and whether it tells of self-harm."""
    return (OF_PATHWAY if on_pathway else OF_CONCERNS)[immediacy]
