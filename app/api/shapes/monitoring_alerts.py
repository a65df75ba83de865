"""From what a reader of the tray asks for to what is looked up."""

from typing import Any

from app.api.schemas.monitoring_alerts import MonitoringListIn


def filter_of(query: MonitoringListIn) -> dict[str, Any]:
    """Open alerts, unless a state is asked for, or what one became or is part of."""
    asked = query.model_dump(exclude={"limit", "cursor"})
    if query.state is None and query.concern_id is None and query.collapsed_into is None:
        asked["state"] = "open"
    return asked
