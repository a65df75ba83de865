"""What forms in use ask for, row by row, and where Cairn's forms hold it.

A place is `kind.field`; `consent` and `referral` name what every referral holds beside
its form, and `person` a part of each person in a field.
"""

import pytest

from app.domain.sharing.referral_drafts.schemas import ConsentIn, NamedPersonIn, ReferralIn
from app.domain.sharing.referral_forms.rules import KINDS, PERSON, PERSON_PARTS, PERSON_SCHEMA
from app.domain.sharing.referrals.rules import PERSON_KEYS

CSC, LADO, PREVENT = "childrens_social_care", "lado", "prevent_channel"
ROWS: dict[str, str] = {
    "routing": f"{CSC}.request {CSC}.phone_call {CSC}.level_of_need {CSC}.referred_at"
    f" {CSC}.allocated_worker referral.urgency",
    "the child": f"{CSC}.aliases {CSC}.expected_date {CSC}.birth_estimated {CSC}.sex"
    f" {CSC}.ethnicity {CSC}.religion {CSC}.first_language {CSC}.communication"
    f" {CSC}.disability_or_sen {CSC}.immigration_status {CSC}.address {CSC}.previous_address"
    f" {CSC}.current_location {CSC}.phone {CSC}.school {CSC}.gp {CSC}.upn {CSC}.nhs_number",
    "several children and the focus": f"{CSC}.focus {CSC}.others_referred person.focus",
    "household": f"{CSC}.household {CSC}.significant_others {CSC}.siblings_elsewhere person.name"
    " person.date_of_birth person.expected_date person.sex person.ethnicity person.relationship"
    " person.address person.phone person.parental_responsibility person.school"
    " person.alleged_perpetrator",
    "consent": "consent.parents_informed consent.consent_given consent.by consent.covers"
    " consent.reason_code consent.young_persons_view",
    "concern": f"{CSC}.worry {CSC}.harm {CSC}.disclosures {CSC}.incident_date"
    f" {CSC}.incident_place {CSC}.injuries {CSC}.analysis {CSC}.strengths"
    f" {CSC}.parenting_capacity {CSC}.family_and_environment {CSC}.parental_difficulties"
    f" {CSC}.wishes_and_feelings",
    "history": f"{CSC}.support_tried {CSC}.previous_referrals {CSC}.assessments {CSC}.statuses",
    "network": f"{CSC}.professionals person.role person.organisation",
    "wanted, and safety of visitors": f"{CSC}.desired_outcome {CSC}.visiting_risks",
    "referrer": f"{CSC}.referrer {CSC}.lead person.email",
    "attachments": f"{CSC}.attached {CSC}.attached_detail referral.chronology"
    " early_help.attached early_help.attached_detail",
    "lado: referrer": f"{LADO}.referrer {LADO}.case_manager",
    "lado: adult": f"{LADO}.adult {LADO}.aliases {LADO}.date_of_birth {LADO}.sex"
    f" {LADO}.ethnicity {LADO}.adult_address {LADO}.role {LADO}.employer"
    f" {LADO}.length_of_service {LADO}.employment {LADO}.other_work {LADO}.own_children"
    f" {LADO}.earlier_concerns",
    "lado: child": f"{LADO}.address {LADO}.parental_responsibility {LADO}.allocated_worker"
    f" {LADO}.disability_or_sen {LADO}.parents_know",
    "lado: allegation": f"{LADO}.threshold {LADO}.harm_type {LADO}.incidents"
    f" {LADO}.incident_date {LADO}.incident_place {LADO}.authorised_restraint"
    f" {LADO}.description {LADO}.witnesses {LADO}.alleged_by {LADO}.adult_aware",
    "lado: actions": f"{LADO}.actions_so_far {LADO}.attached",
    "prevent: person": f"{PREVENT}.aliases {PREVENT}.sex {PREVENT}.nationality"
    f" {PREVENT}.ethnicity {PREVENT}.first_language {PREVENT}.religion {PREVENT}.school"
    f" {PREVENT}.address {PREVENT}.family",
    "prevent: the three texts": f"{PREVENT}.concerns {PREVENT}.complex_needs"
    f" {PREVENT}.other_information",
    "prevent: older factors": f"{PREVENT}.factor_ideology {PREVENT}.factor_social_mobility"
    f" {PREVENT}.factor_physical_health {PREVENT}.factor_mental_health"
    f" {PREVENT}.factor_risk_or_harm {PREVENT}.factor_criminality {PREVENT}.factor_isolation"
    f" {PREVENT}.factor_isolation_notes {PREVENT}.individual_aware",
    "prevent: more": f"{PREVENT}.online_activity {PREVENT}.ideology {PREVENT}.capability"
    f" {PREVENT}.travel {PREVENT}.also_referred",
    "camhs": "camhs.nhs_number camhs.gp camhs.parental_responsibility camhs.family camhs.school"
    " camhs.professionals camhs.problem camhs.duration camhs.severity camhs.impact"
    " camhs.previous_help camhs.risk camhs.safety_plan camhs.medical camhs.adjustments"
    " camhs.first_language camhs.legal_status camhs.young_person_agrees camhs.carer_agrees"
    " camhs.continuing_role",
    "nrm": "nrm.first_responder nrm.nationality nrm.exploitation nrm.indicators"
    " nrm.places_and_dates nrm.movement_and_control nrm.alleged_exploiters nrm.police_reference"
    " nrm.authority_contact nrm.guardian nrm.safeguarding_actions",
    "police": "police.crime_reference police.officer police.immediate_risk police.suspects"
    " police.evidence police.witnesses police.availability police.appropriate_adult"
    " police.not_interviewed police.parents_informed",
    "child exploitation": "child_exploitation.missing_from_home child_exploitation.weapons"
    " child_exploitation.peers child_exploitation.places person.date_of_birth",
    "barring": "dbs.adult dbs.employer dbs.grounds dbs.reason dbs.removal dbs.removed_on"
    " dbs.removal_reasons dbs.attached dbs.regulated_activity",
    "teacher misconduct": "tra.adult tra.teacher_number tra.employer tra.reason tra.dismissal"
    " tra.dismissal_reasons tra.attached",
}
BESIDE = {
    "consent": set(ConsentIn.model_fields),
    "referral": set(ReferralIn.model_fields),
    "person": set(PERSON_PARTS),
}


