"""Keeps a field that several schemas describe in the same words once in the document.

A schema whose class extends another's refers to it by `allOf`; schemas on one subject refer to the
fields that `COMMON` names. A single field of many schemas gets a schema of its own.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any, Final

from app.core.schemas import Out

Part = dict[str, Any]
Place = tuple[Any, Any]
"""The container of a part, and its name or number there."""
Field = tuple[str, str, bool]
"""A field of a schema: its name, its whole description, and whether it is required."""
NULL: Final = {"type": "null"}
MANY: Final = 7
"""Number of uses that justifies a separate schema."""
LEAST_FIELDS = 3
"""Having fewer in common means nothing."""
COMMON_WORDS: Final = (
    "a an the of and or to it its was is are were has have had if by for in on at as they their"
    " your you when whether which who that this with from be been will does do did not what why how"
    " one than so such there cairn null none kind type person people address number words word said"
    " full first day"
)
"""Words that do not tell one meaning of a field from another."""
COMMON: Final[dict[str, tuple[str, ...]]] = {
    "RecordFields": (
        "FoundItemOut", "FriendSupportOut", "HomeSafetyTalkOut", "MissingEpisodeOut",
        "ParentsDecisionOut", "PlanVersionOut", "SafetyCheckOut", "SupportNoteOut",
    ),
    "AccessFields": ("BreakGlassOut", "GrantOut"),
    "ActionFields": ("ActionCard", "ActionOut", "ConcernActionOut"),
    "AttachmentFields": ("AttachmentOut", "ReceivedAttachmentOut"),
    "CaseFields": ("CaseCard", "CaseOut"),
    "CheckInFields": ("CheckInCard", "OwnCheckInOut"),
    "ChildGroupFields": ("ChildGroupCard", "LinkingChildGroupOut"),
    "ChildRowFields": (
        "ChildCard", "ChildOut", "PossibleChildOut", "PossibleDuplicateOut", "SuggestionOut",
    ),
    "ContactFields": ("ContactOut", "ParentsContactOut"),
    "ContactFieldsIn": ("ContactIn", "ContactPatch"),
    "CopiedConcernFields": ("ConcernOfSnapshotOut", "ReceivedConcernOut"),
    "CopiedStatusFields": ("PlannedStatusOut", "ReceivedStatusOut", "StatusOfSnapshotOut"),
    "CredentialFieldsIn": ("NewCredentialIn", "UsedCredentialIn"),
    "DecisionFields": ("DecisionOfSnapshotOut", "DecisionOut", "ToldDecisionOut"),
    "EntryFields": ("ChronologyEntryOut", "DocumentEntryOut"),
    "FileRequestFields": ("FileRequestCard", "FileRequestOut"),
    "ImportFields": ("PastImportOut", "RosterImportOut"),
    "IncomingFields": ("IncomingCard", "IncomingOut"),
    "KeyFields": ("JwkOut", "ReceiverKeyOut", "TransferKeyOut"),
    "KeyFieldsIn": ("ExportKeyIn", "ReceiverKeyIn", "SigningKeyIn"),
    "LinkedConcernFields": ("LinkedConcernCard", "LinkedConcernOut"),
    "MandatoryReportFields": ("MandatoryReportCard", "MandatoryReportOut"),
    "MarkFields": ("BodyMarkOut", "ReportedMarkOut", "ToldMarkOut", "UnmatchedMarkOut"),
    "MeetingFieldsIn": ("CorrectMeetingIn", "HoldMeetingIn"),
    "MissingEpisodeFieldsIn": ("MissingEpisodeIn", "AmendMissingEpisodeIn"),
    "NumberedFields": (
        "AdultCard", "AdultConcernOut", "ConcernCard", "MyConcernCard", "PatternItemOut",
    ),
    "PastProblemFields": ("PastCodeOut", "PastProblemOut"),
    "PlannedEntryFields": ("PastEntryToldOut", "PlannedEntryOut"),
    "ReceivedRecordFields": ("ReceivedRecordCard", "ReceivedRecordOut"),
    "RecipientFields": ("RecipientOfSnapshotOut", "RecipientOut"),
    "ReferralFields": ("ReferralCard", "ReferralOut"),
    "ReintegrationFieldsIn": ("ReintegrationIn", "ReintegrationPatch"),
    "SafetyCheckFieldsIn": ("SafetyCheckIn", "AmendSafetyCheckIn"),
    "SafetyPlanFields": ("PlanCard", "PlanOut"),
    "SafetyPlanFieldsIn": ("PlanIn", "PlanPatch"),
    "SendingFieldsIn": ("ReferralIn", "ShareIn"),
    "SentEventFields": ("ReferralEventOut", "SharingEventOut"),
    "SentReferralFields": ("ReferralForAgencyOut", "SentReferralCard"),
    "SentThingFields": ("SentReferralOut", "SentShareOut"),
    "ServiceKeyFields": ("AgencyKeyOut", "ServiceKeyCard"),
    "ShareFields": ("ShareCard", "ShareOut"),
    "StepFields": ("AdultEventOut", "ConcernEventOut"),
    "SupportListFields": ("ListedEntryOut", "SupportListEntryOut"),
    "SupportNoteFieldsIn": ("SupportNoteIn", "AmendSupportNoteIn"),
    "SupportPlanFieldsIn": ("SupportPlanIn", "ChangeSupportPlanIn"),
    "SupportServiceFieldsIn": ("SupportServiceIn", "SupportServicePatch"),
    "ToolAlertFields": ("AlertIn", "SignedAlertIn"),
    "TransferFields": ("TransferCard", "TransferOut"),
    "VocabularyFields": ("ListedVocabularyOut", "VocabularyOut"),
}  # fmt: skip
"""Schemas on one subject, by the name of the schema for the fields that all share."""


def extend(schemas: Part) -> None:
    """Refer by `allOf` to the schema that a class extends, or to its subject's fields.

    Fields that are the same by chance do not count: a shared description would be untrue.
    """
    bases, gathered = _bases(), {user for users in COMMON.values() for user in users}
    variants = {name for mapping in _mappings(schemas) for name in map(last, mapping.values())}
    fields = {
        name: _fields(schema)
        for name, schema in schemas.items()
        if name not in variants and not name.startswith("Scim") and _is_open(schema)
    }
    for name, own in fields.items():
        if name in gathered:
            continue
        less = [
            item for item, had in fields.items()
            if item in bases[name] and len(had) >= LEAST_FIELDS and had < own
        ]  # fmt: skip
        if less:
            base = max(less, key=lambda item: len(fields[item]))
            _add_to(base, schemas[name], {field for field, _, _ in own - fields[base]})
    for name, users in COMMON.items():
        _gather(schemas, name, [item for item in users if item in schemas])
    _divide_examples(schemas)


def _bases() -> Mapping[str, set[str]]:
    """The classes that each class of answers extends, by name."""
    result = defaultdict[str, set[str]](set)
    known: list[type[Out]] = [Out]
    for item in known:
        known += item.__subclasses__()
        if item.__module__.startswith("app."):
            result[item.__name__] |= {base.__name__ for base in item.__mro__[1:]}
    return result


def _gather(schemas: Part, name: str, users: list[str]) -> None:
    """Make a schema of the fields that some share in the same words, and let them refer to it."""
    if len(users) < 2:
        return
    first = schemas[users[0]]
    shared = frozenset[Field].intersection(*(_fields(schemas[user]) for user in users))
    names = [field for field in first["properties"] if field in {item for item, _, _ in shared}]
    base = {"type": "object", "properties": {item: first["properties"][item] for item in names}}
    if needed := [item for item in first.get("required", ()) if item in names]:
        base["required"] = needed
    for user in users:
        _add_to(name, schemas[user], schemas[user]["properties"].keys() - set(names))
    schemas[name] = base


def _fields(schema: Part) -> frozenset[Field]:
    needed = schema.get("required", ())
    return frozenset(
        (field, text_of(item), field in needed) for field, item in schema["properties"].items()
    )


def _add_to(base: str, schema: Part, more: set[str]) -> None:
    """Let a schema add fields to another's; a closed one stays closed."""
    fields, needed = schema.pop("properties"), schema.pop("required", ())
    del schema["type"]
    own: Part = {"properties": {field: fields[field] for field in fields if field in more}}
    if required := [item for item in needed if item in more]:
        own["required"] = required
    schema["allOf"] = [{"$ref": f"#/components/schemas/{base}"}, own]
    if (closed := schema.pop("additionalProperties", None)) is not None:
        schema["unevaluatedProperties"] = closed


