"""Fill a draft from the record: each value with its source, all of it a suggestion.

Other children are described by what they are (a sibling, year 4), unless a named person decided to
name them. The child's own words stay unchanged.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from app.core.vocabularies import VOCABULARIES, term
from app.domain.sharing.referral_forms.rules import CHOICE, LINE, PERSON, Field, KindSchema

Record = Mapping[str, Any]
Row = Mapping[str, Any]
LONGEST_LINE, LONGEST_TEXT, MOST = 300, 20_000, 50
HOUSEHOLD = frozenset({"household", "shared_address"})


def answers(
    form: KindSchema, record: Record, *, name_others: bool = False
) -> tuple[dict[str, Any], dict[str, str]]:
    """Answers from the record, as `fields` stores them, with the source of each."""
    fields: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for field in form.fields.values():
        if field.prefill is None:
            continue
        value = _fitting(field, FILLS[field.prefill](Facts(record, name_others)))
        if value is not None:
            fields[field.name] = {"state": "value", "value": value}
            sources[field.name] = field.prefill
    return fields, sources


class Facts:
    """The record as one draft may use it."""

    def __init__(self, record: Record, name_others: bool) -> None:
        self.child: Row = record["child"] or {}
        self.concern: Row = record["concern"] or {}
        self.rows = record
        self.name_others = name_others

    def contacts(self, *, professional: bool) -> Iterator[Row]:
        """Contacts who know the child through their work, or the others."""
        for contact in self.rows["contacts"]:
            known = VOCABULARIES["contact_kinds"].by_code.get(contact["kind"])
            if bool(known and "professional" in known.flags) == professional:
                yield contact

    def siblings(self) -> list[Row]:
        """Confirmed brothers and sisters."""
        return [row for row in self.rows["children"] if row["confirmed"] and _is_sibling(row)]


def _is_sibling(row: Row) -> bool:
    known = VOCABULARIES["relationship_kinds"].by_code.get(row["kind"])
    return known is not None and "sibling" in (known.code, known.parent)


def _fitting(field: Field, value: Any) -> Any:
    """The value as the field takes it; None if there is none, or it does not fit."""
    if value in (None, "", []):
        return None
    if field.type == PERSON:
        people = value if isinstance(value, list) else [value]
        return people[:MOST] if field.multi else people[0]
    if field.type == CHOICE:
        return value if value in field.choices else None
    if field.multi:
        return value if isinstance(value, list) else [value]
    text = str(value)
    longest = LONGEST_LINE if field.type == LINE else LONGEST_TEXT
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _label(vocabulary: str, code: str | None) -> str | None:
    if code is None:
        return None
    known = VOCABULARIES[vocabulary].by_code
    return term(vocabulary, code).label if code in known else code


def _names(facts: Facts) -> list[str]:
    """The child's name in use, if it is not the legal one."""
    row = facts.child
    given, family = row.get("known_given_name"), row.get("known_family_name")
    legal = f"{row.get('legal_given_name')} {row.get('legal_family_name')}"
    known = f"{given or row.get('legal_given_name')} {family or row.get('legal_family_name')}"
    return [known] if known != legal else []


def _school(facts: Facts) -> str:
    row = facts.child
    year = row.get("year_group") and f"year {row['year_group']}"
    return ", ".join(
        str(item) for item in (row.get("school"), year, row.get("registration_group")) if item
    )


def _identifier(system: str) -> Callable[[Facts], Any]:
    def value_of(facts: Facts) -> Any:
        values = (row["value"] for row in facts.rows["identifiers"] if row["system"] == system)
        return next(values, None)

    return value_of


def _person(row: Row, **more: Any) -> dict[str, Any]:
    """A contact as a person of a form: only what is known."""
    person = {
        "name": row["name"],
        "relationship": _label("contact_kinds", row["kind"]),
        "organisation": row["organisation"],
        "phone": row["phone"],
        "email": row["email"],
        "address": row["address"],
        "parental_responsibility": {"yes": "yes", "no": "no"}.get(row["parental_responsibility"]),
        "alleged_perpetrator": "yes" if row["alleged_source_of_harm"] else None,
        **more,
    }
    return {name: value for name, value in person.items() if value}


def _professional(row: Row) -> dict[str, Any]:
    return _person(row, relationship=None, role=_label("contact_kinds", row["kind"]))


