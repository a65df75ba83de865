"""The coded lists: well formed, sourced, and the closed ones exactly as promised."""

import re
from dataclasses import FrozenInstanceError

import pytest

from app.core.vocabularies import FLAGS, VOCABULARIES, Term, Vocabulary, codes, term
from app.core.words import Role

SLUG = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

# Lists whose codes are another body's, kept as that body writes them.
OUTSIDE_CODES = {
    "access_reasons",
    "child_protection_categories",
    "confidentiality_classes",
    "ethnicities",
    "event_kinds",
    "levels_of_need",
    "sen_provisions",
    "unknown_upn_reasons",
}

PROMISED = {
    "access_reasons",
    "past_entry_kinds",
    "import_states",
    "school_export_states",
    "occurred_units",
    "next_steps",
    "meeting_attendance",
    "meeting_kinds",
    "meeting_results",
    "meeting_states",
    "safety_record_kinds",
    "calendar_note_kinds",
    "link_kinds",
    "linked_concern_states",
    "looking_suggestions",
    "named_content_kinds",
    "other_explanations",
    "child_group_kinds",
    "child_group_sources",
    "child_group_states",
    "bereavement_case_states",
    "bereavement_people",
    "bereavement_confirmers",
    "bereavement_team_roles",
    "bereavement_reasons",
    "bereavement_offers",
    "bereavement_audiences",
    "bereavement_entry_kinds",
    "bereavement_date_kinds",
    "bereavement_duties",
    "safety_plan_copies",
    "safety_plan_formats",
    "safety_plan_holders",
    "safety_plan_made_with",
    "safety_plan_pictures",
    "safety_plan_places",
    "safety_plan_states",
    "safety_plan_steps",
    "self_harm_kinds",
    "self_harm_means",
    "self_harm_places",
    "medical_help",
    "online_parts",
    "led_up_to",
    "aware_roles",
    "pathway_states",
    "pathway_steps",
    "emergency_reasons",
    "emergency_calls",
    "contact_ways",
    "support_service_audiences",
    "support_service_channels",
    "support_service_origins",
    "attendance_marks",
    "sanction_kinds",
    "sanction_looks",
    "support_answers",
    "check_in_hows",
    "check_in_outcomes",
    "check_in_states",
    "support_list_reasons",
    "task_kinds",
    "task_states",
    "safety_check_actions",
    "safety_check_ways",
    "safety_check_pictures",
    "asked_directly",
    "parents_outcomes",
    "parents_rows",
    "parents_to_write",
    "why_not_offered",
    "sharing_exception_states",
    "rejection_reasons",
    "file_request_states",
    "transfer_reasons",
    "transfer_states",
    "incoming_states",
    "attachment_flags",
    "attachment_states",
    "original_reasons",
    "scan_results",
    "monitoring_outcomes",
    "match_confidences",
    "intake_source_kinds",
    "monitoring_states",
    "alert_severities",
    "action_states",
    "adult_advisers",
    "adult_concern_kinds",
    "adult_concern_states",
    "adult_outcomes",
    "adult_roles",
    "adult_thresholds",
    "alert_kinds",
    "alleged_sources_of_harm",
    "body_map_regions",
    "body_map_views",
    "child_protection_categories",
    "child_status_kinds",
    "chronology_kinds",
    "closure_outcomes",
    "concern_categories",
    "concern_child_roles",
    "concern_sources",
    "concern_states",
    "confidentiality_classes",
    "contact_kinds",
    "decision_kinds",
    "code_routes",
    "delivery_routes",
    "document_purposes",
    "ethnicities",
    "event_kinds",
    "harm_contexts",
    "harm_tests",
    "identifier_systems",
    "immediacies",
    "lawful_bases",
    "levels_of_need",
    "mark_colours",
    "mark_shapes",
    "occurred_precisions",
    "para18_limbs",
    "parental_responsibility",
    "parents_told_values",
    "reasons_not_told",
    "recipient_kinds",
    "challenge_issues",
    "challenge_resolutions",
    "challenge_stages",
    "outcome_classes",
    "referral_events",
    "referral_kinds",
    "referral_outcomes",
    "referral_states",
    "relationship_kinds",
    "reporter_progress",
    "roles",
    "sen_provisions",
    "sexes",
    "share_purposes",
    "share_states",
    "special_category_conditions",
    "statement_kinds",
    "things_reported",
    "told_already",
    "unknown_upn_reasons",
    "value_states",
}

