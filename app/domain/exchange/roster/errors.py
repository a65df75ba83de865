"""How a request about a roster import can be refused."""

from app.domain.errors import Conflict


class SourceOfAnotherKey(Conflict):
    code = "source_of_another_key"
    title = "Another service key sends the rosters of this source."
    advice = "Use a source of your own. To take over from the other key, have it revoked first."