class TestRows:
    @pytest.mark.parametrize("row", ROWS, ids=list(ROWS))
    def test_are_held_by_a_field(self, row: str) -> None:
        missing = []
        for place in ROWS[row].split():
            kind, _, name = place.partition(".")
            held = BESIDE[kind] if kind in BESIDE else KINDS[kind].fields.keys()
            if name not in held:
                missing.append(place)
        assert missing == []

    def test_of_older_factors_are_optional(self) -> None:
        factors = [f for f in KINDS[PREVENT].fields.values() if f.name.startswith("factor_")]
        assert len(factors) == 14
        assert not any(field.required for field in factors)


class TestPeople:
    def test_have_the_same_parts_everywhere(self) -> None:
        assert set(NamedPersonIn.model_fields) == PERSON_KEYS == set(PERSON_SCHEMA["properties"])

    def test_of_the_household_are_whole_people(self) -> None:
        for name in ("household", "significant_others", "siblings_elsewhere", "others_referred"):
            field = KINDS[CSC].fields[name]
            assert (field.type, field.multi) == (PERSON, True)


class TestFormsOfTheirOwn:
    @pytest.mark.parametrize("kind", ["dbs", "tra"])
    def test_ask_about_the_adult_and_not_for_help_to_a_child(self, kind: str) -> None:
        own = KINDS[kind].fields
        assert own["adult"].required
        assert "support_tried" not in own