# A closed list is a promise to every client: a change here is a breaking change.
CLOSED = {
    "adult_concern_kinds": {"low_level", "allegation", "not_sure"},
    "adult_thresholds": {"low_level", "allegation", "no_further_action"},
    "body_map_views": {
        "front",
        "back",
        "head_front",
        "head_back",
        "head_l",
        "head_r",
        "hand_palm_l",
        "hand_palm_r",
        "hand_dorsum_l",
        "hand_dorsum_r",
        "foot_sole_l",
        "foot_sole_r",
        "foot_dorsum_l",
        "foot_dorsum_r",
    },
    "concern_child_roles": {"subject", "harmed", "alleged_to_have_harmed", "witness", "linked"},
    "concern_states": {
        "raised",
        "acknowledged",
        "triaged",
        "in_progress",
        "monitoring",
        "closed",
        "duplicate_of",
        "entered_in_error",
        "moved_to_adults",
    },
    "confidentiality_classes": {"K1", "K2", "K3", "K4", "K5", "K6"},
    "immediacies": {"immediate_danger", "today", "routine"},
    "outcome_classes": {"accepted", "advice", "declined", "other"},
    "levels_of_need": {"1", "2", "3", "4"},
    "occurred_precisions": {"exact", "about", "unknown"},
    "parents_told_values": {"yes", "no", "not_yet"},
    "referral_states": {
        "draft",
        "approved",
        "sent",
        "acknowledged",
        "chased",
        "challenged",
        "outcome_received",
        "closed",
        "withdrawn",
    },
    "reporter_progress": {"received", "being_handled", "thank_you"},
    "share_states": {
        "draft",
        "approved",
        "available",
        "opened",
        "acknowledged",
        "revoked",
        "expired",
    },
    "statement_kinds": {"observed", "child_said", "told_by", "opinion", "not_said"},
    "value_states": {"value", "not_known", "not_applicable", "withheld"},
}

# Words the field has given up, because they blame or frighten.
AVOIDED_WORDS = re.compile(
    r"commit\w* suicide|failed|successful|attention.seeking|self.harmer|manipulat|high risk|"
    r"refused to engage|disguised",
    re.IGNORECASE,
)

every_vocabulary = pytest.mark.parametrize(
    "vocabulary", VOCABULARIES.values(), ids=lambda vocabulary: str(vocabulary.name)
)


def _flagged(flag: str) -> set[str]:
    return {one.code for one in VOCABULARIES["concern_categories"].terms if flag in one.flags}


def _members(parent: str) -> set[str]:
    return {one.code for one in VOCABULARIES["concern_categories"].terms if one.parent == parent}


class TestRegistry:
    def test_holds_exactly_the_promised_names(self) -> None:
        assert set(VOCABULARIES) == PROMISED

    def test_keeps_each_vocabulary_under_its_own_name(self) -> None:
        assert all(name == vocabulary.name for name, vocabulary in VOCABULARIES.items())

    def test_refuses_to_be_changed(self) -> None:
        with pytest.raises(TypeError):
            VOCABULARIES["new"] = VOCABULARIES["roles"]  # type: ignore[index]
        with pytest.raises(FrozenInstanceError):
            VOCABULARIES["roles"].closed = True  # type: ignore[misc]

    def test_finds_codes_and_terms(self) -> None:
        assert "not_sure" in codes("concern_categories")
        assert term("immediacies", "today").label == "Today"

    def test_raises_for_an_unknown_name_or_code(self) -> None:
        with pytest.raises(KeyError):
            codes("moods")
        with pytest.raises(KeyError):
            term("immediacies", "tomorrow")


