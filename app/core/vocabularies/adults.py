"""The words for concerns about adults who work or volunteer with children."""

from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_GUIDANCE: Final = "Cairn, after KCSIE part four"

ADULT_CONCERN_KINDS: Final = Vocabulary(
    "adult_concern_kinds",
    "What the reporter thinks it is",
    source=_GUIDANCE,
    closed=True,
    terms=(
        Term("low_level", "Low-level concern", notes="A nagging doubt is enough"),
        Term("allegation", "Allegation that may meet the harm threshold"),
        Term("not_sure", "Not sure", notes="Has the deadlines of an allegation until assessed"),
    ),
)

ADULT_ROLES: Final = Vocabulary(
    "adult_roles",
    "What the adult is to the school",
    terms=(
        Term("staff", "Member of staff"),
        Term("headteacher", "Headteacher", notes="Goes to the chair of governors"),
        Term("supply", "Supply or agency worker"),
        Term("volunteer", "Volunteer"),
        Term("contractor", "Contractor"),
        Term("governor", "Governor or trustee"),
        Term("trainee", "Trainee or student"),
        Term("visitor", "Visitor"),
        Term("hirer", "From a group that uses the premises"),
        Term("other", "Another adult"),
    ),
)

ADULT_CONCERN_STATES: Final = Vocabulary(
    "adult_concern_states",
    "State of the concern about an adult",
    terms=(
        Term("raised", "Raised"),
        Term("acknowledged", "Acknowledged"),
        Term("assessed", "Assessed"),
        Term("lado_consulted", "Designated officer consulted"),
        Term("referred", "Referred"),
        Term("in_progress", "In progress"),
        Term("closed", "Closed"),
        Term("entered_in_error", "Entered in error"),
    ),
)

ADULT_THRESHOLDS: Final = Vocabulary(
    "adult_thresholds",
    "Threshold that was decided",
    source=_GUIDANCE,
    closed=True,
    terms=(
        Term("low_level", "Low-level concern"),
        Term("allegation", "Harm threshold met"),
        Term("no_further_action", "No further action"),
    ),
)

HARM_TESTS: Final = Vocabulary(
    "harm_tests",
    "Which test of the harm threshold is met",
    source=_GUIDANCE,
    terms=(
        Term("harmed_a_child", "Harmed, or may have harmed, a child"),
        Term("possible_offence", "Possible offence against or related to a child"),
        Term("risk_of_harm", "Behaviour that points to a risk of harm"),
        Term("unsuitable", "May not be suitable to work with children"),
    ),
)

ADULT_ADVISERS: Final = Vocabulary(
    "adult_advisers",
    "Who gave advice or took the referral",
    terms=(
        Term("lado", "Local authority designated officer"),
        Term("police", "Police"),
        Term("social_care", "Children's social care"),
        Term("human_resources", "Human resources"),
        Term("employer", "The adult's employer or agency"),
        Term("trust", "Trust"),
        Term("dbs", "Disclosure and Barring Service"),
        Term("teaching_regulator", "Teaching Regulation Agency"),
        Term("legal", "Legal adviser"),
        Term("other", "Somebody else"),
    ),
)

ADULT_OUTCOMES: Final = Vocabulary(
    "adult_outcomes",
    "How the concern about an adult ended",
    source=_GUIDANCE,
    terms=(
        Term("substantiated", "Substantiated"),
        Term("malicious", "Malicious"),
        Term("false", "False"),
        Term("unsubstantiated", "Unsubstantiated"),
        Term("unfounded", "Unfounded"),
        Term("dealt_with", "Low-level, dealt with in school"),
        Term("no_further_action", "No further action"),
    ),
)

VOCABULARIES: Final = (
    ADULT_CONCERN_KINDS,
    ADULT_ROLES,
    ADULT_CONCERN_STATES,
    ADULT_THRESHOLDS,
    HARM_TESTS,
    ADULT_ADVISERS,
    ADULT_OUTCOMES,
)
