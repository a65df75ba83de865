"""Errors of requests about bereavement cases."""

from app.domain.errors import Conflict, Forbidden, NotFound, Retry


class CaseNotFound(NotFound):
    code = "bereavement_case_not_found"
    title = "Cairn cannot find this case."


class CaseExists(Conflict):
    code = "bereavement_case_exists"
    title = "Somebody has already opened a case for this person."
    advice = "Look in the list of cases, and continue with that one."


class PartNotFound(NotFound):
    code = "bereavement_part_not_found"
    title = "Cairn cannot find this in the case."


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
    title = "These words name a cause that the family and the police have not agreed."
    advice = "Use the usual words, or record who in the family and the police agreed, and when."
    retry = Retry.CHANGED


class EntryAmended(Conflict):
    code = "bereavement_entry_amended"
    title = "Somebody has already amended this entry."
    advice = "Open the newest one and amend that."


class PersonNamed(Conflict):
    code = "affected_person_named"
    title = "Somebody has already named this person in the case."


class DutiesOpen(Conflict):
    code = "bereavement_duties_open"
    title = "Something that has to be done after a death is still open, so the case stays open."
    advice = "Do each of them, or say why it is not needed. The case lists them."
    retry = Retry.SAME
