"""What each kind of referral asks for: sections and fields, as data with a version.

Drawn from the forms in use (multi-agency referral forms, LADO, Channel, CAMHS and others);
authorities differ, so a local variant is another set of sections, not another programme.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.core.vocabularies import VOCABULARIES

VERSION = "2026-09-01"

LINE, TEXT, DATE, YES_NO, CHOICE, PERSON = "line", "text", "date", "yes_no", "choice", "person"
TYPES = (LINE, TEXT, DATE, YES_NO, CHOICE, PERSON)


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `multi`: its value is a list. `choices` are the codes of a choice."""

    name: str
    label: str
    type: str = TEXT
    required: bool = False
    multi: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together on a form."""

    name: str
    label: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class KindSchema:
    """Everything one kind of referral asks for."""

    kind: str
    label: str
    version: str
    sections: tuple[Section, ...]

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields by name."""
        return {field.name: field for section in self.sections for field in section.fields}


def _must(name: str, label: str, type_: str = TEXT) -> Field:
    return Field(name, label, type_, required=True)


ROUTING = Section("routing", "Routing", (
    Field("request", "What is asked for", CHOICE, required=True,
          choices=("child_protection", "child_in_need", "early_help", "advice")),
    Field("level_of_need", "Level of need claimed", CHOICE, choices=("1", "2", "3", "4")),
    Field("phone_call", "Phone call made: who, when, spoken to whom"),
    Field("allocated_worker", "Allocated worker, where open already", PERSON),
))  # fmt: skip
CHILD = Section("child", "The child", (
    Field("aliases", "Other names", LINE, multi=True),
    Field("address", "Home address", required=True),
    Field("current_location", "Where the child is now", required=True),
    Field("previous_address", "Previous address"),
    Field("first_language", "First language", LINE),
    Field("communication", "Interpreter or way of communicating"),
    Field("ethnicity", "Ethnicity", LINE),
    Field("religion", "Religion", LINE),
    Field("disability_or_sen", "Disability or special educational needs"),
    Field("immigration_status", "Immigration status", LINE),
    Field("upn", "Unique pupil number", LINE),
    Field("nhs_number", "NHS number", LINE),
    Field("gp", "GP", LINE),
))  # fmt: skip
HOUSEHOLD = Section("household", "Household and others who matter", (
    Field("household", "People in the household", PERSON, required=True, multi=True),
    Field("significant_others", "Other people who matter", PERSON, multi=True),
    Field("parental_responsibility", "Who has parental responsibility", required=True),
    Field("siblings_elsewhere", "Siblings who live elsewhere", PERSON, multi=True),
))  # fmt: skip
CONCERN = Section("concern", "What the worry is", (
    _must("worry", "What you are worried about, and its effect on the child"),
    _must("harm", "Harm suffered or likely, and its history"),
    Field("disclosures", "What the child said: by whom, when, in which words"),
    Field("incident_date", "Date of the incident", DATE),
    Field("incident_place", "Place of the incident", LINE),
    Field("injuries", "Injuries"),
    _must("analysis", "Your analysis of risk and level of need"),
    Field("strengths", "What is going well"),
    Field("parenting_capacity", "Parenting capacity"),
    Field("family_and_environment", "Family and environment"),
    Field("parental_difficulties", "Substance misuse, mental health, domestic abuse"),
    _must("wishes_and_feelings", "The child's wishes and feelings"),
))  # fmt: skip
HISTORY = Section("history", "What was done before", (
    Field("support_tried", "Support tried, and what came of it", required=True),
    Field("previous_referrals", "Previous referrals"),
    Field("assessments", "Early help assessments", LINE, multi=True),
))  # fmt: skip
NETWORK = Section("network", "Agencies around the child", (
    Field("professionals", "Professionals involved", PERSON, multi=True),
))  # fmt: skip
WANTED = Section("wanted", "What should change", (
    _must("desired_outcome", "What needs to change, or the service asked for"),
    Field("visiting_risks", "Known risks to visiting staff"),
))  # fmt: skip
REFERRER = Section("referrer", "Who refers", (
    _must("referrer", "Name, job and contact of the referrer", PERSON),
    Field("lead", "Designated safeguarding lead", PERSON),
))  # fmt: skip

ADULT = Section("adult", "The adult", (
    _must("adult", "The adult", PERSON),
    _must("role", "Role", LINE),
    Field("employer", "Employer or workplace", LINE, required=True),
    Field("employment", "Basis of employment", CHOICE,
          choices=("permanent", "temporary", "agency", "volunteer", "contractor", "other")),
    Field("length_of_service", "Length of service", LINE),
    Field("other_work", "Other work with children or adults at risk"),
    Field("own_children", "Own children or caring", PERSON, multi=True),
    Field("earlier_concerns", "Previous allegations and low-level concerns"),
))  # fmt: skip
ALLEGATION = Section("allegation", "The allegation", (
    Field("threshold", "Which part of the harm threshold", CHOICE, required=True, multi=True,
          choices=("harmed_a_child", "possible_offence", "risk_of_harm", "unsuitable_behaviour")),
    Field("harm_type", "Kind of harm", CHOICE, multi=True,
          choices=("physical", "emotional", "sexual", "neglect", "conduct")),
    _must("description", "What is alleged"),
    Field("incident_date", "Date of the incident", DATE),
    Field("incident_place", "Place of the incident", LINE),
    Field("authorised_restraint", "Followed an authorised restraint", YES_NO),
    Field("witnesses", "Witnesses", PERSON, multi=True),
    Field("alleged_by", "Who alleges it", LINE),
    Field("adult_aware", "The adult knows", YES_NO, required=True),
    _must("actions_so_far", "Actions so far"),
))  # fmt: skip

