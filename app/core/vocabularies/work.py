"""The words for people's roles, and for what they do and decide."""

from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary
from app.core.words import Role

_VERSION: Final = "2026-09-01"

ROLES: Final = Vocabulary(
    name="roles",
    title="Role in an organisation",
    version=_VERSION,
    source="Cairn",
    closed=False,
    terms=(
        Term(Role.STAFF.value, "Member of staff"),
        Term(Role.PASTORAL.value, "Pastoral team"),
        Term(Role.DEPUTY_DSL.value, "Deputy safeguarding lead"),
        Term(Role.DSL.value, "Designated safeguarding lead"),
        Term(Role.HEADTEACHER.value, "Headteacher"),
        Term(Role.GOVERNOR.value, "Governor or trustee"),
        Term(Role.TRUST_LEAD.value, "Trust safeguarding lead"),
        Term(Role.RECORDS_OFFICER.value, "Records officer"),
        Term(Role.SCHOOL_ADMIN.value, "School administrator"),
        Term(Role.ROSTER_SYNC.value, "Roster connection", notes="A service key, not a person"),
        Term(Role.ALERT_INTAKE.value, "Monitoring tool", notes="A service key, not a person"),
        Term(Role.SYSTEM.value, "Cairn itself", notes="Timed jobs and the operator's commands"),
        Term("parent", "Parent or carer", notes="A recipient: sees what was shared"),
        Term("agency", "Agency", notes="A recipient: sees what was shared or referred"),
    ),
)

ACTION_STATES: Final = Vocabulary(
    name="action_states",
    title="State of the action",
    version=_VERSION,
    source="Cairn",
    closed=False,
    terms=(Term("open", "Open"), Term("done", "Done"), Term("dropped", "Dropped")),
)

DECISION_KINDS: Final = Vocabulary(
    name="decision_kinds",
    title="What was decided",
    version=_VERSION,
    source="Cairn",
    closed=False,
    terms=(
        Term("triage", "How to take the concern forward"),
        Term("refer", "Refer"),
        Term("not_refer", "Do not refer"),
        Term("share", "Share"),
        Term("not_share", "Do not share"),
        Term("tell_parents", "Tell parents"),
        Term("not_tell_parents", "Do not tell parents"),
        Term("support", "Support in school"),
        Term("monitor", "Monitor"),
        Term("challenge", "Challenge another agency's decision"),
        Term("restrict", "Change who may see it"),
        Term("close", "Close"),
        Term("reopen", "Reopen"),
        Term("withdraw", "Withdraw as entered in error"),
        Term("transfer", "Pass on the file"),
        Term("retain", "Keep or dispose"),
        Term("other", "Another decision"),
    ),
)

CHRONOLOGY_KINDS: Final = Vocabulary(
    name="chronology_kinds",
    title="Kind of entry in the chronology",
    version=_VERSION,
    source="Cairn",
    closed=False,
    terms=(
        Term("concern", "Concern"),
        Term("amendment", "Amendment"),
        Term("action", "Action"),
        Term("decision", "Decision"),
        Term("comment", "Comment"),
        Term("status", "Status"),
        Term("referral", "Referral"),
        Term("share", "Share"),
        Term("meeting", "Meeting"),
        Term("transfer", "Transfer"),
        Term("attendance", "Attendance"),
        Term("document", "Document"),
        Term("enrolment", "Enrolment"),
        Term("note", "Note"),
    ),
)

VOCABULARIES: Final = (ROLES, ACTION_STATES, DECISION_KINDS, CHRONOLOGY_KINDS)
