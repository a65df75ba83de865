"""Chronology queries to filters."""

from app.api.schemas.chronology import ChronologyIn
from app.db.repositories.record.chronology import ChronologyFilter


def filter_of(query: ChronologyIn) -> ChronologyFilter:
    """The filter of a chronology's query."""
    return ChronologyFilter(
        kinds=query.kind,
        category=query.category,
        since=query.since,
        until=query.until,
        significant=query.significant,
        oldest_first=query.sort == "oldest",
    )
