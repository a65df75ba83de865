"""Whatever a snapshot is built from, it names one child, and its bytes can be made again."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.pseudonyms import NOT_NAMES, Names
from app.domain.sharing.share_recipients.rules import FAMILY, PROFESSIONALS
from app.domain.sharing.shares.rules import CONCERN_PARTS
from app.domain.sharing.snapshots.rules import (
    Material,
    SnapshotBuilder,
    material_from,
    sha256_of,
    to_json_bytes,
)
from tests.property.test_pseudonyms import HOSTILE, OWN, holds, told, words_of

AT = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
REPORTER, LEAD = uuid4(), uuid4()
WORDS_OF_OURS = frozenset({"tutor", "to", "then", "staff", "member", "of", "a"})
names = st.sampled_from(HOSTILE)


def a_child(given_: str, family: str, known: str | None, **more: Any) -> dict[str, Any]:
    """A row of a child."""
    return {
        "id": uuid4(),
        "legal_given_name": given_,
        "legal_family_name": family,
        "middle_names": None,
        "known_given_name": known,
        "known_family_name": None,
        "identifiers": [],
        "former": [],
    } | more


def a_kept_file(id_: UUID, concern_id: UUID) -> dict[str, Any]:
    """A row of a file that was found clean."""
    return {
        "id": id_, "concern_id": concern_id, "content_type": "application/pdf", "size": 7,
        "sha256": "0" * 64, "key": "attachments/x", "state": "available", "scan_result": "clean",
        "flags": [], "stripped_key": None, "stripped_size": None, "stripped_sha256": None,
    }  # fmt: skip


@st.composite
def materials(draw: st.DrawFn) -> tuple[Material, list[dict[str, Any]], UUID, list[str]]:
    """A child, two others, and a concern in which every text names any of them."""
    child = a_child(
        draw(names),
        draw(names),
        None,
        date_of_birth=date(2014, 3, 9),
        school="Hill School",
        school_phone=None,
    )
    others = [
        a_child(draw(names), draw(names), draw(st.one_of(st.none(), names)),
                identifiers=[f"A82320000{number}01"])
        for number in range(2)
    ]  # fmt: skip
    said = [
        name
        for row in (child, *others)
        for name in (row["legal_given_name"], row["legal_family_name"], row["known_given_name"])
        if name
    ]
    said += [str(row["id"]) for row in others] + [row["identifiers"][0] for row in others]

    def story() -> str:
        pieces = draw(st.lists(st.sampled_from(said), min_size=1, max_size=5))
        return ", then ".join(draw(st.sampled_from([one, one.upper()])) for one in pieces)

    concern_id = uuid4()
    rows: dict[str, Any] = {
        "child": [child],
        "others": others,
        "concerns": [
            {"id": concern_id, "reference": "C-2026-000001", "reporter_id": REPORTER,
             "recorded_at": AT, "occurred_at": AT, "occurred_precision": "about",
             "place": story(), "context": "school", "source": "staff_observation",
             "primary_category": "neglect", "categories": ["neglect"], "state": "closed",
             "outcome": story(), "confidentiality": "K3"},
        ],
        "children": [
            {"concern_id": concern_id, "child_id": row["id"], "role": "witness"}
            for row in (child, *others)
        ],
        "statements": [
            {"id": uuid4(), "concern_id": concern_id, "kind": "child_said", "text": story(),
             "prompted_by": story(), "told_by": story(), "basis": story()},
        ],
        "amendments": [
            {"id": uuid4(), "concern_id": concern_id, "kind": "addition", "text": story(),
             "author_id": LEAD, "recorded_at": AT},
        ],
        "marks": [
            {"concern_id": concern_id, "view": "front", "x": 0.5, "y": 0.5, "region": "head",
             "size_mm": 3, "colour": None, "shape": None, "explanation": story()},
        ],
        "decisions": [
            {"id": uuid4(), "concern_id": concern_id, "kind": "share", "question": story(),
             "decision": story(), "reason": story(), "decided_by": LEAD, "decided_at": AT},
        ],
        "actions": [
            {"concern_id": concern_id, "what": story(), "state": "done", "outcome": story(),
             "owner_id": LEAD, "due_at": AT},
        ],
        "records": [],
        "pathways": [
            {"concern_id": concern_id, "kind": "self_harm", "kind_told": "self_harm",
             "told": {"own_words": {"value": story()}, "first_aid_by": story(),
                      "aware": [{"role": "friend", "name": story(), "note": story()}]},
             "reported_immediacy": "today", "begun_by": REPORTER, "begun_at": AT,
             "state": "checked", "last_event_at": AT, "settled_at": None},
        ],
        "pathway_steps": [
            {"concern_id": concern_id, "verb": "checked", "at": AT, "recorded_at": AT,
             "by_id": LEAD, "by_role": "dsl", "from_state": "with_adult", "to_state": "checked",
             "details": {"note": story(), "check_id": str(uuid4())}},
        ],
        "kept_files": [a_kept_file(uuid4(), concern_id)],
        "statuses": [
            {"id": uuid4(), "kind": "young_carer", "detail": story(),
             "valid_from": date(2026, 1, 5), "valid_to": None, "lead_agency": story(),
             "confidentiality": "K3"},
        ],
        "staff": [
            {"id": REPORTER, "name": "Perpetua Quimby", "job_title": "Tutor to " + story()},
            {"id": LEAD, "name": "Osbert Zouch", "job_title": "Safeguarding lead"},
        ],
    }  # fmt: skip
    items: list[dict[str, Any]] = [
        {
            "kind": "concern",
            "id": str(concern_id),
            "include": list(CONCERN_PARTS),
            "attachments": [{"id": str(rows["kept_files"][0]["id"]), "name": story()}],
        },
        {"kind": "decision", "id": str(rows["decisions"][0]["id"])},
        {"kind": "status", "id": str(rows["statuses"][0]["id"])},
    ]
    return material_from(rows), items, concern_id, said


def texts_in(value: Any) -> list[str]:
    """Every text in some JSON, keys aside."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts_in(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts_in(one)]
    return []