def _divide_examples(schemas: Part) -> None:
    """Divide one example between a schema and its extension: its own part, and the rest.

    The first extension does so; the others keep a whole example each.
    """
    divided = set[str]()
    for name, schema in schemas.items():
        parts = schema.get("allOf", [{}]) if not name.startswith("Scim") else [{}]
        base = last(parts[0].get("$ref", ""))
        shared = schemas.get(base, {}).get("properties")
        if base in divided or not shared or "examples" not in schema.keys() & schemas[base].keys():
            continue
        whole = schema.pop("examples")[0]
        schemas[base]["examples"] = [{item: whole[item] for item in whole if item in shared}]
        parts[1]["examples"] = [{item: whole[item] for item in whole if item not in shared}]
        divided.add(base)


def _is_open(schema: Part) -> bool:
    """Whether it is an open object, as answers are: clients ignore unknown fields."""
    return "properties" in schema and "additionalProperties" not in schema


def _mappings(node: Any) -> Iterator[dict[str, str]]:
    """The discriminator mappings, wherever they are."""
    inner: Iterable[Any] = node if isinstance(node, list) else ()
    if isinstance(node, dict):
        inner = node.values()
        if "mapping" in (result := node.get("discriminator", {})):
            yield result["mapping"]
    for item in inner:
        yield from _mappings(item)


