"""What a concern is about: the two-level list of categories."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from app.core.vocabularies.category_rules import CategoryRule, rules_by_code
from app.core.vocabularies.terms import (
    ADULT_REGISTER,
    IMMEDIATE_NOTIFY,
    LEAD_DECIDES,
    LONG_RETENTION,
    PARENTS_NEVER_FIRST,
    STATUTORY_TIMER,
    Term,
    Vocabulary,
    group,
)

_ADULT: Final = frozenset({ADULT_REGISTER})
_KEEP: Final = frozenset({LONG_RETENTION})


def _factor(*codes: str) -> str:
    return f"DfE factor {', '.join(codes)}"


def _of(code: str, label: str, *factors: str, flags: frozenset[str] = frozenset()) -> Term:
    return Term(code, label, flags=flags, notes=_factor(*factors) if factors else None)


_ABUSE_AND_NEGLECT: Final = (
    *group(
        _of("physical_abuse", "Physical abuse", "18C"),
        _of("unexplained_injury", "Unexplained injury", "18C"),
        _of("physical_abuse_disclosure", "Child said they were physically harmed", "18C"),
        _of("excessive_chastisement", "Excessive chastisement", "18C"),
        _of("repeated_injury", "Repeated injury", "18C"),
        _of("bruising_non_mobile", "Bruising on a child who cannot move about", "18C"),
        _of("burn_scald", "Burn or scald", "18C"),
        _of("bite_mark", "Bite mark", "18C"),
        _of("implement_mark", "Mark in the shape of an object", "18C"),
        _of("fabricated_or_induced_illness", "Fabricated or induced illness", "18C"),
    ),
    *group(
        _of("emotional_abuse", "Emotional abuse", "17A"),
        _of("verbal_degradation", "Verbal degradation", "17A"),
        _of("rejection_or_scapegoating", "Rejection or scapegoating", "17A"),
        _of("inappropriate_expectations", "Inappropriate expectations", "17A"),
        _of("isolation_or_control", "Isolation or control", "17A"),
        _of("witnessing_ill_treatment", "Seeing or hearing others ill-treated", "17A"),
        _of("parental_conflict", "Parental conflict", "17A"),
    ),
    *group(
        _of("sexual_abuse", "Sexual abuse", "19C", flags=_KEEP),
        _of("sexual_abuse_disclosure", "Child said they were sexually harmed", "19C"),
        _of("physical_indicators", "Physical signs of sexual abuse", "19C"),
        _of("sexualised_behaviour_or_knowledge", "Sexualised behaviour or knowledge", "19C"),
        _of("intrafamilial", "Sexual abuse within the family", "19C"),
        _of("extrafamilial_adult", "Sexual abuse by an adult outside the family", "19C"),
        _of("online_sexual_abuse", "Online sexual abuse", "19C"),
        _of("contact_with_risk_person", "Contact with a person who poses a sexual risk", "19C"),
        _of("sexual_abuse_non_recent", "Non-recent sexual abuse", "19C"),
    ),
    *group(
        _of("neglect", "Neglect", "16A"),
        _of("physical_care", "Physical care", "16A"),
        _of("nutrition", "Food and nutrition", "16A"),
        _of("medical_dental", "Medical or dental care", "16A"),
        _of("supervision", "Supervision", "16A"),
        _of("educational_neglect", "Educational neglect", "16A"),
        _of("emotional_neglect", "Emotional neglect", "16A"),
        _of("housing_conditions", "Conditions at home", "16A"),
        _of("uncollected_or_late_collection", "Not collected, or collected late", "16A"),
        _of("clothing_hygiene", "Clothing or hygiene", "16A"),
    ),
    *group(
        _of("domestic_abuse", "Domestic abuse", "3A", "3B", "3C"),
        _of("encompass_notification", "Operation Encompass notification", "3A", "3B", "3C"),
        _of("child_as_victim", "Child as victim", "3A"),
        _of("parent_as_victim", "Parent or carer as victim", "3B"),
        _of("other_household_victim", "Another person at home as victim", "3C"),
        _of("coercive_control", "Coercive control", "3A", "3B", "3C"),
        _of("teen_relationship_abuse", "Abuse in a teenage relationship", "3A"),
        _of("child_to_parent_violence", "Violence from child to parent", "3B"),
        _of("marac_flag", "Discussed at a MARAC", "3A", "3B", "3C"),
    ),
)

# Level one stays on the long hold because a reporter may stop there: it can still turn out
# to be sexual harm. Priority and the hold pass to the sexual terms only.
_BETWEEN_CHILDREN: Final = group(
    _of("child_on_child", "Child-on-child harm", "18B", "19B", flags=_KEEP),
    _of("bullying", "Bullying", "18B"),
    _of("cyberbullying", "Online bullying", "18B"),
    _of("prejudice_based", "Prejudice-based bullying", "18B"),
    _of("physical_assault", "Physical assault by another child", "18B"),
    _of("sexual_violence", "Sexual violence", "19B", flags=_KEEP),
    _of("sexual_harassment", "Sexual harassment", "19B", flags=_KEEP),
    _of("harmful_sexual_behaviour", "Harmful sexual behaviour", "19B", flags=_KEEP),
    _of("nudes_semi_nudes", "Nudes or semi-nudes shared", "19B", flags=_KEEP),
    _of("upskirting", "Upskirting", "19B", flags=_KEEP),
    _of("initiation_hazing", "Initiation or hazing", "18B"),
    _of("relationship_abuse", "Abuse between children in a relationship", "18B"),
    _of("causing_sexual_activity", "Causing sexual activity", "19B", flags=_KEEP),
    _of("misogyny", "Misogyny", "18B"),
    inherited=frozenset(),
)

_OUTSIDE_THE_HOME: Final = (
    *group(
        _of("exploitation", "Exploitation", "11A", "24A", "13A", "12A"),
        _of("cse", "Child sexual exploitation", "11A", flags=_KEEP),
        _of("cce", "Child criminal exploitation", "24A"),
        _of("county_lines", "County lines", "24A"),
        _of("gang_affiliation", "Links to a gang", "13A"),
        _of("trafficking_modern_slavery", "Trafficking or modern slavery", "12A"),
        _of("debt_bondage", "Debt bondage", "24A"),
        _of("cuckooing", "Cuckooing", "24A"),
        _of("grooming_gang", "Group-based sexual exploitation", "11A", flags=_KEEP),
        _of("financial_exploitation", "Financial exploitation", "24A"),
        _of("labour_exploitation", "Labour exploitation", "12A"),
    ),
    *group(
        _of("serious_violence", "Serious violence", "13A", "14A"),
        _of("weapon_carried", "Carrying a weapon", "13A", "14A"),
        _of("weapon_threat", "Threat with a weapon", "13A", "14A"),
        _of("knife_injury", "Knife injury", "13A", "14A"),
        _of("group_violence", "Violence in a group", "13A", "14A"),
        _of("threat_to_kill", "Threat to kill", "13A", "14A"),
        _of("extreme_violence_interest", "Interest in extreme violence", "13A", "14A"),
    ),
    *group(
        _of("radicalisation", "Radicalisation"),
        _of("extreme_right_wing", "Extreme right-wing"),
        _of("islamist", "Islamist"),
        _of("mixed_unstable_unclear", "Mixed, unstable or unclear ideology"),
        _of("incel_misogynist", "Incel or misogynist"),
        _of("other_ideology", "Another ideology"),
        _of("online_extremist_content", "Extremist content online"),
        _of("family_influence", "Influence of family"),
    ),
    *group(
        Term(
            "harmful_practices",
            "Harmful practices",
            notes=_factor("22A", "23A"),
        ),
        _of("fgm_disclosed_or_seen", "Female genital mutilation said or seen", "22A"),
        _of("fgm_risk", "Risk of female genital mutilation", "22A"),
        _of("forced_marriage", "Forced marriage"),
        _of("marriage_under_18", "Marriage under 18"),
        _of("honour_based_abuse", "So-called honour-based abuse"),
        _of("breast_ironing", "Breast ironing"),
        _of("faith_or_belief_abuse", "Abuse linked to faith or belief", "23A"),
        _of("virginity_testing", "Virginity testing"),
    ),
)

_WELLBEING: Final = (
    *group(
        _of("mental_health", "Mental health", "4A", "15A"),
        _of("low_mood_anxiety", "Low mood or anxiety", "4A"),
        _of("self_harm", "Self-harm", "15A"),
        _of("suicidal_ideation", "Thoughts of suicide", "4A"),
        _of("suicide_attempt", "Suicide attempt", "15A"),
        _of("eating_difficulty", "Eating difficulty", "4A"),
        _of("trauma_response", "Response to trauma", "4A"),
        _of("bereavement", "Bereavement", "4A"),
        _of("psychosis_signs", "Possible signs of psychosis", "4A"),
        _of("hospital_attendance", "Hospital attendance for mental health", "4A"),
    ),
    *group(
        _of("online_safety", "Online safety"),
        _of("online_content", "Harmful content"),
        _of("online_contact_grooming", "Harmful contact or grooming", flags=_KEEP),
        _of("online_conduct", "Harmful conduct online"),
        _of("online_commerce_scam", "Commerce, gambling or scams"),
        _of("sextortion", "Sextortion", flags=_KEEP),
        _of("ai_generated_imagery", "Images made or altered by AI", flags=_KEEP),
        _of("live_streaming", "Live streaming"),
        _of("monitoring_alert", "Alert from a monitoring tool"),
        _of("misinformation_conspiracy", "Misinformation or conspiracy theories"),
        _of("excessive_use", "Excessive use"),
    ),
    *group(
        _of("attendance_missing", "Attendance or missing", "10A"),
        _of("persistent_absence", "Persistent absence"),
        _of("severe_absence", "Severe absence"),
        _of("unexplained_pattern", "Unexplained pattern of absence"),
        _of("children_missing_education", "Child missing education"),
        _of("missing_from_home_or_care", "Missing from home or care", "10A"),
        _of("absconding_in_day", "Leaving school during the day"),
        _of("ehe_concern", "Concern about elective home education"),
        _of("part_time_timetable", "Part-time timetable"),
        _of("repeated_removal_from_class", "Repeated removal from class"),
        _of("suspension_pattern", "Pattern of suspensions"),
    ),
    *group(
        _of("substance_misuse", "Substance misuse", "1A", "2A"),
        _of("child_alcohol", "Alcohol", "1A"),
        _of("child_drugs", "Drugs", "2A"),
        _of("vaping_spiked", "Vaping, including spiked vapes", "2A"),
        _of("drug_supply", "Supplying drugs", "2A"),
    ),
    *group(
        _of("behaviour_wellbeing", "Behaviour and wellbeing", "14A"),
        _of("sudden_change", "Sudden change"),
        _of("aggression", "Aggression", "14A"),
        _of("withdrawal", "Withdrawal from others"),
        _of("parent_interaction_concern", "How parent and child are together"),
        _of("tired_hungry", "Tired or hungry"),
        _of("general_pastoral", "General pastoral"),
        _of("harm_to_animals", "Harm to animals", "14A"),
        _of("fire_setting", "Fire setting", "14A"),
    ),
)

_CIRCUMSTANCES: Final = (
    *group(
        _of("family_context", "Family circumstances"),
        _of("parental_mental_health", "Mental health of a parent or carer", "4B"),
        _of("parental_alcohol", "Alcohol misuse by a parent or carer", "1B"),
        _of("parental_drugs", "Drug misuse by a parent or carer", "2B"),
        _of("parental_learning_disability", "Learning disability of a parent or carer", "5B"),
        _of("parental_illness_disability", "Illness or disability of a parent or carer", "6B"),
        _of("parental_imprisonment", "Parent or carer in prison"),
        _of("parental_offending", "Offending by a parent or carer"),
        _of("bereavement_separation", "Bereavement or separation in the family"),
        _of("housing_homelessness", "Housing or homelessness"),
        _of("poverty", "Poverty"),
        _of("no_recourse_to_public_funds", "No recourse to public funds"),
        _of("young_carer", "Young carer", "7A"),
        _of("private_fostering", "Private fostering", "8B", "8C", "8D", "8E", "8F"),
        _of("kinship_informal", "Informal care by relatives or friends"),
        _of("returned_from_care", "Returned home from care"),
    ),
    *group(
        _of("child_need_context", "Needs and identity", "5A", "6A", "9A"),
        _of("disability_or_health", "Disability or health", "5A", "6A"),
        _of("pregnancy", "Pregnancy"),
        _of("sexual_health", "Sexual health"),
        _of("uasc_or_new_arrival", "Unaccompanied or newly arrived child", "9A"),
        _of("looked_after_placement_issue", "Difficulty in a care placement"),
        _of("gender_questioning", "Gender questioning"),
        _of("sexuality_related_harm", "Harm related to sexuality"),
        _of("discrimination_hate", "Discrimination or hate"),
    ),
)

_STAFF_AND_SCHOOL: Final = (
    *group(
        _of("adult_concern", "Concern about an adult", flags=_ADULT | _KEEP),
        _of("allegation_harm_threshold", "Allegation, harm threshold", flags=_KEEP),
        _of("low_level", "Low-level concern"),
        _of("supply_or_volunteer", "Supply staff or volunteer", flags=_KEEP),
        _of("visitor_or_community_user", "Visitor or hirer", flags=_KEEP),
        _of("position_of_trust", "Abuse of a position of trust", flags=_KEEP),
        _of("adult_concern_non_recent", "Non-recent allegation", flags=_KEEP),
        inherited=_ADULT,
    ),
    *group(
        _of("restrictive_intervention", "Restrictive intervention"),
        _of("reasonable_force", "Reasonable force"),
        _of("restraint_non_force", "Restraint without force"),
        _of("seclusion", "Seclusion"),
    ),
    *group(
        _of("other", "Something else", "20", "21"),
        Term("not_sure", "Not sure", notes="A reporter may give this; a lead codes it later"),
        _of("third_party_report", "Report from a third party"),
    ),
)

_TERMS: Final = (
    *_ABUSE_AND_NEGLECT,
    *_BETWEEN_CHILDREN,
    *_OUTSIDE_THE_HOME,
    *_WELLBEING,
    *_CIRCUMSTANCES,
    *_STAFF_AND_SCHOOL,
)

CATEGORY_RULES: Final[Mapping[str, CategoryRule]] = rules_by_code(_TERMS)


def _flagged(term: Term) -> Term:
    """The term with the flags that its rule stands for."""
    rule = CATEGORY_RULES[term.code]
    flags = {
        IMMEDIATE_NOTIFY: rule.told == "urgent",
        LEAD_DECIDES: rule.parents == "decide",
        PARENTS_NEVER_FIRST: rule.parents == "never_first",
        STATUTORY_TIMER: rule.timed,
    }
    return replace(term, flags=term.flags | {flag for flag, held in flags.items() if held})


CONCERN_CATEGORIES: Final = Vocabulary(
    "concern_categories",
    "What the concern is about",
    version="2026-11-29",
    source="Cairn, after KCSIE 2025 and the DfE children in need census factor codes",
    terms=tuple(map(_flagged, _TERMS)),
)
