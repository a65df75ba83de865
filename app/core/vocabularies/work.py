"""The words for people's roles, and for what they do and decide."""

from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary
from app.core.words import Role

ROLES: Final = Vocabulary(
    "roles",
    "Role in an organisation",
    terms=(
        Term(Role.STAFF.value, "Member of staff"),
        Term(Role.PASTORAL.value, "Pastoral team"),
        Term(Role.DEPUTY_DSL.value, "Deputy safeguarding lead"),
        Term(Role.DSL.value, "Designated safeguarding lead"),
        Term(Role.HEADTEACHER.value, "Headteacher"),
        Term(Role.GOVERNOR.value, "Governor or trustee"),
        Term(Role.CHAIR_OF_GOVERNORS.value, "Chair of governors"),
        Term(Role.TRUST_LEAD.value, "Trust safeguarding lead"),
        Term(Role.SCHOOL_ADMIN.value, "School administrator"),
        Term(Role.SERVICE_KEY.value, "Service key", notes="A program, not a person"),
        Term(Role.CUSTOM.value, "Role defined by the school", notes="Never sent: its own name is"),
        Term(Role.RECIPIENT.value, "Recipient", notes="Behind a link and a code; never signs in"),
        Term(Role.SYSTEM.value, "Cairn itself", notes="Timed jobs and the operator's commands"),
        Term("parent", "Parent or carer", notes="A recipient: sees what was shared"),
        Term("agency", "Agency", notes="A recipient: sees what was shared or referred"),
    ),
)

ACTION_STATES: Final = Vocabulary(
    "action_states",
    "State of the action",
    terms=(Term("open", "Open"), Term("done", "Done"), Term("dropped", "Dropped")),
)

DECISION_KINDS: Final = Vocabulary(
    "decision_kinds",
    "What was decided",
    terms=(
        Term("triage", "How to take the concern forward"),
        Term("refer", "Refer"),
        Term("not_refer", "Do not refer"),
        Term("share", "Share"),
        Term("not_share", "Do not share"),
        Term("tell_parents", "Tell parents"),
        Term("not_tell_parents", "Do not tell parents"),
        Term("siblings", "Ask about brothers and sisters, or why not"),
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

ACCESS_REASONS: Final = Vocabulary(
    "access_reasons",
    "Why a reader sees a record",
    version="2026-11-30",
    terms=(
        Term("adult.case_manager", "You manage this case"),
        Term("adult.chair", "You chair the governors, and it is about a head"),
        Term("adult.register", "Your role reads the adult register"),
        Term("adult.signature", "It needs your second signature"),
        Term("assigned", "You own it, or an action of it"),
        Term("break_glass", "You used emergency access, which is under review"),
        Term("class", "Your role reads this class"),
        Term("cohort", "The child is in your cohort"),
        Term("grant", "You were given access for a while"),
        Term("own", "You reported it"),
        Term("reach", "Your role works with the whole school"),
    ),
)
CHRONOLOGY_KINDS: Final = Vocabulary(
    "chronology_kinds",
    "Kind of entry in the chronology",
    terms=(
        Term("concern", "Concern"),
        Term("amendment", "Amendment"),
        Term("action", "Action"),
        Term("decision", "Decision"),
        Term("comment", "Comment"),
        Term("status", "Status"),
        Term("referral", "Referral"),
        Term("share", "Share"),
        Term("transfer", "Transfer"),
        Term("document", "Document"),
        Term("review", "Review"),
        Term("meeting", "Meeting"),
        Term("enrolment", "Joined or left the school"),
        Term("concern_case", "Case"),
        Term("safety_record", "Record of keeping a child safe"),
        Term("received_record", "Record received from another school"),
        Term("past_entry", "Entry from the system used before"),
    ),
)

DOCUMENT_PURPOSES: Final = Vocabulary(
    "document_purposes",
    "What a document is printed for",
    terms=(
        Term("conference", "Child protection conference or review"),
        Term("court", "Court or tribunal"),
        Term("strategy_discussion", "Strategy discussion"),
        Term("supervision", "Supervision"),
        Term("subject_access", "Subject access request"),
        Term("change_of_school", "Change of school"),
        Term("inspection", "Inspection"),
        Term("other", "Another purpose"),
    ),
)

NEXT_STEPS: Final = Vocabulary(
    "next_steps",
    "What comes next",
    version="2026-11-29",
    source="Cairn, after KCSIE part one, part five and Working Together",
    draft=True,
    terms=(
        Term("acknowledge", "Say that you have it"),
        Term("triage", "Decide what it is and who has it"),
        Term("own_report", "Make your own report to the police"),
        Term("safety_measures", "Keep the children apart and safe"),
        Term("missing", "Find the pupil, or hear them now that they are back"),
        Term("possible_duplicate", "See whether two reports are the same"),
        Term("siblings", "Ask about brothers and sisters"),
        Term("other_concerns", "Read other recent concerns"),
        Term("case_review", "Look at its case again"),
        Term("decide_parents", "Decide about telling parents"),
        Term("refer_or_why_not", "Refer, or write why not"),
        Term("written", "Confirm a call in writing"),
        Term("chase", "Ask the agency again"),
        Term("challenge", "Say that you disagree, or close the referral"),
        Term("meeting", "Ask for the date of a meeting, or enter it"),
        Term("tell_reporter", "Tell the reporter the outcome"),
        Term("child_voice", "Write down what the child says or wants"),
        Term("close", "Close, or say what you watch for"),
    ),
)

VOCABULARIES: Final = (
    ROLES,
    NEXT_STEPS,
    ACTION_STATES,
    DECISION_KINDS,
    ACCESS_REASONS,
    CHRONOLOGY_KINDS,
    DOCUMENT_PURPOSES,
)