def share_fields(document: Part) -> None:
    """Give a field that many schemas describe in the same words a schema of its own."""
    schemas = document["components"]["schemas"]
    parts = [(name, part) for name, schema in schemas.items() for part in _parts_of(schema)]
    places = [
        (part["properties"], field)
        for name, part in parts
        if not name.startswith("Scim")
        for field in part.get("properties", {})
    ]
    times = Counter(text_of(holder[key]) for holder, key in places)
    first = {text_of(holder[key]): (holder[key], key) for holder, key in reversed(places)}
    worth = {
        text: (part, field)
        for text, (part, field) in first.items()
        if _saved(text, times[text], field) > 0
    }
    names = _names_of_fields(worth)
    share(
        document, "schemas", [(item, key) for item, key in places if text_of(item[key]) in worth],
        lambda place: names[text_of(place[0][place[1]])],
    )  # fmt: skip


def _names_of_fields(fields: Mapping[str, tuple[Part, str]]) -> dict[str, str]:
    """A name for each field's schema, with words of its description if the field means several."""
    meanings = Counter(field for _, field in fields.values())
    names = dict[str, str]()
    for text, (part, field) in fields.items():
        tail = f"{camel(field)}Prop"
        words = _telling_words(part["description"], field) if meanings[field] > 1 else []
        prefixes = ("", "Optional") if '"null"' in text else ("",)
        options = [
            f"{prefix}{camel('_'.join(words[:number]))}{tail}"
            for number in range(min(1, len(words)), len(words) + 1)
            for prefix in prefixes
        ]
        names[text] = next((name for name in options if name not in names.values()), options[-1])
    return names


def _telling_words(description: str, field: str) -> list[str]:
    """The words of a description that tell one meaning of a field from others."""
    said = re.findall("[a-z]+", re.sub("`[^`]*`", "", description.lower().replace("'s ", " ")))
    silent = {*COMMON_WORDS.split(), *field.split("_")}
    return [word for word in said if word not in silent]


def share_nulls(document: Part) -> None:
    """Give "such a record, or null" a schema of its own if many fields use it."""
    schemas = document["components"]["schemas"]
    fields = [
        field
        for name, schema in schemas.items()
        if not name.startswith("Scim")
        for part in _parts_of(schema)
        for field in part.get("properties", {}).values()
        if len(field.get("anyOf", ())) == 2 and field["anyOf"][1] == NULL
    ]
    times = Counter(text_of({"anyOf": field["anyOf"]}) for field in fields)
    for field in fields:
        text = text_of({"anyOf": field["anyOf"]})
        reference = field["anyOf"][0].get("$ref", "")
        if reference and times[text] >= MANY:
            name = f"{last(reference).removesuffix('Out')}OrNull"
            schemas[name] = {"anyOf": field.pop("anyOf")}
            field["$ref"] = f"#/components/schemas/{name}"


def _parts_of(schema: Part) -> Iterator[Part]:
    """A schema, and what it adds to others."""
    yield schema
    yield from (item for item in schema.get("allOf", ()) if "properties" in item)


def _saved(text: str, times: int, field: str) -> int:
    """How many bytes a separate schema for a field saves."""
    name = f"{camel(field)}Prop"
    reference = len(text_of({"$ref": f"#/components/schemas/{name}"}))
    return times * (len(text) - reference) - len(text) - len(name) - 4


def share(
    document: Part, kind: str, places: Iterable[Place], name_of: Callable[[Place], str]
) -> None:
    """Move repeated parts to `components`, each under its first use's name.

    A second part with the same name gets a number.
    """
    repeated = Counter(text_of(holder[key]) for holder, key in places)
    shared: Part = document["components"].setdefault(kind, {})
    named = dict[str, str]()
    for holder, key in places:
        part = holder[key]
        if repeated[text := text_of(part)] > 1:
            if text not in named:
                first = name_of((holder, key))
                names = (first if number == 1 else f"{first}{number}" for number in count(1))
                named[text] = next(name for name in names if shared.setdefault(name, part) == part)
            holder[key] = {"$ref": f"#/components/{kind}/{named[text]}"}
    document["components"][kind] = dict(sorted(shared.items()))


def last(reference: str) -> str:
    """The name that a reference points to."""
    return reference.rpartition("/")[2]


def camel(name: str) -> str:
    """Camel case: `DueAt` for `due_at`."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def text_of(part: Part) -> str:
    """A part as served; equal parts have equal texts."""
    return json.dumps(part, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