def _child(row: Row, *, named: bool) -> dict[str, Any]:
    """Another child: by relationship to this one, with a name if a person decided so."""
    child = {"relationship": _label("relationship_kinds", row["kind"])}
    if row["year_group"] and row["roll_status"] == "on_roll":
        child["note"] = f"At this school, year {row['year_group']}"
    if named:
        child["name"] = f"{row['legal_given_name']} {row['legal_family_name']}"
        child["date_of_birth"] = row["date_of_birth"]
    return {name: value for name, value in child.items() if value}


def _household(facts: Facts) -> list[dict[str, Any]]:
    adults = [
        _person(row) for row in facts.contacts(professional=False) if row["lives_with"] == "yes"
    ]
    return [*adults, *_children(facts)]


def _children(facts: Facts) -> list[dict[str, Any]]:
    rows = [
        row
        for row in facts.rows["children"]
        if row["confirmed"] and (row["kind"] in HOUSEHOLD or _is_sibling(row))
    ]
    return [_child(row, named=facts.name_others) for row in rows]


def _parental_responsibility(facts: Facts) -> str:
    held = [
        row for row in facts.contacts(professional=False) if row["parental_responsibility"] == "yes"
    ]
    return "\n".join(f"{row['name']} ({_label('contact_kinds', row['kind'])})" for row in held)


def _orders(facts: Facts) -> str:
    orders = [order for row in facts.rows["contacts"] for order in row["court_orders"] or ()]
    return "\n".join(_order(order) for order in orders)


def _order(order: Row) -> str:
    """A court order in words, including a bar on informing someone."""
    kind = str(order["kind"]).replace("_", " ").capitalize()
    items = (
        kind,
        order.get("summary"),
        order.get("made_on") and f"made on {order['made_on']}",
        order.get("ends_on") and f"ends on {order['ends_on']}",
        order.get("forbids_telling") and "keeps this person from being told",
    )
    return ", ".join(str(item) for item in items if item)


def _status(row: Row) -> str:
    until = f" to {row['valid_to']}" if row["valid_to"] else ""
    parts = (_label("child_status_kinds", row["kind"]), row["detail"], row["lead_agency"])
    return f"{', '.join(str(part) for part in parts if part)} (from {row['valid_from']}{until})"


def _statuses(facts: Facts) -> str:
    return "\n".join(_status(row) for row in facts.rows["statuses"])


def _current(facts: Facts) -> str:
    return "; ".join(_status(row) for row in facts.rows["statuses"] if row["valid_to"] is None)


def _worker(facts: Facts) -> Any:
    workers = (
        row["worker"] for row in facts.rows["statuses"] if row["worker"] and row["valid_to"] is None
    )
    saved = ("name", "role", "organisation", "phone", "email")
    return next(({k: v for k, v in worker.items() if k in saved and v} for worker in workers), None)


def _account(facts: Facts) -> str:
    return "\n\n".join(
        _rendered(row) for row in facts.rows["statements"] if row["kind"] != "child_said"
    )


def _rendered(row: Row) -> str:
    if row["kind"] == "told_by":
        return f"Told by {row['told_by'] or 'someone else'}: {row['text']}"
    if row["kind"] == "opinion":
        return f"Opinion, based on {row['basis'] or 'what was added later'}: {row['text']}"
    if row["kind"] == "not_said":
        return f"Nobody has said whose words these are: {row['text']}"
    return str(row["text"])


def _child_said(facts: Facts) -> str:
    """Word for word, with the question that led to it."""
    rows = [row for row in facts.rows["statements"] if row["kind"] == "child_said"]
    return "\n\n".join(
        f"Asked: {row['prompted_by']}\n“{row['text']}”"
        if row["prompted_by"]
        else f"“{row['text']}”"
        for row in rows
    )


def _injuries(facts: Facts) -> str:
    return "\n".join(_mark(row) for row in facts.rows["marks"])


def _mark(row: Row) -> str:
    size = f"{row['size_mm']} mm" if row["size_mm"] else None
    region = _label("body_map_regions", row["region"])
    looks = _label("mark_colours", row["colour"]), _label("mark_shapes", row["shape"])
    text = ", ".join(str(item) for item in (region, size, *looks) if item)
    return f"{text}: {row['explanation']}" if row["explanation"] else text


def _actions(facts: Facts) -> str:
    return "\n".join(
        f"{row['what']}: {row['outcome'] or _label('action_states', row['state'])}"
        for row in facts.rows["actions"]
    )


def _previous(facts: Facts) -> str:
    return "\n".join(
        f"{row['sent_at'][:10]}: {_label('referral_kinds', row['kind'])}, {row['agency']}"
        + (f" ({_label('referral_outcomes', row['outcome'])})" if row["outcome"] else "")
        for row in facts.rows["referrals"]
    )


