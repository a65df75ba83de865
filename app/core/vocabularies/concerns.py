"""How a concern is told, placed in time and followed up."""

from typing import Final

from app.core.vocabularies.terms import STANDARD_REASON, Term, Vocabulary

_STANDARD: Final = frozenset({STANDARD_REASON})

CONCERN_SOURCES: Final = Vocabulary(
    "concern_sources",
    "Where the concern came from",
    terms=(
        Term("staff_observation", "Seen or heard by staff"),
        Term("child_disclosure", "Told by the child"),
        Term("peer_disclosure", "Told by another child"),
        Term("parent_report", "Told by a parent or carer"),
        Term("anonymous", "Anonymous"),
        Term("police_encompass", "Operation Encompass"),
        Term("police_other", "Police, other"),
        Term("social_care", "Social care"),
        Term("health", "Health"),
        Term("hospital", "Hospital"),
        Term("previous_school", "Previous school"),
        Term("monitoring_alert", "Monitoring tool"),
        Term("attendance_system", "Attendance records"),
        Term("visitor_public", "Visitor or member of the public"),
        Term("self", "The child, on a form of their own"),
    ),
)

HARM_CONTEXTS: Final = Vocabulary(
    "harm_contexts",
    "Where the harm happens",
    source="Cairn, after KCSIE 2025 on harm outside the home",
    terms=(
        Term("home", "Home"),
        Term("school", "School"),
        Term("community", "Community"),
        Term("online", "Online"),
        Term("peer_group", "Peer group"),
        Term("transport", "Transport"),
        Term("placement", "Care placement"),
        Term("alternative_provision", "Alternative provision"),
        Term("unknown", "Not known"),
    ),
)

ALLEGED_SOURCES_OF_HARM: Final = Vocabulary(
    "alleged_sources_of_harm",
    "Who or what is said to cause the harm",
    terms=(
        Term("parent_carer", "Parent or carer"),
        Term("other_family", "Another family member"),
        Term("known_adult", "Adult known to the child"),
        Term("unknown_adult", "Adult not known to the child"),
        Term("staff", "Member of staff"),
        Term("peer_same_school", "Child at this school"),
        Term("peer_other", "Child elsewhere"),
        Term("self", "The child"),
        Term("online_unknown", "Unknown person online"),
        Term("not_known", "Not known"),
    ),
)

IMMEDIACIES: Final = Vocabulary(
    "immediacies",
    "How soon somebody must act",
    closed=True,
    terms=(
        Term("immediate_danger", "In danger now", notes="Phone first: 999 or social care"),
        Term("today", "Today"),
        Term("routine", "Routine"),
    ),
)

STATEMENT_KINDS: Final = Vocabulary(
    "statement_kinds",
    "What kind of statement this is",
    closed=True,
    terms=(
        Term("observed", "Seen or heard by the writer"),
        Term("child_said", "Said by the child", notes="Word for word, with the question asked"),
        Term("told_by", "Told by someone else", notes="Names who told it"),
        Term("opinion", "Professional opinion", notes="States what it rests on"),
        Term("not_said", "Nobody has said whose words these are", notes="Asked for, never guessed"),
    ),
)

CONCERN_CHILD_ROLES: Final = Vocabulary(
    "concern_child_roles",
    "The child's part in the concern",
    closed=True,
    terms=(
        Term("subject", "Concern is about this child"),
        Term("harmed", "Harmed"),
        Term("alleged_to_have_harmed", "Alleged to have harmed"),
        Term("witness", "Witness"),
        Term("linked", "Linked"),
    ),
)

OCCURRED_PRECISIONS: Final = Vocabulary(
    "occurred_precisions",
    "How exactly the time is known",
    closed=True,
    terms=(
        Term("exact", "Exact"),
        Term("about", "About"),
        Term("unknown", "Not known"),
    ),
)

PARENTS_TOLD_VALUES: Final = Vocabulary(
    "parents_told_values",
    "Whether parents have been told",
    closed=True,
    terms=(Term("yes", "Yes"), Term("no", "No"), Term("not_yet", "Not yet")),
)

