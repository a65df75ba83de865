"""Forms of referrals as data: the files, the local forms, and what fills them."""

from typing import Any

import pytest

from app.core.vocabularies import VOCABULARIES
from app.domain.common.deadlines.rules import rule_book
from app.domain.sharing.referral_drafts.queries import FILLS, answers
from app.domain.sharing.referral_escalations import rules
from app.domain.sharing.referral_forms.rules import (
    FORMS,
    KINDS,
    TYPES,
    bundled,
    effective,
    form_of,
    json_schema,
    problems_of_variant,
)
from app.domain.sharing.referrals.rules import missing_fields, problems_of_fields

RECORD: dict[str, Any] = {
    "child": {
        "legal_given_name": "Alexander", "legal_family_name": "Marsh", "known_given_name": "Alex",
        "known_family_name": None, "sex": "M", "year_group": "4", "registration_group": "4B",
        "first_language": "Welsh", "ethnicity": "WBRI", "sen_provision": None,
        "address": "1 High Street", "school": "Hill School",
    },
    "identifiers": [{"system": "upn", "value": "H801200001001"}],
    "contacts": [
        {
            "kind": "mother", "name": "Kim Marsh", "organisation": None, "email": None,
            "phone": "01632 960000", "address": None, "parental_responsibility": "yes",
            "lives_with": "yes", "is_parent": True, "alleged_source_of_harm": False,
            "court_orders": [],
        },
        {
            "kind": "step_father", "name": "Lee Roe", "organisation": None, "email": None,
            "phone": None, "address": None, "parental_responsibility": "unknown",
            "lives_with": "yes", "is_parent": False, "alleged_source_of_harm": True,
            "court_orders": [],
        },
        {
            "kind": "gp", "name": "Dr Day", "organisation": "Mill Surgery", "email": None,
            "phone": None, "address": None, "parental_responsibility": "no", "lives_with": "no",
            "is_parent": False, "alleged_source_of_harm": False, "court_orders": [],
        },
    ],
    "children": [
        {
            "kind": "sibling", "confirmed": True, "year_group": "2", "roll_status": "on_roll",
            "date_of_birth": "2019-05-05", "legal_given_name": "Bea", "legal_family_name": "Marsh",
        },
        {
            "kind": "shared_address", "confirmed": False, "year_group": "2",
            "roll_status": "on_roll", "date_of_birth": None, "legal_given_name": "Cy",
            "legal_family_name": "Other",
        },
    ],
    "statuses": [],
    "concern": {
        "occurred_at": "2026-11-24T08:00:00+00:00", "recorded_at": "2026-11-24T09:00:00+00:00",
        "place": "Playground", "level": None, "reporter": "Ann Day", "reporter_title": "Teacher",
    },
    "statements": [
        {"kind": "observed", "text": "A bruise.", "prompted_by": None, "told_by": None,
         "basis": None},
        {"kind": "child_said", "text": "he hurted me", "prompted_by": "What happened?",
         "told_by": None, "basis": None},
    ],
    "marks": [],
    "actions": [],
    "referrals": [],
    "me": {"name": "Kit Roe", "job_title": "Lead", "email": "k@x.example", "phone": None},
    "lead": None,
}  # fmt: skip


def a_variant(**changes: Any) -> dict[str, Any]:
    """A local form of early help."""
    return {
        "variant": "our-form", "variant_of": "early_help", "authority": "Ourshire",
        "title": "Our form", "requires": ["strengths"], "drops": ["level_of_need"],
        "relabels": {"needs": "What helps?"}, "order": ["referrer", "early_help"],
        "add": [{"section": "early_help", "name": "wishes", "label": "Wishes", "type": "text"}],
    } | changes  # fmt: skip


class TestForms:
    @pytest.mark.parametrize("kind", sorted(VOCABULARIES["referral_kinds"].codes))
    def test_hold_together(self, kind: str) -> None:
        form = KINDS[kind]
        assert (FORMS / f"{kind}.toml").exists()
        assert form.kind == kind
        assert form.source
        names = [field.name for section in form.sections for field in section.fields]
        assert len(names) == len(set(names))
        for field in form.fields.values():
            assert field.type in TYPES
            assert bool(field.choices) == (field.type == "choice"), field.name
            assert field.prefill is None or field.prefill in FILLS, field.prefill
        assert "referrer" in form.fields

    def test_keep_the_versions_before(self) -> None:
        old = form_of("lado", "2026-09-01")
        assert old.version == "2026-09-01"
        assert "child_said" not in old.fields
        assert "child_said" in KINDS["lado"].fields
        assert (
            form_of("csa_report", "2026-09-01").fields.keys()
            == form_of("other", "2026-09-01").fields.keys()
        )

    def test_name_every_place_that_fills_something(self) -> None:
        used = {f.prefill for form in KINDS.values() for f in form.fields.values() if f.prefill}
        assert used <= FILLS.keys()
        assert len(FILLS.keys() - used) <= 1

    def test_are_json_schema_too(self) -> None:
        schema = json_schema(KINDS["childrens_social_care"])
        assert set(schema["required"]) >= {"worry", "harm", "household"}
        household = schema["properties"]["household"]["oneOf"][0]["properties"]["value"]
        assert household["items"]["properties"]["name"] == {"type": "string"}