def _staff(name: str) -> Callable[[Facts], Any]:
    def person_of(facts: Facts) -> Any:
        row = facts.rows[name]
        if row is None:
            return None
        person = {
            "name": row["name"],
            "role": row["job_title"],
            "organisation": facts.child.get("school"),
            "phone": row["phone"],
            "email": row["email"],
        }
        return {key: value for key, value in person.items() if value}

    return person_of


def _reporter(facts: Facts) -> Any:
    person = {"name": facts.concern.get("reporter"), "role": facts.concern.get("reporter_title")}
    return {name: value for name, value in person.items() if value} or None


def _of_child(name: str) -> Callable[[Facts], Any]:
    return lambda facts: facts.child.get(name)


NOT_ASKED: Mapping[str, frozenset[str]] = {
    "ethnicities": frozenset({"NOBT"}),
    "sen_provisions": frozenset({"N"}),
    "sexes": frozenset({"not_known"}),
}
"""Codes that answer no question of a form.

For example, the census code for no special needs provision does not show that there is no
disability, about which nobody was asked.
"""


def _asked(vocabulary: str, name: str) -> Callable[[Facts], Any]:
    """The record's value under a name, unless it only means "not known"."""

    def value_of(facts: Facts) -> Any:
        code = facts.child.get(name)
        return None if code in NOT_ASKED[vocabulary] else _label(vocabulary, code)

    return value_of


def _sen(facts: Facts) -> Any:
    """Special educational needs by their name, since the same question is about disability."""
    provision = _asked("sen_provisions", "sen_provision")(facts)
    return provision and f"Special educational needs: {provision}"


def _day(name: str) -> Callable[[Facts], Any]:
    return lambda facts: (facts.concern.get(name) or "")[:10]


def _people(make: Callable[[Row], Any], keep: Callable[[Row], bool], *, professional: bool) -> Any:
    return lambda facts: [
        make(row) for row in facts.contacts(professional=professional) if keep(row)
    ]


def _first(facts: Facts, keep: Callable[[Row], bool], tell: Callable[[Row], Any]) -> Any:
    rows: Sequence[Row] = facts.rows["contacts"]
    return next((tell(row) for row in rows if keep(row)), None)


FILLS: Mapping[str, Callable[[Facts], Any]] = {
    "child.other_names": _names,
    "child.sex": _asked("sexes", "sex"),
    "child.address": _of_child("address"),
    "child.first_language": _of_child("first_language"),
    "child.ethnicity": _asked("ethnicities", "ethnicity"),
    "child.sen": _sen,
    "child.school": _school,
    "school.name": _of_child("school"),
    "identifiers.upn": _identifier("upn"),
    "identifiers.nhs_number": _identifier("nhs_number"),
    "contacts.phone": lambda facts: _first(
        facts,
        lambda row: bool(row["phone"]) and row["lives_with"] == "yes",
        lambda row: row["phone"],
    ),
    "contacts.gp": lambda facts: _first(
        facts,
        lambda row: row["kind"] == "gp",
        lambda row: ", ".join(
            item for item in (row["name"], row["organisation"], row["phone"]) if item
        ),
    ),
    "contacts.household": _household,
    "contacts.elsewhere": _people(
        _person, lambda row: row["lives_with"] != "yes", professional=False
    ),
    "contacts.parents": _people(
        _person,
        lambda row: row["is_parent"] or row["parental_responsibility"] == "yes",
        professional=False,
    ),
    "contacts.professionals": _people(_professional, lambda _row: True, professional=True),
    "contacts.parental_responsibility": _parental_responsibility,
    "contacts.court_orders": _orders,
    "children.siblings": lambda facts: [
        _child(row, named=facts.name_others) for row in facts.siblings()
    ],
    "children.household": _children,
    "statuses.all": _statuses,
    "statuses.current": _current,
    "statuses.worker": _worker,
    "concern.account": _account,
    "concern.child_said": _child_said,
    "concern.date": _day("occurred_at"),
    "concern.recorded_on": _day("recorded_at"),
    "concern.place": lambda facts: facts.concern.get("place"),
    "concern.level": lambda facts: str(facts.concern.get("level") or ""),
    "concern.injuries": _injuries,
    "concern.actions": _actions,
    "referrals.previous": _previous,
    "staff.me": _staff("me"),
    "staff.lead": _staff("lead"),
    "staff.reporter": _reporter,
}
"""Sources that a form's `prefill` can name; a test checks every form against it."""
