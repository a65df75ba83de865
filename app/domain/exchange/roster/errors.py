"""Refusals of requests about roster imports."""

from app.domain.errors import Conflict, Forbidden


class SourceOfAnotherKey(Conflict):
    code = "source_of_another_key"
    title = "Another service key sends rosters for this source."
    advice = (
        "Use a source of your own. To take over, ask for the other key to be revoked and the "
        "source to be added to `roster_sources` of yours."
    )


class SourceNotOfKey(Forbidden):
    code = "source_not_of_key"
    title = "This service key may not send for this source."
    advice = (
        "Check the name of the source, or ask for it to be added to `roster_sources` of the key."
    )