class TestTeller:
    @given(materials(), st.sampled_from([FAMILY, PROFESSIONALS]))
    def test_names_no_other_child(self, made: Any, audience: str) -> None:
        material, items, _concern, _said = made
        child = material.child
        own = told(Names((child["legal_given_name"],), (child["legal_family_name"],)))
        columns = [
            row[column]
            for row in material.others
            for column in ("legal_given_name", "legal_family_name", "known_given_name")
            if row[column]
        ]
        kept = own | OWN | WORDS_OF_OURS
        assume(not any(set(words_of(column)) & kept for column in columns))
        teller = SnapshotBuilder(material, audience)
        content = to_json_bytes(
            {"child": teller.child(), "items": [teller.item(one) for one in items]}
        )
        for text in texts_in(orjson.loads(content)):
            for column in columns:
                assert not holds(text, column), (column, text)
                for word in words_of(column):
                    if len(word) >= 3 and word not in NOT_NAMES:
                        assert word not in words_of(text), (word, text)
        for row in material.others:
            assert str(row["id"]).encode() not in content.lower()
            assert row["identifiers"][0].encode() not in content

    @given(materials())
    def test_names_no_staff_to_family(self, made: Any) -> None:
        material, items, _concern, _said = made
        teller = SnapshotBuilder(material, FAMILY)
        content = to_json_bytes({"items": [teller.item(one) for one in items]}).decode()
        for name in ("Perpetua", "Quimby", "Osbert", "Zouch"):
            assert name not in content
        assert "told_by" not in content
        assert "C-2026" not in content
        teller = SnapshotBuilder(material, PROFESSIONALS)
        content = to_json_bytes({"items": [teller.item(one) for one in items]}).decode()
        assert "Perpetua Quimby" in content

    @given(materials(), st.sampled_from([FAMILY, PROFESSIONALS]))
    def test_gives_the_same_bytes_again(self, made: Any, audience: str) -> None:
        material, items, _concern, _said = made
        hashes = {
            sha256_of(
                to_json_bytes(
                    {"items": [SnapshotBuilder(material, audience).item(one) for one in items]}
                )
            )
            for _ in range(2)
        }
        assert len(hashes) == 1

    @given(materials())
    def test_holds_no_id_of_anything(self, made: Any) -> None:
        material, items, concern_id, _said = made
        teller = SnapshotBuilder(material, PROFESSIONALS)
        content = to_json_bytes({"items": [teller.item(one) for one in items]}).decode()
        for id_ in (concern_id, REPORTER, LEAD):
            assert str(id_) not in content
