"""Named limits: data with a version and a source, so that they change without touching code."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class DueRule:
    """A named limit. `limit` is plain time until calendars of school and working days exist."""

    id: str
    version: str
    limit: timedelta
    source: str

    def due(self, start: datetime) -> datetime:
        """When it falls due."""
        return start + self.limit


def in_days(rule_id: str, version: str, days: int, source: str) -> DueRule:
    """A limit of whole days."""
    return DueRule(rule_id, version, timedelta(days=days), source)
