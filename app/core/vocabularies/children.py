"""Who a child is: identifiers, statuses and coded facts."""

from typing import Final

from app.core.vocabularies.terms import OF_CHILD, OF_ORGANISATION, Term, Vocabulary, group

_CHILD: Final = frozenset({OF_CHILD})
_ORGANISATION: Final = frozenset({OF_ORGANISATION})

CHILD_STATUS_KINDS: Final = Vocabulary(
    "child_status_kinds",
    "Status of a child over a period",
    source="Cairn, after Working Together and the DfE common basic data set",
    terms=(
        Term("child_protection_plan", "Child protection plan", notes="Has a category"),
        Term("child_in_need", "Child in need", notes="Children Act 1989 section 17"),
        Term("family_help_plan", "Family Help plan", notes="Lead may not be a social worker"),
        Term("early_help", "Early help"),
        Term("looked_after", "Looked after"),
        Term("previously_looked_after", "Previously looked after"),
        Term("has_social_worker", "Has a social worker"),
        Term("had_social_worker", "Had a social worker in the last six years"),
        Term("sen", "Special educational needs", notes="Has a provision: E or K"),
        Term("disability", "Disability"),
        Term("young_carer", "Young carer", notes="CBDS codeset CS118: P or S"),
        Term("private_fostering", "Private fostering"),
        Term("kinship_care", "Kinship care"),
        Term("pupil_premium", "Pupil premium"),
        Term("fsm", "Free school meals"),
        Term("ever6", "Free school meals in the last six years"),
        Term("service_child", "Service child"),
        Term("eal", "English as an additional language"),
        Term("uasc", "Unaccompanied asylum-seeking child"),
        Term("nrpf", "No recourse to public funds"),
        Term("ehe", "Elective home education"),
        Term("part_time_timetable", "Part-time timetable"),
        Term("attendance", "Attendance over a period", notes="Sessions missed of those possible"),
        Term("persistent_absence", "Persistent absence", notes="A tenth of sessions or more"),
        Term("severe_absence", "Severe absence", notes="Half of sessions or more"),
        Term("alternative_provision", "Alternative provision"),
        Term("medical_plan", "Healthcare plan"),
        Term("court_order", "Court order"),
        Term("police_protection", "In police protection", notes="Children Act 1989 section 46"),
        Term(
            "emergency_protection_order",
            "Emergency protection order",
            notes="Children Act 1989 section 44",
        ),
        Term("police_bail_condition", "Police bail condition"),
        Term("marac", "Discussed at a MARAC"),
        Term("mappa_contact", "Contact managed under MAPPA"),
        Term("channel", "Channel"),
        Term("nrm", "National Referral Mechanism"),
        Term("youth_justice", "Youth justice"),
        Term("contact_restriction", "Contact restricted", notes="Limits what parents are told"),
    ),
)

IDENTIFIER_SYSTEMS: Final = Vocabulary(
    "identifier_systems",
    "System an identifier belongs to",
    source="DfE; NHS; Cairn",
    terms=(
        Term("upn", "Unique pupil number", flags=_CHILD),
        Term("former_upn", "Former unique pupil number", flags=_CHILD),
        Term("uln", "Unique learner number", flags=_CHILD),
        Term("nhs_number", "NHS number", flags=_CHILD, notes="Never a key; may be suppressed"),
        Term("mis_id", "Number in the school's own system", flags=_CHILD),
        Term("oneroster", "Id in the roster feed", flags=_CHILD),
        Term("admission_number", "Admission number", flags=_CHILD),
        Term("email", "School email address", flags=_CHILD, notes="Kept in lower case"),
        Term("username", "User name in the school's network", flags=_CHILD, notes="In lower case"),
        Term("social_care_id", "Number in the authority's social care system", flags=_CHILD),
        Term("scottish_candidate_number", "Scottish candidate number", flags=_CHILD),
        Term("chi_number", "Community health index number", flags=_CHILD, notes="Scotland"),
        Term("hsc_number", "Health and care number", flags=_CHILD, notes="Northern Ireland"),
        Term("urn", "Unique reference number", flags=_ORGANISATION, notes="GIAS"),
        Term("laestab", "DfE number", flags=_ORGANISATION),
        Term("ukprn", "UK provider reference number", flags=_ORGANISATION),
        Term("group_uid", "Group number", flags=_ORGANISATION, notes="GIAS, trusts"),
    ),
)

