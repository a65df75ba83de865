"""What can be wrong with a request about the time after a death."""

from app.domain.errors import Conflict, Forbidden, NotFound, Retry


class CaseNotFound(NotFound):
    code = "bereavement_case_not_found"
    title = "There is no such case."


class CaseExists(Conflict):
    code = "bereavement_case_exists"
    title = "Somebody has opened a case for this person already."
    advice = "Read the list of cases, and go on with that one."


class PartNotFound(NotFound):
    code = "bereavement_part_not_found"
    title = "There is nothing like this in the case."


class AnotherPersonReads(Forbidden):
    code = "another_person_reads"
    title = "Someone other than the writer has to read this before it counts."
    advice = "Ask another person of the team."


class NotRead(Conflict):
    code = "communication_not_read"
    title = "Nobody else has read these words yet."
    advice = "Have another person of the team read them first. Cairn sends nothing by itself."
    retry = Retry.SAME


class CauseNotAgreed(Conflict):
    code = "cause_not_agreed"
    title = "These words name a cause that family and police have not agreed to."
    advice = "Use the usual words, or write down who of both agreed, and when."
    retry = Retry.CHANGED


class EntryAmended(Conflict):
    code = "bereavement_entry_amended"
    title = "Somebody has amended this entry already."
    advice = "Read the newest one and amend that."


class PersonNamed(Conflict):
    code = "affected_person_named"
    title = "This person is named in the case already."


class DutiesOpen(Conflict):
    code = "bereavement_duties_open"
    title = "Something that has to be done after a death is still open, so the case stays open."
    advice = "Do it, or say of each why it is not needed: the case lists them."
    retry = Retry.SAME
