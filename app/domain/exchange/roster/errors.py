"""How a request about a roster import can be refused."""

from app.domain.errors import Conflict, Forbidden


class SourceOfAnotherKey(Conflict):
    code = "source_of_another_key"
    title = "Another service key sends the rosters of this source."
    advice = (
        "Use a source of your own. To take over from the other key, have it revoked, and have the "
        "source added to `roster_sources` of yours."
    )


class SourceNotOfKey(Forbidden):
    code = "source_not_of_key"
    title = "This service key is not bound to this source."
    advice = "Check the name of the source, or have it added to `roster_sources` of the key."
