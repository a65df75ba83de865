"""By which rule somebody has to have read a new concern."""

from collections.abc import Mapping
from typing import Final

OF_CONCERNS: Final[Mapping[str, str]] = {
    "immediate_danger": "concern.acknowledge.immediate_danger",
    "today": "concern.acknowledge.today",
    "routine": "concern.acknowledge.routine",
}
OF_PUPIL_IN_DANGER: Final = "sh.lead_ack"
"""Where a pupil may harm themselves now."""


def acknowledge_rule(immediacy: str, *, on_pathway: bool) -> str:
    """The id of the rule, by how soon somebody must act and whether it tells of self-harm."""
    if on_pathway and immediacy == "immediate_danger":
        return OF_PUPIL_IN_DANGER
    return OF_CONCERNS[immediacy]
