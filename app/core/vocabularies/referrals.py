"""What is referred to an agency, and what came back."""

from typing import Final

from app.core.vocabularies.terms import (
    ADULT_REGISTER,
    AGREEMENT_EXPECTED,
    STATUTORY_TIMER,
    Term,
    Vocabulary,
    group,
)

_ADULT: Final = frozenset({ADULT_REGISTER})
_AGREED: Final = frozenset({AGREEMENT_EXPECTED})
_TIMED: Final = frozenset({STATUTORY_TIMER})

REFERRAL_KINDS: Final = Vocabulary(
    "referral_kinds",
    "Kind of referral",
    source="Cairn, after KCSIE 2025 and Working Together",
    terms=(
        Term("childrens_social_care", "Children's social care", flags=_TIMED),
        Term("police", "Police"),
        Term("lado", "Local authority designated officer", flags=_ADULT | _TIMED),
        Term("prevent_channel", "Prevent or Channel", notes="Channel support needs consent"),
        Term("camhs", "CAMHS", flags=_AGREED),
        Term("early_help", "Early help", flags=_AGREED),
        Term("fgm_report", "Female genital mutilation report", flags=_TIMED),
        Term("csa_report", "Child sexual abuse report", flags=_TIMED, notes="When commenced"),
        Term("missing_education", "Child missing education", flags=_TIMED),
        Term("attendance", "Attendance team", flags=_TIMED),
        Term("nrm", "National Referral Mechanism", notes="Through a first responder"),
        Term("child_exploitation", "Child exploitation screening"),
        Term("private_fostering", "Private fostering", flags=_TIMED),
        Term("marac", "MARAC"),
        Term("school_nursing", "School nursing", flags=_AGREED),
        Term("ehc_needs_assessment", "Education, health and care needs", flags=_AGREED),
        Term("dbs", "Disclosure and Barring Service", flags=_ADULT),
        Term("tra", "Teaching Regulation Agency", flags=_ADULT),
        Term("voluntary_service", "Voluntary service", flags=_AGREED),
        Term("other", "Another referral"),
    ),
)

REFERRAL_STATES: Final = Vocabulary(
    "referral_states",
    "State of the referral",
    closed=True,
    terms=(
        Term("draft", "Draft"),
        Term("approved", "Approved"),
        Term("sent", "Sent"),
        Term("acknowledged", "Acknowledged"),
        Term("chased", "Chased"),
        Term("challenged", "Challenged"),
        Term("outcome_received", "Outcome received"),
        Term("closed", "Closed"),
        Term("withdrawn", "Taken back"),
    ),
)

REFERRAL_OUTCOMES: Final = Vocabulary(
    "referral_outcomes",
    "What the agency decided",
    source="Standard Safeguarding Dataset outcome codes; Cairn",
    terms=(
        *group(
            Term("accepted", "Accepted"),
            Term("assessment_required", "Assessment required"),
            Term("child_in_need_referral", "Taken on as a child in need referral"),
            Term("strategy_discussion", "Strategy discussion or section 47 enquiry"),
            Term("initial_conference", "Initial child protection conference"),
            Term("section_17_services", "Services under section 17"),
            Term("short_breaks", "Short breaks under section 17"),
            Term("legal_action", "Legal action"),
            Term("immediate_protection", "Immediate protection"),
            Term("specialist_support", "Specialist support offered"),
        ),
        *group(
            Term("advice", "Advice"),
            Term("information_and_advice", "Information and advice"),
            Term("early_help_referral", "Referred to early help"),
            Term("step_down_early_help", "Step down to early help"),
            Term("other_agency_to_monitor", "Another agency to monitor"),
        ),
        *group(
            Term("declined", "Declined"),
            Term("no_further_action", "No further action"),
            Term("threshold_not_met", "Threshold not met"),
            Term("already_open", "Already open to the agency"),
            Term("wrong_agency", "Wrong agency or area"),
        ),
        Term("other", "Another outcome"),
    ),
)

CHALLENGE_ISSUES: Final = Vocabulary(
    "challenge_issues",
    "What a professional disagreement is about",
    version="2026-11-25",
    source="Published escalation protocols of safeguarding partnerships; Cairn",
    terms=(
        Term("threshold", "Whether the threshold is met"),
        Term("decision", "What was decided"),
        Term("no_answer", "No answer, or too late"),
        Term("roles", "Who does what"),
        Term("information_sharing", "Sharing of information"),
        Term("plan", "The plan and how it is carried out"),
        Term("other", "Something else"),
    ),
)

CHALLENGE_STAGES: Final = Vocabulary(
    "challenge_stages",
    "Stage of a professional disagreement",
    version="2026-11-25",
    source="Published escalation protocols of safeguarding partnerships; Cairn",
    terms=(
        Term("practitioner", "Between practitioners"),
        Term("line_manager", "Between line managers"),
        Term("head_of_service", "Between heads of service"),
        Term("senior", "Between senior officers"),
        Term("partnership_chair", "The partnership's chair"),
    ),
)

CHALLENGE_RESOLUTIONS: Final = Vocabulary(
    "challenge_resolutions",
    "How a professional disagreement ended",
    version="2026-11-25",
    terms=(
        Term("agency_changed_decision", "The agency changed its decision"),
        Term("plan_agreed", "A plan was agreed"),
        Term("school_accepts", "The school accepts the decision"),
        Term("no_longer_needed", "It is no longer needed"),
        Term("other", "Another way"),
    ),
)

REFERRAL_EVENTS: Final = Vocabulary(
    "referral_events",
    "What happened with a referral",
    version="2026-11-25",
    terms=(
        Term("approved", "Approved"),
        Term("sent", "Sent"),
        Term("link_made", "A new link was made for the agency"),
        Term("delivered", "The agency's system took the message"),
        Term("not_delivered", "The message did not reach the agency's system"),
        Term("acknowledged", "Acknowledged"),
        Term("opened", "The agency opened it"),
        Term("replied", "The agency wrote"),
        Term("question", "The agency asked"),
        Term("correction_requested", "The agency asked for a correction"),
        Term("answer", "The school answered"),
        Term("chased", "Asked again"),
        Term("challenged", "Challenged"),
        Term("challenge_resolved", "Disagreement ended"),
        Term("outcome_received", "Outcome received"),
        Term("duty_moved", "The duty went to somebody else"),
        Term("closed", "Closed"),
        Term("withdrawn", "Taken back"),
    ),
)

OUTCOME_CLASSES: Final = Vocabulary(
    "outcome_classes",
    "What the agency decided, in one word",
    version="2026-11-25",
    closed=True,
    terms=(
        Term("accepted", "Accepted"),
        Term("advice", "Advice"),
        Term("declined", "Declined"),
        Term("other", "Another outcome"),
    ),
)

VOCABULARIES: Final = (
    REFERRAL_KINDS,
    REFERRAL_STATES,
    REFERRAL_OUTCOMES,
    OUTCOME_CLASSES,
    REFERRAL_EVENTS,
    CHALLENGE_ISSUES,
    CHALLENGE_STAGES,
    CHALLENGE_RESOLUTIONS,
)
