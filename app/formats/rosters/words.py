"""Words of rosters that every format has: year groups and sexes."""

import re
from collections.abc import Mapping
from typing import Final

NUMBERED: Final = re.compile(r"(?:(?:year|yr|y|grade)\.?\s*)?0*([0-9]{1,9})", re.IGNORECASE)
LAST_YEAR_GROUP: Final = 14
SEXES: Final[Mapping[str, str]] = {
    "m": "male",
    "male": "male",
    "boy": "male",
    "f": "female",
    "female": "female",
    "girl": "female",
    "u": "unspecified",
    "unspecified": "unspecified",
    "other": "other",
}


def is_year_group(word: str) -> bool:
    """Whether a school may call a year so: any word, and of the numbers 1 to 14."""
    match = NUMBERED.fullmatch(word.strip())
    return match is None or 1 <= int(match[1]) <= LAST_YEAR_GROUP


def sex_of(word: str) -> str | None:
    """The sex as OneRoster says it; None where the word is not known."""
    return SEXES.get(word.strip().casefold())


KINDS_OF_CONTACT: Final = (
    "mother", "father", "step_mother", "step_father", "foster_carer", "grandparent",
    "aunt_or_uncle", "adult_sibling", "childminder", "family_friend", "professional",
    "social_worker", "gp", "other",
)  # fmt: skip
CONTACT_ROLES: Final[Mapping[str, str]] = {
    "parent": "parent",
    "guardian": "carer",
    "relative": "other_relative",
} | {f"ext:{kind}": kind for kind in KINDS_OF_CONTACT}
"""What a contact is to the child, by the role that says so: OneRoster's own words, and for what
it has no word one of Cairn's after `ext:`."""

CTF_RELATIONSHIPS: Final[Mapping[str, str]] = {
    "PAM": "ext:mother", "PAF": "ext:father", "STM": "ext:step_mother", "STF": "ext:step_father",
    "FOM": "ext:foster_carer", "FOF": "ext:foster_carer", "CAR": "guardian", "REL": "relative",
    "FAM": "relative", "CHM": "ext:childminder", "DOC": "ext:gp", "HTC": "ext:professional",
    "TCH": "ext:professional", "RLG": "ext:professional", "SWR": "ext:social_worker",
    "OTH": "ext:other",
}  # fmt: skip
RELATIONSHIPS: Final[Mapping[str, str]] = {
    "mother": "ext:mother", "mum": "ext:mother", "mom": "ext:mother", "father": "ext:father",
    "dad": "ext:father", "parent": "parent", "step mother": "ext:step_mother",
    "stepmother": "ext:step_mother", "step father": "ext:step_father",
    "stepfather": "ext:step_father", "guardian": "guardian", "carer": "guardian",
    "foster mother": "ext:foster_carer", "foster father": "ext:foster_carer",
    "foster carer": "ext:foster_carer", "foster parent": "ext:foster_carer",
    "grandmother": "ext:grandparent", "grandfather": "ext:grandparent",
    "grandparent": "ext:grandparent", "nan": "ext:grandparent", "gran": "ext:grandparent",
    "aunt": "ext:aunt_or_uncle", "uncle": "ext:aunt_or_uncle", "brother": "ext:adult_sibling",
    "sister": "ext:adult_sibling", "sibling": "ext:adult_sibling", "relative": "relative",
    "other relative": "relative", "family": "relative", "childminder": "ext:childminder",
    "friend": "ext:family_friend", "neighbour": "ext:family_friend",
    "family friend": "ext:family_friend", "social worker": "ext:social_worker",
    "doctor": "ext:gp", "gp": "ext:gp", "other": "ext:other",
}  # fmt: skip
UNKNOWN_RELATIONSHIP: Final = "ext:other"


def role_of_relationship(word: str) -> str | None:
    """The role of a contact by a word or a code of the CTF; None where it is not known."""
    plain = " ".join(word.replace("-", " ").replace("_", " ").casefold().split())
    return CTF_RELATIONSHIPS.get(word.strip().upper()) or RELATIONSHIPS.get(plain)
