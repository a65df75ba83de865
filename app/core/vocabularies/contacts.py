"""The adults around a child: what they are to them."""

from typing import Final

from app.core.vocabularies.terms import PROFESSIONAL, Term, Vocabulary, group

CONTACT_KINDS: Final = Vocabulary(
    "contact_kinds",
    "What the contact is to the child",
    source="Cairn, after DfE common transfer file relationships",
    terms=(
        Term("mother", "Mother"),
        Term("father", "Father"),
        Term("parent", "Parent"),
        Term("step_mother", "Step-mother"),
        Term("step_father", "Step-father"),
        Term("adoptive_parent", "Adoptive parent"),
        Term("carer", "Carer"),
        Term("foster_carer", "Foster carer"),
        Term("private_foster_carer", "Private foster carer"),
        Term("special_guardian", "Special guardian"),
        Term("grandparent", "Grandparent"),
        Term("aunt_or_uncle", "Aunt or uncle"),
        Term("adult_sibling", "Adult sibling"),
        Term("other_relative", "Another relative"),
        Term("childminder", "Childminder"),
        Term("family_friend", "Family friend or neighbour"),
        *group(
            Term("professional", "Professional", flags=frozenset({PROFESSIONAL})),
            Term("social_worker", "Social worker"),
            Term("lead_practitioner", "Lead practitioner"),
            Term("early_help_worker", "Early help worker"),
            Term("virtual_school_head", "Virtual school head"),
            Term("gp", "GP"),
            Term("health_visitor", "Health visitor"),
            Term("school_nurse", "School nurse"),
            Term("camhs_worker", "CAMHS worker"),
            Term("police_officer", "Police officer"),
            Term("youth_justice_worker", "Youth justice worker"),
        ),
        Term("other", "Another person"),
    ),
)

PARENTAL_RESPONSIBILITY: Final = Vocabulary(
    "parental_responsibility",
    "Whether the contact has parental responsibility",
    source="Children Act 1989 section 3",
    terms=(Term("yes", "Yes"), Term("no", "No"), Term("unknown", "Not known")),
)

VOCABULARIES: Final = (CONTACT_KINDS, PARENTAL_RESPONSIBILITY)