UNKNOWN_UPN_REASONS: Final = Vocabulary(
    "unknown_upn_reasons",
    "Why the unique pupil number is not known",
    source="DfE children in need census",
    terms=(
        Term("UN1", "Not yet of school age"),
        Term("UN2", "Never at a maintained school in England"),
        Term("UN3", "Educated outside England"),
        Term("UN4", "Newly looked after"),
        Term("UN5", "Sources disagree"),
    ),
)

SEXES: Final = Vocabulary(
    "sexes",
    "Sex",
    source="DfE school census",
    terms=(
        Term("female", "Female", notes="Census code F"),
        Term("male", "Male", notes="Census code M"),
        Term("not_known", "Not known"),
    ),
)

ETHNICITIES: Final = Vocabulary(
    "ethnicities",
    "Ethnicity",
    source="DfE main ethnicity codes",
    terms=(
        Term("WBRI", "White British"),
        Term("WIRI", "White Irish"),
        Term("WIRT", "Traveller of Irish heritage"),
        Term("WROM", "Gypsy or Roma"),
        Term("WOTH", "Any other White background"),
        Term("MWBC", "White and Black Caribbean"),
        Term("MWBA", "White and Black African"),
        Term("MWAS", "White and Asian"),
        Term("MOTH", "Any other mixed background"),
        Term("AIND", "Indian"),
        Term("APKN", "Pakistani"),
        Term("ABAN", "Bangladeshi"),
        Term("AOTH", "Any other Asian background"),
        Term("CHNE", "Chinese"),
        Term("BCRB", "Black Caribbean"),
        Term("BAFR", "Black African"),
        Term("BOTH", "Any other Black background"),
        Term("OOTH", "Any other ethnic group"),
        Term("REFU", "Refused"),
        Term("NOBT", "Not yet obtained"),
    ),
)

SEN_PROVISIONS: Final = Vocabulary(
    "sen_provisions",
    "Special educational needs provision",
    source="DfE school census",
    terms=(
        Term("E", "Education, health and care plan"),
        Term("K", "SEN support"),
        Term("N", "No special educational need"),
    ),
)

CHILD_PROTECTION_CATEGORIES: Final = Vocabulary(
    "child_protection_categories",
    "Category of a child protection plan",
    source="DfE children in need census",
    terms=(
        Term("NEG", "Neglect"),
        Term("PHY", "Physical abuse"),
        Term("SAB", "Sexual abuse"),
        Term("EMO", "Emotional abuse"),
        Term("MUL", "Multiple"),
    ),
)

RELATIONSHIP_KINDS: Final = Vocabulary(
    "relationship_kinds",
    "How two children are connected",
    terms=(
        *group(
            Term("sibling", "Sibling"),
            Term("half_sibling", "Half-sibling"),
            Term("step_sibling", "Step-sibling"),
            Term("adoptive_sibling", "Adoptive sibling"),
            Term("foster_sibling", "Foster sibling"),
            Term("twin", "Twin or multiple birth"),
        ),
        Term("cousin", "Cousin"),
        Term("other_relative", "Another relative"),
        Term("household", "Same household"),
        Term("shared_address", "Same address", notes="Found in the roster, not yet confirmed"),
        Term("shared_contact", "Same contact", notes="Found in the roster, not yet confirmed"),
        Term("peer", "Peer"),
        Term("partner", "Boyfriend, girlfriend or partner"),
        Term("alleged_source_of_harm", "Alleged to have harmed"),
        Term("other", "Another connection"),
    ),
)
SIBLING_KINDS: Final = tuple(
    code for code, term in RELATIONSHIP_KINDS.by_code.items() if "sibling" in (code, term.parent)
)
"""Brothers and sisters of every kind."""

VOCABULARIES: Final = (
    CHILD_STATUS_KINDS,
    IDENTIFIER_SYSTEMS,
    UNKNOWN_UPN_REASONS,
    SEXES,
    ETHNICITIES,
    SEN_PROVISIONS,
    CHILD_PROTECTION_CATEGORIES,
    RELATIONSHIP_KINDS,
)
