"""What can be wrong with a request about a record of keeping a child safe."""

from app.domain.errors import Conflict, Invalid, NotFound


class RecordNotFound(NotFound):
    code = "safety_record_not_found"
    title = "There is no such record."


class RecordAmended(Conflict):
    code = "safety_record_amended"
    title = "Somebody has amended this record already."
    advice = "Read the newest version and amend that one."


class ConcernOfAnother(Invalid):
    code = "concern_of_another"
    title = "This concern is not about the child."
    advice = "Name a concern of this child, or none."