REASONS_NOT_TOLD: Final = Vocabulary(
    "reasons_not_told",
    "Why parents have not been told",
    source="Multi-agency referral forms; Cairn",
    terms=(
        Term(
            "increased_risk_of_significant_harm",
            "It would increase the risk of significant harm",
            flags=_STANDARD,
        ),
        Term("risk_to_another_person", "It would put someone else at risk", flags=_STANDARD),
        Term(
            "obstruct_police_or_lose_evidence",
            "It would obstruct the police or lose evidence",
            flags=_STANDARD,
        ),
        Term("undue_delay", "It would cause undue delay", flags=_STANDARD),
        Term("awaiting_advice", "Waiting for advice from social care or police"),
        Term("left_to_lead", "Left for the safeguarding lead to decide"),
        Term("could_not_reach", "Tried, could not reach them"),
        Term("childs_wishes", "The child asked us not to, and can decide this"),
        Term("no_safe_parent", "No parent can safely be told"),
        Term("other", "Another reason"),
    ),
)

TOLD_ALREADY: Final = Vocabulary(
    "told_already",
    "Who has been told already",
    terms=(
        Term("lead", "Safeguarding lead or deputy"),
        Term("headteacher", "Headteacher"),
        Term("police_999", "Police, 999"),
        Term("police_101", "Police, 101"),
        Term("ambulance_999", "Ambulance, 999"),
        Term("social_care", "Children's social care"),
        Term("lado", "Local authority designated officer"),
        Term("health", "Health professional"),
        Term("other_staff", "Another member of staff"),
        Term("other", "Someone else"),
    ),
)

LEVELS_OF_NEED: Final = Vocabulary(
    "levels_of_need",
    "Level of need",
    source="Working Together to Safeguard Children; normalised by Cairn",
    closed=True,
    terms=(
        Term("1", "Universal", notes="Normal pastoral care"),
        Term("2", "Emerging", notes="One agency, or an early help plan"),
        Term("3", "Complex", notes="Several agencies with a lead practitioner, Family Help"),
        Term("4", "Acute", notes="Statutory: child in need, child protection, looked after"),
    ),
)

CONFIDENTIALITY_CLASSES: Final = Vocabulary(
    "confidentiality_classes",
    "Confidentiality class",
    closed=True,
    terms=(
        Term("K1", "Own submissions"),
        Term("K2", "Pastoral and welfare"),
        Term("K3", "Safeguarding concerns"),
        Term("K4", "Child protection file"),
        Term("K5", "Restricted"),
        Term("K6", "Register of concerns about adults"),
    ),
)

CONCERN_STATES: Final = Vocabulary(
    "concern_states",
    "State of the concern",
    closed=True,
    terms=(
        Term("raised", "Raised"),
        Term("acknowledged", "Acknowledged"),
        Term("triaged", "Triaged"),
        Term("in_progress", "In progress"),
        Term("monitoring", "Monitoring"),
        Term("closed", "Closed"),
        Term("duplicate_of", "Duplicate of another concern"),
        Term("moved_to_adults", "Moved to the adult register"),
        Term("entered_in_error", "Entered in error"),
    ),
)

CLOSURE_OUTCOMES: Final = Vocabulary(
    "closure_outcomes",
    "How the concern ended",
    terms=(
        Term("no_further_action", "No further action"),
        Term("explained", "Explained, no harm found"),
        Term("advice_given", "Advice given"),
        Term("resolved_in_school", "Resolved with support in school"),
        Term("early_help_in_place", "Early help in place"),
        Term("agency_leading", "Another agency leads"),
        Term("risk_reduced", "Risk reduced and reviewed"),
        Term("transferred_with_file", "Passed on with the child's file"),
        Term("left_school", "Child left school"),
        Term("other", "Another outcome"),
    ),
)

REPORTER_PROGRESS: Final = Vocabulary(
    "reporter_progress",
    "What the reporter sees",
    closed=True,
    terms=(
        Term("received", "Received"),
        Term("being_handled", "Being dealt with"),
        Term("thank_you", "Finished, thank you"),
    ),
)

VOCABULARIES: Final = (
    CONCERN_SOURCES,
    HARM_CONTEXTS,
    ALLEGED_SOURCES_OF_HARM,
    IMMEDIACIES,
    STATEMENT_KINDS,
    CONCERN_CHILD_ROLES,
    OCCURRED_PRECISIONS,
    PARENTS_TOLD_VALUES,
    REASONS_NOT_TOLD,
    TOLD_ALREADY,
    LEVELS_OF_NEED,
    CONFIDENTIALITY_CLASSES,
    CONCERN_STATES,
    CLOSURE_OUTCOMES,
    REPORTER_PROGRESS,
)