PREVENT = Section("prevent", "The concern", (
    _must("concerns", "Describe the concerns"),
    _must("complex_needs", "Complex needs"),
    _must("other_information", "Other information, and agencies involved"),
    Field("individual_aware", "The person knows of the referral", YES_NO, required=True),
    Field("online_activity", "Online activity"),
    Field("ideology", "Kind of ideology", LINE),
    Field("capability", "Weapons or capability"),
    Field("travel", "Travel"),
))  # fmt: skip
CAMHS = Section("difficulty", "The difficulty", (
    _must("problem", "The problem and what set it off"),
    _must("duration", "When it began and how long it lasts", LINE),
    _must("impact", "Effect on family, education and friends"),
    _must("risk", "Risk to self or others"),
    Field("safety_plan", "Safety plan"),
    Field("previous_help", "Previous help and what came of it"),
    Field("medical", "Medical conditions and medication"),
    Field("adjustments", "Reasonable adjustments and language"),
    Field("legal_status", "Legal status", LINE),
    Field("young_person_agrees", "The young person agrees", YES_NO, required=True),
    Field("carer_agrees", "The carer agrees", YES_NO, required=True),
    Field("continuing_role", "What the referrer goes on doing"),
))  # fmt: skip
POLICE = Section("police", "For the police", (
    _must("what_happened", "What happened"),
    Field("immediate_risk", "Immediate risk", YES_NO, required=True),
    Field("crime_reference", "Crime or incident reference", LINE),
    Field("officer", "Officer", PERSON),
    Field("suspects", "Suspects", PERSON, multi=True),
    Field("evidence", "Evidence held: devices kept, switched off, not looked at"),
    Field("witnesses", "Witnesses", PERSON, multi=True),
    Field("availability", "When the child can be spoken to"),
    Field("parents_informed", "Parents know", YES_NO, required=True),
))  # fmt: skip
EARLY_HELP = Section("early_help", "Early help", (
    _must("needs", "What the family needs"),
    Field("strengths", "What is going well"),
    _must("family_view", "What the family wants"),
    Field("support_tried", "Support tried, and what came of it"),
    Field("agencies", "Agencies involved", PERSON, multi=True),
))  # fmt: skip
FGM = Section("fgm", "Female genital mutilation", (
    Field("discovered", "How it was found", CHOICE, required=True,
          choices=("told_by_the_girl", "physical_signs")),
    _must("account", "What was said or seen"),
    _must("found_by", "The teacher who found it: the duty is theirs", PERSON),
    Field("found_on", "Found on", DATE, required=True),
    Field("girls_at_risk", "Other girls at risk", PERSON, multi=True),
    Field("police_reference", "Police reference", LINE),
))  # fmt: skip
MISSING = Section("missing", "Missing education", (
    Field("last_attended", "Last attended", DATE, required=True),
    _must("last_known_address", "Last known address"),
    _must("enquiries", "Enquiries made, with dates"),
    Field("likely_destination", "Likely destination"),
    Field("reason", "Believed reason"),
    Field("welfare_concerns", "Welfare concerns", required=True),
))  # fmt: skip
NRM = Section("exploitation", "Exploitation", (
    Field("first_responder", "First responder it goes through", LINE, required=True),
    Field("nationality", "Nationality", LINE),
    Field("exploitation", "Kinds of exploitation", CHOICE, required=True, multi=True,
          choices=("sexual", "criminal", "labour", "domestic_servitude", "other")),
    _must("indicators", "What points to it: act, means and purpose"),
    Field("places_and_dates", "Places and dates"),
    Field("movement_and_control", "How recruited, moved and controlled"),
    Field("alleged_exploiters", "Alleged exploiters", PERSON, multi=True),
    Field("police_reference", "Police reference", LINE),
    _must("safeguarding_actions", "Safeguarding actions taken"),
))  # fmt: skip
GENERAL = Section("referral", "The referral", (
    _must("reason", "Why you refer"),
    _must("desired_outcome", "What you ask for"),
    Field("background", "Background"),
    Field("support_tried", "Support tried, and what came of it"),
    Field("child_view", "The child's view"),
    Field("professionals", "Professionals involved", PERSON, multi=True),
))  # fmt: skip

SECTIONS: Mapping[str, tuple[Section, ...]] = {
    "childrens_social_care": (
        ROUTING, CHILD, HOUSEHOLD, CONCERN, HISTORY, NETWORK, WANTED, REFERRER,
    ),
    "lado": (ADULT, ALLEGATION, REFERRER),
    "prevent_channel": (PREVENT, NETWORK, REFERRER),
    "camhs": (CAMHS, NETWORK, REFERRER),
    "police": (POLICE, REFERRER),
    "early_help": (EARLY_HELP, REFERRER),
    "fgm_report": (FGM, REFERRER),
    "missing_education": (MISSING, REFERRER),
    "nrm": (NRM, REFERRER),
}  # fmt: skip


def _schema(kind: str, label: str) -> KindSchema:
    return KindSchema(kind, label, VERSION, SECTIONS.get(kind, (GENERAL, REFERRER)))


KINDS: Mapping[str, KindSchema] = MappingProxyType(
    {term.code: _schema(term.code, term.label) for term in VOCABULARIES["referral_kinds"].terms}
)
"""The schema of every kind of the vocabulary; one without a form of its own gets the general."""