class TestVocabulary:
    @every_vocabulary
    def test_has_well_formed_codes(self, vocabulary: Vocabulary) -> None:
        assert SLUG.fullmatch(vocabulary.name)
        if vocabulary.name not in OUTSIDE_CODES:
            assert [one for one in vocabulary.codes if not SLUG.fullmatch(one)] == []

    @every_vocabulary
    def test_has_short_labels_in_sentence_case(self, vocabulary: Vocabulary) -> None:
        for label in (vocabulary.title, *(one.label for one in vocabulary.terms)):
            assert label == label.strip()
            assert label[0].isupper()
            assert len(label) <= 60
            assert not label.endswith(".")
            assert not AVOIDED_WORDS.search(label)

    @every_vocabulary
    def test_has_one_label_per_term(self, vocabulary: Vocabulary) -> None:
        labels = [one.label for one in vocabulary.terms]
        assert len(labels) == len(set(labels))

    @every_vocabulary
    def test_names_its_source_and_version(self, vocabulary: Vocabulary) -> None:
        assert vocabulary.source
        assert re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", vocabulary.version)

    @every_vocabulary
    def test_places_parents_before_their_members(self, vocabulary: Vocabulary) -> None:
        seen: set[str] = set()
        for one in vocabulary.terms:
            assert one.parent is None or one.parent in seen
            seen.add(one.code)

    @every_vocabulary
    def test_has_two_levels_at_most(self, vocabulary: Vocabulary) -> None:
        parents = {one.parent for one in vocabulary.terms if one.parent}
        assert all(vocabulary.by_code[parent].parent is None for parent in parents)

    def test_refuses_a_code_that_appears_twice(self) -> None:
        with pytest.raises(ValueError, match="twice"):
            _vocabulary(Term("a", "A"), Term("a", "Again"))

    def test_refuses_an_unknown_parent(self) -> None:
        with pytest.raises(ValueError, match="unknown parent"):
            _vocabulary(Term("a", "A", parent="b"))

    def test_refuses_an_unknown_flag(self) -> None:
        with pytest.raises(ValueError, match="unknown flags"):
            _vocabulary(Term("a", "A", flags=frozenset({"urgent"})))


class TestFlags:
    def test_explains_only_flags_in_use(self) -> None:
        used = {
            flag
            for vocabulary in VOCABULARIES.values()
            for one in vocabulary.terms
            for flag in one.flags
        }
        assert used == set(FLAGS)


class TestClosedVocabularies:
    def test_closes_exactly_these(self) -> None:
        assert {one.name for one in VOCABULARIES.values() if one.closed} == set(CLOSED)

    @pytest.mark.parametrize("name", CLOSED)
    def test_never_grows_or_shrinks(self, name: str) -> None:
        assert codes(name) == CLOSED[name]


