"""What the alerts of an inbox point at."""

from typing import Any


def about_id(alert: dict[str, Any]) -> str | None:
    """The id of the record that an alert is about; None where it names none."""
    about: dict[str, Any] | None = alert.get("about")
    return about["id"] if about else None
