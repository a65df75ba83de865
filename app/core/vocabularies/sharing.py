"""On what ground, who with and how information leaves the school."""

from typing import Final

from app.core.vocabularies.terms import PROFESSIONAL, Term, Vocabulary

_PROFESSIONAL: Final = frozenset({PROFESSIONAL})

LAWFUL_BASES: Final = Vocabulary(
    "lawful_bases",
    "Lawful basis",
    source="UK GDPR Article 6, as amended by the Data (Use and Access) Act 2025",
    terms=(
        Term("public_task", "Public task", notes="Article 6(1)(e)"),
        Term("legal_obligation", "Legal obligation", notes="Article 6(1)(c)"),
        Term("vital_interests", "Vital interests", notes="Article 6(1)(d)"),
        Term(
            "recognised_legitimate_interest",
            "Recognised legitimate interest",
            notes="Article 6(1)(ea): safeguarding a child, no balancing test",
        ),
        Term("legitimate_interests", "Legitimate interests", notes="Article 6(1)(f)"),
        Term("consent", "Consent", notes="Article 6(1)(a): rarely right for safeguarding"),
        Term("contract", "Contract", notes="Article 6(1)(b)"),
    ),
)

SPECIAL_CATEGORY_CONDITIONS: Final = Vocabulary(
    "special_category_conditions",
    "Condition for special category or criminal offence data",
    source="UK GDPR Articles 9 and 10; Data Protection Act 2018 Schedule 1",
    terms=(
        Term(
            "safeguarding_para_18",
            "Safeguarding of children and individuals at risk",
            notes="Article 9(2)(g) or 10, with DPA 2018 Schedule 1 paragraph 18",
        ),
        Term("vital_interests", "Vital interests", notes="Article 9(2)(c)"),
        Term("health_or_social_care", "Health or social care", notes="Article 9(2)(h)"),
        Term("social_protection_law", "Social protection law", notes="Article 9(2)(b)"),
        Term("legal_claims", "Legal claims", notes="Article 9(2)(f)"),
        Term("substantial_public_interest", "Substantial public interest", notes="Article 9(2)(g)"),
        Term("explicit_consent", "Explicit consent", notes="Article 9(2)(a)"),
        Term("not_special_category", "No special category data"),
    ),
)

PARA18_LIMBS: Final = Vocabulary(
    "para18_limbs",
    "Why there was no consent",
    source="Data Protection Act 2018 Schedule 1 paragraph 18",
    terms=(
        Term("consent_cannot_be_given", "Consent cannot be given"),
        Term("consent_not_reasonably_obtainable", "Consent cannot reasonably be obtained"),
        Term("consent_would_prejudice_protection", "Asking would put protection at risk"),
    ),
)

SHARE_STATES: Final = Vocabulary(
    "share_states",
    "State of the share",
    closed=True,
    terms=(
        Term("draft", "Draft"),
        Term("approved", "Approved"),
        Term("available", "Available"),
        Term("opened", "Opened"),
        Term("acknowledged", "Acknowledged"),
        Term("revoked", "Revoked"),
        Term("expired", "Expired"),
    ),
)

SHARE_PURPOSES: Final = Vocabulary(
    "share_purposes",
    "Purpose of the share",
    terms=(
        Term("protect_from_harm", "Protect the child from harm"),
        Term("protect_another_child", "Protect another child"),
        Term("inform_parent", "Keep a parent informed"),
        Term("support_plan", "Plan or review support"),
        Term("conference_or_review", "Conference or review"),
        Term("assessment", "Assessment by an agency"),
        Term("police_enquiry", "Police enquiry"),
        Term("change_of_school", "Change of school"),
        Term("court_or_tribunal", "Court or tribunal"),
        Term("statutory_duty", "Duty set by law"),
        Term("other", "Another purpose"),
    ),
)

RECIPIENT_KINDS: Final = Vocabulary(
    "recipient_kinds",
    "Kind of recipient",
    terms=(
        Term("parent", "Parent or carer"),
        Term("child", "The child"),
        Term("social_care", "Children's social care", flags=_PROFESSIONAL),
        Term("police", "Police", flags=_PROFESSIONAL),
        Term("health", "Health", flags=_PROFESSIONAL),
        Term("camhs", "CAMHS", flags=_PROFESSIONAL),
        Term("early_help", "Early help", flags=_PROFESSIONAL),
        Term("lado", "Local authority designated officer", flags=_PROFESSIONAL),
        Term("local_authority", "Local authority, other team", flags=_PROFESSIONAL),
        Term("virtual_school", "Virtual school", flags=_PROFESSIONAL),
        Term("youth_justice", "Youth justice", flags=_PROFESSIONAL),
        Term("school", "Another school or college", flags=_PROFESSIONAL),
        Term("alternative_provision", "Alternative provision", flags=_PROFESSIONAL),
        Term("voluntary_organisation", "Voluntary organisation", flags=_PROFESSIONAL),
        Term("court", "Court or tribunal", flags=_PROFESSIONAL),
        Term("inspectorate", "Inspectorate", flags=_PROFESSIONAL),
        Term("other", "Another recipient"),
    ),
)

DELIVERY_ROUTES: Final = Vocabulary(
    "delivery_routes",
    "How it was delivered",
    terms=(
        Term("portal_link", "Link with a one-time code"),
        Term("webhook", "Signed message to the agency's system"),
        Term("agency_portal", "Entered in the agency's own portal"),
        Term("secure_email", "Secure email"),
        Term("phoned", "By phone"),
        Term("in_person", "In person"),
        Term("posted", "By post"),
    ),
)

CODE_ROUTES: Final = Vocabulary(
    "code_routes",
    "How a code is given",
    terms=(
        Term("phone", "By phone"),
        Term("text_message", "By text message"),
        Term("in_person", "In person"),
        Term("letter", "By letter"),
        Term("email", "By email", notes="Only where the link does not go by email"),
    ),
)

VALUE_STATES: Final = Vocabulary(
    "value_states",
    "Whether a field has a value",
    source="Cairn, after multi-agency referral forms",
    closed=True,
    terms=(
        Term("value", "Has a value"),
        Term("not_known", "Not known"),
        Term("not_applicable", "Not applicable"),
        Term("withheld", "Withheld"),
    ),
)

VOCABULARIES: Final = (
    LAWFUL_BASES,
    SPECIAL_CATEGORY_CONDITIONS,
    PARA18_LIMBS,
    SHARE_STATES,
    SHARE_PURPOSES,
    RECIPIENT_KINDS,
    DELIVERY_ROUTES,
    CODE_ROUTES,
    VALUE_STATES,
)