class TestVariants:
    @pytest.mark.parametrize("given", bundled().values(), ids=lambda one: str(one["variant"]))
    def test_that_come_with_cairn_are_examples_without_a_problem(
        self, given: dict[str, Any]
    ) -> None:
        assert given["example"] is True
        assert problems_of_variant({**given, "variant": "another"}) == []
        assert effective(given, "1").variant == given["variant"]

    def test_change_what_they_say_and_nothing_else(self) -> None:
        form = effective(a_variant(), "3")
        assert [section.name for section in form.sections][:2] == ["referrer", "early_help"]
        assert form.fields["strengths"].required
        assert form.fields["needs"].label == "What helps?"
        assert "level_of_need" not in form.fields
        assert "wishes" in form.fields
        base = KINDS["early_help"].fields
        untouched = base.keys() - {"strengths", "needs", "level_of_need"}
        assert all(form.fields[name] == base[name] for name in untouched)

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"drops": ["needs"]}, "/drops/0"),
            ({"drops": ["referrer"]}, "/drops/0"),
            ({"drops": ["nothing"]}, "/drops/0"),
            ({"requires": ["nothing"]}, "/requires"),
            ({"requires": ["level_of_need"]}, "/drops/0"),
            ({"relabels": {"nothing": "x"}}, "/relabels"),
            ({"order": ["nothing"]}, "/order"),
            ({"variant": "ex2-early-help"}, "/variant"),
            ({"variant_of": "nothing"}, "/variant_of"),
            ({"section": [{"name": "early_help", "label": "x"}]}, "/section"),
            (
                {"add": [{"section": "early_help", "name": "needs", "label": "x", "type": "text"}]},
                "/add/0/name",
            ),
            (
                {"add": [{"section": "lost", "name": "a", "label": "x", "type": "text"}]},
                "/add/0/section",
            ),
            (
                {"add": [{"section": "early_help", "name": "a", "label": "x", "type": "choice"}]},
                "/add/0/choices",
            ),
        ],
    )
    def test_are_refused_where_they_break_the_form(
        self, changes: dict[str, Any], pointer: str
    ) -> None:
        found = {one.pointer for one in problems_of_variant(a_variant(**changes))}
        assert pointer in found

    @pytest.mark.parametrize("kind", sorted(KINDS))
    def test_never_leave_out_what_is_required_or_in_the_law(self, kind: str) -> None:
        for field in KINDS[kind].fields.values():
            given = a_variant(
                variant_of=kind, drops=[field.name], requires=[], relabels={}, add=[], order=[]
            )
            refused = {one.code for one in problems_of_variant(given)} == {"needed"}
            assert refused == (field.required or field.law), field.name


class TestPrefill:
    def test_fits_every_form(self) -> None:
        for form in KINDS.values():
            fields, sources = answers(form, RECORD)
            assert problems_of_fields(form, fields) == [], form.kind
            assert fields.keys() == sources.keys()
            assert all(form.fields[name].prefill == said for name, said in sources.items())
            assert len(missing_fields(form, fields)) < len(missing_fields(form, {})) or not (
                missing_fields(form, {})
            )

    def test_keeps_the_childs_words(self) -> None:
        fields, _ = answers(KINDS["childrens_social_care"], RECORD)
        assert "“he hurted me”" in fields["disclosures"]["value"]
        assert "he hurted me" not in fields["worry"]["value"]
        assert fields["aliases"]["value"] == ["Alex Marsh"]
        assert fields["gp"]["value"] == "Dr Day, Mill Surgery"
        assert fields["incident_date"]["value"] == "2026-11-24"

    def test_tells_other_children_by_what_they_are(self) -> None:
        fields, _ = answers(KINDS["childrens_social_care"], RECORD)
        assert "Bea" not in str(fields)
        assert "Cy" not in str(fields)
        people = fields["household"]["value"]
        assert {"relationship": "Sibling", "note": "At this school, year 2"} in people
        [harmful] = [one for one in people if one.get("name") == "Lee Roe"]
        assert harmful["alleged_perpetrator"] == "yes"
        named, _ = answers(KINDS["childrens_social_care"], RECORD, name_others=True)
        assert "Bea Marsh" in str(named)
        assert "Cy" not in str(named)

    def test_has_nothing_to_say_of_nothing(self) -> None:
        empty: dict[str, Any] = {
            name: [] if isinstance(value, list) else None for name, value in RECORD.items()
        }
        for form in KINDS.values():
            fields, _ = answers(form, empty)
            assert fields == {}, form.kind


class TestStages:
    def test_are_in_the_vocabulary_with_rules_in_the_book(self) -> None:
        known = VOCABULARIES["challenge_stages"].codes
        for scheme in rules.schemes().values():
            assert {one.stage for one in scheme.stages} <= known
            assert {one.rule for one in scheme.stages} <= rule_book().keys()
            assert scheme.index(scheme.immediate) is not None

    def test_go_on_one_by_one_unless_somebody_is_at_risk(self) -> None:
        scheme = rules.scheme_of(None)

        def after(here: str | None, asked: str | None = None, *, risk: bool = False) -> Any:
            found = rules.next_stage(scheme, here, asked, immediate=risk)
            return found and found.stage

        assert after(None) == "practitioner"
        assert after("practitioner", "senior") is None
        assert after("practitioner", "senior", risk=True) == "senior"
        assert after(None, risk=True) == "senior"
        assert after("senior", risk=True) == "partnership_chair"
        assert after("senior", "practitioner", risk=True) is None
        assert after("partnership_chair") is None