class TestConcernCategories:
    def test_has_the_twenty_groups(self) -> None:
        heads = {one.code for one in VOCABULARIES["concern_categories"].terms if not one.parent}
        assert heads == {
            "physical_abuse",
            "emotional_abuse",
            "sexual_abuse",
            "neglect",
            "domestic_abuse",
            "child_on_child",
            "exploitation",
            "serious_violence",
            "radicalisation",
            "harmful_practices",
            "mental_health",
            "online_safety",
            "attendance_missing",
            "substance_misuse",
            "family_context",
            "child_need_context",
            "behaviour_wellbeing",
            "adult_concern",
            "restrictive_intervention",
            "other",
        }

    def test_lets_a_reporter_be_unsure(self) -> None:
        assert term("concern_categories", "not_sure").parent == "other"

    def test_keeps_sexual_abuse_long_wherever_it_is_coded(self) -> None:
        kept = _flagged("long_retention")
        assert {"sexual_abuse", *_members("sexual_abuse")} <= kept
        assert {"cse", "grooming_gang", "sextortion", "online_contact_grooming"} <= kept
        assert {"sexual_violence", "harmful_sexual_behaviour", "nudes_semi_nudes"} <= kept
        assert {"child_on_child", "allegation_harm_threshold"} <= kept

    def test_does_not_keep_other_things_long(self) -> None:
        assert not {"neglect", "bullying", "low_level", "self_harm"} & _flagged("long_retention")

    def test_alerts_at_once_for_danger(self) -> None:
        urgent = _flagged("immediate_notify")
        groups = ("physical_abuse", "sexual_abuse", "domestic_abuse", "exploitation")
        for group in (*groups, "serious_violence", "radicalisation", "harmful_practices"):
            assert {group, *_members(group)} <= urgent
        assert {"self_harm", "suicidal_ideation", "suicide_attempt"} <= urgent
        assert {"sexual_violence", "upskirting"} <= urgent
        assert {"missing_from_home_or_care", "psychosis_signs", "not_sure"} <= urgent
        assert not {"neglect", "bullying", "general_pastoral", "low_level"} & urgent

    def test_sends_concerns_about_adults_to_their_own_register(self) -> None:
        assert _flagged("adult_register") == {"adult_concern", *_members("adult_concern")}

    def test_never_tells_parents_first_what_could_endanger_the_child(self) -> None:
        never = _flagged("parents_never_first")
        for group in ("sexual_abuse", "harmful_practices"):
            assert {group, *_members(group)} <= never
        assert {"encompass_notification", "fabricated_or_induced_illness"} <= never
        assert not {"bullying", "persistent_absence", "self_harm"} & never

    def test_leaves_to_a_lead_what_needs_judgement(self) -> None:
        decided = _flagged("lead_decides_parents")
        assert {"physical_abuse", "sexual_violence", "self_harm", "not_sure"} <= decided
        assert {"gender_questioning", "low_level"} <= decided
        assert not {"bullying", "neglect", "missing_from_home_or_care"} & decided

    def test_marks_what_starts_a_clock_of_law(self) -> None:
        timed = _flagged("statutory_timer")
        assert {"fgm_disclosed_or_seen", "children_missing_education", "seclusion"} <= timed
        assert {"private_fostering", "allegation_harm_threshold"} <= timed
        assert not {"radicalisation", "forced_marriage", "persistent_absence"} & timed

    @pytest.mark.parametrize(
        ("code", "factor"),
        [
            ("physical_abuse", "18C"),
            ("neglect", "16A"),
            ("cse", "11A"),
            ("young_carer", "7A"),
            ("self_harm", "15A"),
        ],
    )
    def test_names_the_census_factor(self, code: str, factor: str) -> None:
        assert factor in (term("concern_categories", code).notes or "")


class TestBodyMapRegions:
    def test_names_the_side_in_every_code(self) -> None:
        assert all(one.rpartition("_")[2] in {"l", "r", "m"} for one in codes("body_map_regions"))

    def test_gives_a_left_to_every_right(self) -> None:
        regions = codes("body_map_regions")
        lefts = {one[:-2] for one in regions if one.endswith("_l")}
        assert lefts == {one[:-2] for one in regions if one.endswith("_r")}

    def test_knows_common_regions(self) -> None:
        assert {"upper_arm_outer_l", "finger_1_r", "toe_5_l", "nose_m", "chest_m"} <= codes(
            "body_map_regions"
        )

    def test_never_asks_anyone_to_look(self) -> None:
        for region in ("genital_m", "anus_m"):
            assert "report_only" in term("body_map_regions", region).flags

    def test_marks_places_unusual_for_an_accident(self) -> None:
        assert "signal_site" in term("body_map_regions", "ear_l").flags
        assert "signal_site" not in term("body_map_regions", "shin_l").flags


class TestOtherVocabularies:
    def test_labels_every_role_of_the_system(self) -> None:
        assert {role.value for role in Role} <= codes("roles")

    def test_uses_the_census_codes_for_ethnicity(self) -> None:
        assert "WROM" in codes("ethnicities")
        assert len(codes("ethnicities")) == 20

    def test_has_the_four_reasons_that_referral_forms_accept(self) -> None:
        reasons = VOCABULARIES["reasons_not_told"].terms
        assert [one.code for one in reasons if "standard_reason" in one.flags] == [
            "increased_risk_of_significant_harm",
            "risk_to_another_person",
            "obstruct_police_or_lose_evidence",
            "undue_delay",
        ]

    def test_knows_the_basis_that_came_in_2026(self) -> None:
        assert "recognised_legitimate_interest" in codes("lawful_bases")


def _vocabulary(*terms: Term) -> Vocabulary:
    return Vocabulary("sample", "Sample", terms)
