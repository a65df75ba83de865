"""Promise 4: one child's secret never travels in another child's file.

Every kind of outgoing document is made of records whose children, staff and secrets have awkward
names, and nothing of another child, no withheld passage, no comment and no sealed concern is found
in any byte of it. How names are judged is said in `tests/casts.py`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from random import Random
from typing import Any
from uuid import UUID, uuid5

import orjson
import pikepdf
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.sharing.share_recipients.rules import FAMILY, PROFESSIONALS
from app.domain.sharing.shares.rules import CONCERN_PARTS
from app.domain.sharing.snapshots.rules import (
    Material,
    SnapshotBuilder,
    material_from,
    sha256_of,
    to_json_bytes,
)
from app.formats.documents import render
from tests.cast_record import ADULT, COMMENT, FRIENDS, MARK, SEALED, TELLTALE, a_record
from tests.cast_record import WITHHELD as WITHHELD_WORD
from tests.casts import NAMESPACE, Cast, Looked, Pupil, a_cast, control_of, look
from tests.leaving import everything
from tests.outgoing import texts_of_json, texts_of_pdf
from tests.property.test_snapshots import a_kept_file
from tests.sampling import drawn, examples
from tests.world import World

AT = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
SCHOOL = "Zephyr School"
WITHHELD = "\u2021zqwithheldqz was in the kitchen\u2021"
SHORT = "zqw"
SECRETS = ("\u2021", "zqwithheldqz", "in the kitchen", SHORT)
"""Its first and last characters stand nowhere else: one too many that is left is seen."""
QUOTED = f"So {WITHHELD.replace(' ', '  ')}, and {SHORT.title()}."
"""How others repeat it: with other spaces and capitals."""
SEEDS = st.integers(0, 2**32 - 1)
"""A cast and its stories come from a seed, since hundreds of single draws take their time."""
PRINTED = 4
"""PDF files are slow to make: so many of each kind."""
RECORDS = (0, 1, 2_026)
"""Whole records, each with everything that leaves of it, twice. A run has one; the nightly all."""


def a_row(pupil: Pupil, **more: Any) -> dict[str, Any]:
    """A row of a child as the material has it."""
    return {"id": pupil.id, **pupil.columns, "identifiers": [pupil.upn], "former": []} | more


def material_of(cast: Cast, pick: Callable[[Sequence[Any]], Any]) -> tuple[Material, list[Any]]:
    """A concern in which every text names others, and items with a passage withheld."""
    reporter, lead = (uuid5(NAMESPACE, f"staff {place}") for place in range(2))
    concern, statement, decision, status = (uuid5(NAMESPACE, f"row {n}") for n in range(4))

    def says() -> str:
        return cast.says(pick)

    account = f"{cast.says(pick, WITHHELD)} {SHORT}"
    start, short = account.index(WITHHELD), len(account) - len(SHORT)

    def quotes() -> str:
        return f"{cast.says(pick)} {QUOTED}"

    note, plan, file = (uuid5(NAMESPACE, name) for name in ("note", "plan", "file"))
    rows: Mapping[str, Sequence[Any]] = {
        "child": [a_row(cast.child, date_of_birth=cast.child.born, school=SCHOOL,
                        school_phone=None)],
        "others": [a_row(one) for one in cast.others],
        "concerns": [
            {"id": concern, "reference": "C-2026-000001", "reporter_id": reporter,
             "recorded_at": AT, "occurred_at": AT, "occurred_precision": "about",
             "place": says(), "context": "school", "source": "staff_observation",
             "primary_category": "neglect", "categories": ["neglect"], "state": "closed",
             "outcome": quotes(), "confidentiality": "K3"},
        ],
        "children": [
            {"concern_id": concern, "child_id": one.id, "role": "witness"}
            for one in (cast.child, *cast.others)
        ],
        "statements": [
            {"id": statement, "concern_id": concern, "kind": "child_said", "text": account,
             "prompted_by": quotes(), "told_by": says(), "basis": says()},
        ],
        "amendments": [
            {"id": uuid5(NAMESPACE, "amendment"), "concern_id": concern, "kind": "addition",
             "text": quotes(), "author_id": lead, "recorded_at": AT},
        ],
        "marks": [
            {"concern_id": concern, "view": "front", "x": 0.5, "y": 0.5, "region": "head",
             "size_mm": 3, "colour": None, "shape": None, "explanation": quotes()},
        ],
        "decisions": [
            {"id": decision, "concern_id": concern, "kind": "share", "question": quotes(),
             "decision": says(), "reason": quotes(), "decided_by": lead, "decided_at": AT},
        ],
        "actions": [
            {"id": uuid5(NAMESPACE, "action"), "concern_id": concern, "what": quotes(),
             "state": "done", "outcome": quotes(), "owner_id": lead, "due_at": AT},
        ],
        "pathways": [
            {"concern_id": concern, "kind": "thoughts_of_suicide", "kind_told": "self_harm",
             "told": {"own_words": {"value": quotes()}, "place": {"value": "home"},
                      "first_aid_by": says(), "aware": [
                          {"role": "friend", "name": cast.others[0].whole, "note": says()}],
                      "told_before": {"value": [{"whom": says(), "when": says()}]}},
             "reported_immediacy": "today", "begun_by": reporter, "begun_at": AT,
             "state": "checked", "last_event_at": AT, "settled_at": None},
        ],
        "pathway_steps": [
            {"concern_id": concern, "verb": "with_adult", "at": AT, "recorded_at": AT,
             "by_id": lead, "by_role": "dsl", "from_state": "noticed", "to_state": "with_adult",
             "details": {"name": says(), "note": quotes(), "staff_id": str(lead)}},
        ],
        "records": [
            a_record_row(
                "support_note", note, lead,
                {"worries": {"value": quotes()}, "relationships": {"value": says()},
                 "gaps_not_known": {"none": "not_asked"}, "advice_from": [{"who": says()}]},
            ),
            a_record_row(
                "safety_plan", plan, lead,
                {"made_with": "joint", "hold_on_to": [{"words": quotes()}], "steps": {
                    "signs": [{"words": says()}], "helpers": [
                        {"name": cast.others[0].whole, "number": None, "when": says(),
                         "is_pupil": True, "pupil_id": str(cast.others[0].id)}]}},
            ),
        ],
        "kept_files": [a_kept_file(file, concern)],
        "statuses": [
            {"id": status, "kind": "young_carer", "detail": quotes(),
             "valid_from": date(2026, 1, 5), "valid_to": None, "lead_agency": says(),
             "confidentiality": "K3"},
        ],
        "staff": [
            {"id": reporter, "name": cast.staff[0], "job_title": f"Tutor to {says()}"},
            {"id": lead, "name": cast.staff[1], "job_title": "Safeguarding lead"},
        ],
    }  # fmt: skip
    cuts = [
        {"statement_id": str(statement), "start": at, "end": at + len(told)}
        for at, told in ((start, WITHHELD), (short, SHORT))
    ]
    items = [
        {"kind": "concern", "id": str(concern), "include": list(CONCERN_PARTS),
         "redactions": cuts,
         "attachments": [{"id": str(file), "name": f"{quotes()}.pdf".replace(" ", "_")}]},
        {"kind": "decision", "id": str(decision)},
        {"kind": "status", "id": str(status)},
        {"kind": "record", "id": str(note)},
        {"kind": "record", "id": str(plan)},
    ]  # fmt: skip
    return material_from(rows), items


def a_record_row(kind: str, id_: UUID, by: UUID, content: Mapping[str, Any]) -> dict[str, Any]:
    """A record of keeping the child safe, as it is read for a share."""
    return {
        "id": id_, "record": kind, "content": json.dumps(content), "summary": "Kept.",
        "occurred_at": AT, "occurred_precision": "exact", "recorded_at": AT, "late": False,
        "by_id": by, "amends": False, "amended_since": False, "reason": None, "post_event": False,
    }  # fmt: skip


def a_share(cast: Cast, audience: str, pick: Callable[[Sequence[Any]], Any]) -> bytes:
    """The bytes of a share, as they are frozen."""
    material, items = material_of(cast, pick)
    teller = SnapshotBuilder(material, audience, items)
    family = audience == FAMILY
    return to_json_bytes(
        {
            "format": "cairn-share/1", "kind": "share", "reference": "S-2026-000001",
            "school": {"name": SCHOOL}, "child": teller.child(),
            "recipient": {"name": "Perpetua Bonnefoy", "job_title": None, "organisation": None,
                          "kind": "parent" if family else "professional"},
            "purpose": "inform_parent",
            "purpose_detail": teller.text(f"{cast.says(pick)} {QUOTED}"),
            "lawful_basis": "public_task", "items": [teller.item(item) for item in items],
        }
    )  # fmt: skip


def printed(content: bytes) -> bytes:
    """The document of a share."""
    about = {
        "sha256": sha256_of(content), "made_at": AT.isoformat(), "printed_by": "Osbert Zouch",
        "printed_at": AT.isoformat(), "reference": "S-2026-000001",
    }  # fmt: skip
    return render("share", {**texts(content), "document": about})


def texts(content: bytes) -> dict[str, Any]:
    """The parsed content."""
    found: dict[str, Any] = orjson.loads(content)
    return found


def first(choices: Sequence[Any]) -> Any:
    """What a control draws: nothing of it is shown."""
    return choices[0]


def found_in_share(cast: Cast, audience: str, content: bytes) -> Looked:
    """What the bytes of a share give away."""
    control = a_share(control_of(cast), audience, first)
    return look(cast, SECRETS, texts_of_json(content), texts_of_json(control))


@pytest.mark.parametrize("audience", [FAMILY, PROFESSIONALS])
class TestAShare:
    @given(SEEDS)
    @example(19)  # Jo of Jo Ann
    @example(25)  # Li of Li Wei
    @example(118)  # Will's, where the child's own name is Wills
    @settings(max_examples=examples(60))
    def test_gives_nothing_away_in_its_bytes(self, audience: str, seed: int) -> None:
        pick = Random(seed).choice
        cast = a_cast(pick)
        content = a_share(cast, audience, pick)
        found = found_in_share(cast, audience, content)
        assert not found, (found, content.decode())

    @given(SEEDS)
    @settings(max_examples=examples(PRINTED, at_least=1))
    def test_gives_nothing_away_in_its_document(self, audience: str, seed: int) -> None:
        pick = Random(seed).choice
        cast = a_cast(pick)
        content = printed(a_share(cast, audience, pick))
        control = texts_of_pdf(printed(a_share(control_of(cast), audience, first)))
        found = look(cast, SECRETS, texts_of_pdf(content), control, repeats=True)
        assert not found, found


SEALED_FROM = {
    "share for a parent": (WITHHELD_WORD, COMMENT, SEALED, ADULT, MARK, FRIENDS, TELLTALE),
    "share for a professional": (WITHHELD_WORD, COMMENT, SEALED, ADULT, MARK, FRIENDS),
    "referral": (WITHHELD_WORD, COMMENT, SEALED, ADULT, MARK, FRIENDS),
    "referral 2": (WITHHELD_WORD, COMMENT, SEALED, ADULT, MARK, FRIENDS),
    "chronology": (COMMENT, SEALED, ADULT, MARK, FRIENDS),
    "packet": (SEALED, ADULT, MARK, FRIENDS),
    "packet that came late": (WITHHELD_WORD, COMMENT, SEALED, ADULT, MARK, FRIENDS),
    "received": (SEALED, ADULT, MARK, FRIENDS),
    "mails": (WITHHELD_WORD, COMMENT, SEALED, ADULT, MARK, FRIENDS, TELLTALE),
    "webhooks": (WITHHELD_WORD, COMMENT, SEALED, ADULT, MARK, FRIENDS, TELLTALE),
}
"""What each document must not tell: a file that moves to another school is told whole."""


class TestEverythingThatLeaves:
    @pytest.mark.parametrize("seed", drawn(RECORDS, "promise four"))
    async def test_gives_nothing_away(self, world: World, seed: int) -> None:
        """Through the API and the database, beside the same record with nobody else in it."""
        pick = Random(seed).choice
        cast = a_cast(pick, seed)
        school, beside = await world.a_school(), await world.a_school()
        record = await a_record(world, school, cast, pick)
        found = await everything(world, school, record, pick)
        usual = await everything(
            world, beside, await a_record(world, beside, control_of(cast), first), first
        )
        assert found.keys() == usual.keys()
        leaks = {}
        for name, read in found.items():
            secrets = SEALED_FROM[name.partition(":")[0]]
            pages = name.endswith(".pdf")  # as many as the words need: their labels come again
            if leak := look(record.cast, secrets, read, usual[name], repeats=pages):
                leaks[name] = leak
        assert not leaks, "\n".join(f"{name}: {leak}" for name, leak in leaks.items())


class TestTheReader:
    """The test itself: what is hidden in a PDF is found there."""

    @pytest.mark.parametrize("place", ["author", "xmp", "attachment", "alt text"])
    def test_finds_a_name_that_no_page_shows(self, place: str) -> None:
        cast = a_cast(Random(2).choice)
        control = printed(a_share(control_of(cast), FAMILY, first))
        told, changed = cast.others[0].whole, BytesIO()
        with pikepdf.open(BytesIO(control)) as pdf:
            if place == "author":
                pdf.docinfo["/Author"] = told
            elif place == "xmp":
                with pdf.open_metadata() as about:
                    about["dc:title"] = told
            elif place == "attachment":
                pdf.attachments[f"{told}.txt"] = b"x"
            else:
                pdf.Root.Hidden = pikepdf.Dictionary(Alt=pikepdf.String(told))
            pdf.save(changed)
        assert not look(cast, SECRETS, texts_of_pdf(control), texts_of_pdf(control), repeats=True)
        found = texts_of_pdf(changed.getvalue())
        assert look(cast, SECRETS, found, texts_of_pdf(control), repeats=True)
