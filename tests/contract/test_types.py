"""Types that do not lie: one form for records, people, reasons and filters, everywhere."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import BaseModel, BeforeValidator

import app.domain.nouns  # noqa: F401 - registers every kind
from app.core.pointers import PATHS, WITHIN_OTHERS, about, path_in_sql, pointer
from app.core.schemas import Out
from app.domain import kinds
from app.domain.exchange.event_audiences.kind import told_kinds
from tests import answers
from tests.world import World

Schema = dict[str, Any]
RECORD_KINDS = "#/components/schemas/RecordKinds"
POINTER = ("kind", "id", "path")
SECOND_FORMS = re.compile(
    r"noun|noun_id|.*_noun|thing|thing_id|record_kind|record_type|resource_(type|kind|id)|"
    r"subject_(kind|type|id)|about_(kind|id)"
)
"""Names by which answers pointed at records before."""
OTHERS_WORDS = {
    "ReceivedEntryOut.record_kind": "What a record was at the school that made it; it has no id.",
    "DocumentReceivedOut.record_kind": "The same, on paper.",
    "ConcernMarkOut.about_id": "A place or a content of the school's lists; `by` says which.",
    "CaseEntryOut.about_id": "An entry of the same case.",
}


@pytest.fixture(scope="module")
def schemas() -> dict[str, Schema]:
    return dict(answers.inlined(answers.described())["components"]["schemas"])


def outs(schemas: dict[str, Schema]) -> Iterator[tuple[str, dict[str, Schema]]]:
    """The properties of each schema of an answer."""
    for name, schema in schemas.items():
        standard = name.startswith("Scim") and not name.startswith("ScimGroupCard")
        if not standard and not name.endswith(("In", "Patch")):
            yield name, schema.get("properties", {})


class TestPointers:
    def test_have_one_form(self, schemas: dict[str, Schema]) -> None:
        """Whatever says the kind of a record says its id and its path."""
        found = dict(outs(schemas))
        pointing = {
            name for name, fields in found.items()
            if any(one.get("$ref") == RECORD_KINDS for one in fields.values())
        }  # fmt: skip
        form = [{**found["PointerOut"][name], "description": ""} for name in POINTER]
        assert "PointerOut" in pointing
        for name in pointing:
            assert [{**found[name][one], "description": ""} for one in POINTER] == form, name

    def test_have_no_second_form(self, schemas: dict[str, Schema]) -> None:
        found = {
            f"{name}.{field}" for name, fields in outs(schemas)
            for field in fields if SECOND_FORMS.fullmatch(field)
        }  # fmt: skip
        assert found == OTHERS_WORDS.keys()

    def test_know_every_kind(self) -> None:
        told = {one.name for one in kinds.every_kind()} | {
            one.resource_type for one in told_kinds().values()
        }
        assert told - {"work", "deadline"} <= {*PATHS, *WITHIN_OTHERS}

    async def test_are_the_same_in_sql(self, world: World) -> None:
        id_ = "01a2"
        for kind in (*PATHS, "alert"):
            ((path,),) = world.sql(f"select {path_in_sql('%s', '%s')}", kind, id_)
            assert path == pointer(kind, id_)["path"], kind

    def test_of_nothing_are_null(self) -> None:
        assert about("concern", None) is about(None, "01a2") is None


PEOPLE = re.compile(
    r"(.*_)?(by|actor|owner|manager|reporter|staff|person|adult|lead|author|deputy)(_id|_ids)?"
)
"""What names people, as a person or as an id."""
RECORDS_BEFORE = re.compile(r"(superseded|amended|followed)_by(_id)?")
"""Not who did it: the record that came instead."""
IDS_OF_PEOPLE = {
    "AdultOut.staff_id": "Null for an adult of no account, whose name stands beside it.",
    "AuditEntryOut.actor_id": "As the sealed entry says; it may be a program.",
    "AdultTrailOut.actor_id": "The same, of the adult register.",
    "MembershipOut.staff_id": "The person of the path.",
    "PatternsOut.staff_id": "The person who was asked for.",
    "AbsenceRecordedOut.staff_id": "The person who was said to be away, as it was sent.",
    "ExportApprovalOut.by": "A signature, as it was kept with the order.",
    "PlannedEntryOut.staff_id": "A guess of Cairn, which a person sends back or changes.",
    "ParentsContentOut.second_lead_id": "What was written down is shown as it was sent.",
    "PlanContentOut.adult_id": "What was written down is shown as it was sent.",
    "ToldToOut.by_id": "What was written down is shown as it was sent.",
}


def alternatives(schema: Schema) -> list[Schema]:
    return [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]


class TestPeople:
    def test_are_named_wherever_they_are_shown(self, schemas: dict[str, Schema]) -> None:
        bare = {
            f"{name}.{field}" for name, fields in outs(schemas) for field, one in fields.items()
            if PEOPLE.fullmatch(field) and not RECORDS_BEFORE.fullmatch(field)
            and any(each.get("format") == "uuid" for each in alternatives(one))
        }  # fmt: skip
        assert bare == IDS_OF_PEOPLE.keys()

    def test_have_the_form_of_a_person(self, schemas: dict[str, Schema]) -> None:
        """Whatever is a person has `id` and `name`, besides what else is told of them."""
        for name, fields in outs(schemas):
            for field in ("owner", "set_by", "created_by", "proposed_by", "case_manager"):
                for one in alternatives(fields.get(field, {"type": "null"})):
                    shown = schemas[one.get("$ref", "").rpartition("/")[2] or "PersonOut"]
                    assert "name" in shown.get("properties", {"name": "a word"}), (name, field)


CODES = re.compile(r"(.*_)?reason_codes?")
WORDS = re.compile(r"(.*_)?reason")
SECOND_REASONS = re.compile(r"(.*_)?(reasons|because|why)|why_not|grounds|reason_(not|text)")
"""A free text is `reason`, a code `reason_code`, a list of codes `reason_codes`."""


class TestReasons:
    def test_that_are_codes_say_which(self, schemas: dict[str, Schema]) -> None:
        """A `reason_code` is of a vocabulary or of a list of known words, and never bare."""
        loose = {
            f"{name}.{field}" for name, fields in outs(schemas) for field, one in fields.items()
            if CODES.fullmatch(field)
            and not any(says_which(each) for each in alternatives(one))
        }  # fmt: skip
        assert loose == set()

    def test_in_words_are_no_codes(self, schemas: dict[str, Schema]) -> None:
        """A `reason` is what somebody wrote, or a sentence; a code says that it is one."""
        coded = {
            f"{name}.{field}" for name, schema in schemas.items()
            for field, one in schema.get("properties", {}).items()
            if WORDS.fullmatch(field)
            and any(each.keys() & {"$ref", "enum"} for each in alternatives(one))
        }  # fmt: skip
        assert coded == set()

    def test_have_one_name(self, schemas: dict[str, Schema]) -> None:
        """In requests, filters and answers alike."""
        found = {
            f"{name}.{field}" for name, schema in schemas.items()
            for field in schema.get("properties", {}) if SECOND_REASONS.fullmatch(field)
        } | {
            f"{name}.{one['name']}" for name, one, _ in parameters()
            if SECOND_REASONS.fullmatch(one["name"])
        }  # fmt: skip
        assert found == set()


SECOND_NAMES = re.compile(r"(finished|closed)_at|replaced_by(_id)?")
"""`ended_at` and `superseded_by_id` say it."""


class TestFields:
    def test_have_one_name_each(self, schemas: dict[str, Schema]) -> None:
        found = {
            f"{name}.{field}" for name, schema in schemas.items()
            for field in schema.get("properties", {}) if SECOND_NAMES.fullmatch(field)
        }  # fmt: skip
        assert found == set()


OF_CODES = re.compile(
    r"(.*_)?(because|kinds?|states?|status|verb|codes?|severity|steps?|categor(y|ies)|outcome"
    r"|nations?|classes|confidentiality|roles?|readers|ladder|duty|effect|sees|fate|change|handling"
    r"|unit|weekdays|calendar|second_factor|linked_by|told_under|says|use|warnings|flags|scopes)"
)
"""What holds codes."""
FREE_WORDS = {
    # what people wrote
    "ActionOut.outcome", "ConcernActionOut.outcome", "TaskOut.outcome", "TaskContactedOut.outcome",
    "ToldActionOut.outcome", "CourtOrderOut.kind",
    # a code where its record has one, else what people wrote
    "ChronologyEntryOut.outcome", "FamilyEntryOut.outcome", "DocumentEntryOut.outcome",
    # what another school or another maker's tool wrote
    "ReceivedEntryOut.state", "DocumentReceivedOut.state", "MonitoringAlertOut.source_category",
    "MonitoringCard.source_category", "MonitoringAlertOut.source_severity",
    "MonitoringCard.source_severity", "ToolReviewOut.status", "ToolReviewOut.outcome",
    "PastEntryOut.source_categories", "PlannedEntryOut.source_categories",
    "IntakeSourceOut.unmapped_categories", "IntakeSourceSecretOut.unmapped_categories",
    # what the school made its own codes and words of
    "OwnCategoryNamedOut.code", "CategoryChoiceOut.code", "ChronologyEntryOut.own_categories",
    "FamilyEntryOut.own_categories", "DocumentEntryOut.own_categories",
    "AdviceFromOut.role", "AttendeeOut.role", "MeetingPersonOut.role", "NamedPersonOut.role",
    "ParentsAdviceOut.role", "WorkerOut.role", "PlanAtSchoolOut.words_to_use",
    # sentences of Cairn
    "ExplainedRecipientOut.sees", "ExplainedRecipientOut.warnings",
    # what another school or another system calls its people
    "DocumentReceivedOut.author_role", "PastEntryOut.author_role", "PastEntryToldOut.author_role",
    "PlannedEntryOut.author_role", "ReceivedEntryOut.author_role",
    # built in or the school's own: `GET /v1/roles`, and of keys `GET /v1/permissions`
    "RoleCard.role", "RoleOut.role", "SchoolContactOut.role", "ServiceKeyCard.scopes",
    "ServiceKeyOut.scopes", "ServiceKeySecretOut.scopes",
    # words of RFC 7517
    "JwkOut.use", "ReceiverKeyOut.use",
    # a code of the vocabulary, the question or the kind that stands beside it
    "TermOut.flags",
    "TermOut.code", "ChoiceOut.code", "OverviewCard.code", "ShareableItemOut.code",
    # `GET /v1/problems` lists them, each operation those that it gives; of fields, what was checked
    "Problem.code", "ProblemKindOut.code", "ReportRefused.code", "ProblemField.code",
    "MissingOut.code",
    # what people type once
    "SentReferralOut.code", "SentShareOut.code", "RecoveryCodesOut.recovery_codes",
    "TotpConfirmedOut.recovery_codes", "PasskeyAddedOut.recovery_codes",
}  # fmt: skip
"""Strings by such a name that are no code of a list, by the reason."""
FREE_TO_SEND = {
    # what people type once, and what they write
    "CodeIn.code", "SharedCodeIn.code", "CompleteActionIn.outcome", "CompleteTaskIn.outcome",
    "AdviceFromIn.role", "AttendeeIn.role", "InvitedIn.role", "NamedPersonIn.role",
    "ParentsAdviceIn.role", "WorkerIn.role", "PlanAtSchoolIn.words_to_use",
    # built in or the school's own: `GET /v1/roles`
    "CoverIn.role", "GroupRoleIn.role", "MembershipIn.role", "StaffIn.roles", "SwitchIn.role",
    "TokenIn.role", "list_staff.role", "SchoolPatch.second_factor_roles",
    # its pattern lists them
    "open_past_rows.fate",
    # a record's word in the sealed log, whatever the version that wrote it; looks are no events
    "open_audit.about_kind", "open_audit.verb", "read_child_access_log.verb",
    # what the operation answers to says which: docs/rosters.md, docs/past.md
    "list_roster_problems.code", "list_past_problems.code",
}  # fmt: skip
"""The same, of what is sent: in bodies and as filters."""


SAID_BESIDE = {
    "DrillClimbOut.name": "Each ladder names its own steps, and an older drill those of its time.",
    "Problem.code": "`GET /v1/problems` lists them, each operation those that it gives.",
    "PublicSupportServiceOut.languages": "Tags of BCP 47.",
    "SupportServiceOut.languages": "The same.",
}
"""Texts with several codes that are no list of the field's own, by the reason."""


def says_which(schema: Schema) -> bool:
    """Whether a string is a code of some list, or has a form of its own."""
    one = schema.get("items", {}) if schema.get("type") == "array" else schema
    return one.get("type") != "string" or bool(one.keys() & {"enum", "const", "format"})


class TestCodes:
    def test_are_never_bare_strings(self, schemas: dict[str, Schema]) -> None:
        bare = {
            f"{name}.{field}" for name, fields in outs(schemas) for field, one in fields.items()
            if OF_CODES.fullmatch(field) and field != "vocabulary_status"
            and not any(says_which(each) for each in alternatives(one))
        }  # fmt: skip
        assert bare == FREE_WORDS

    def test_that_a_text_lists_are_of_the_type(self, schemas: dict[str, Schema]) -> None:
        """A text with two codes or more describes a list, by whatever name."""
        said = {
            f"{name}.{field}" for name, fields in outs(schemas) for field, one in fields.items()
            if len(re.findall("`[a-z_]+`", one.get("description", ""))) > 1
            and not any(says_which(each) for each in alternatives(one))
        }  # fmt: skip
        assert said == SAID_BESIDE.keys()

    def test_are_never_bare_strings_where_they_are_sent(self, schemas: dict[str, Schema]) -> None:
        sent = [
            (f"{name}.{field}", field, one) for name, schema in schemas.items()
            if name.endswith(("In", "Patch")) and not name.startswith("Scim")
            for field, one in schema.get("properties", {}).items()
        ]  # fmt: skip
        sent += [(f"{name}.{one['name']}", one["name"], one["schema"])
                 for name, one, _ in parameters()]  # fmt: skip
        bare = {
            where for where, field, one in sent
            if OF_CODES.fullmatch(field) and not any(says_which(each) for each in alternatives(one))
        }  # fmt: skip
        assert bare == FREE_TO_SEND


def lists(schema: Any, *, said: bool = False) -> Iterator[Schema]:
    """The lists of values in a schema that say neither that they are closed nor that they grow."""
    if isinstance(schema, list):
        for one in schema:
            yield from lists(one, said=said)
    if not isinstance(schema, dict):
        return
    said = said or bool(schema.get("x-closed")) or {"type": "string"} in schema.get("anyOf", ())
    if not said and ("enum" in schema or schema.get("$ref", "").endswith("Known")):
        yield schema
    for name, one in schema.items():
        yield from lists(one, said=said and name == "anyOf") if name != "example" else ()


class TestLists:
    def test_say_whether_they_may_grow(self, schemas: dict[str, Schema]) -> None:
        """A list of values in an answer is `x-closed`, or any string may come besides."""
        closed = {name for name, one in schemas.items() if one.get("x-closed")}
        loose = {
            name for name, schema in schemas.items()
            if not name.startswith("Scim") and not name.endswith(("In", "Patch", "Known", "Chosen"))
            and any(
                one.get("$ref", "").rpartition("/")[2] not in closed for one in lists(schema)
            )
        }  # fmt: skip
        assert loose == set()

    def test_of_problem_codes_may_grow(self, schemas: dict[str, Schema]) -> None:
        """An operation may fail in more ways later; nobody is told that its list is closed."""
        assert "may give more" in schemas["Problem"]["properties"]["code"]["description"]
        codes = [
            schema["allOf"][1]["properties"]["code"]
            for path in answers.inlined(answers.described())["paths"].values()
            for operation in path.values()
            for answer in operation["responses"].values()
            for content in answer.get("content", {}).values()
            if "allOf" in (schema := content.get("schema", {}))
        ]
        assert codes
        assert [one for one in codes if one.keys() != {"enum"}] == []


SECOND_FILTERS = re.compile(
    r"status|order|order_by|(.*_)?(from|to|after|before)|.+_(since|until)|owner|my|own"
)
"""`state`, `since`, `until`, `mine` and `sort` say it."""
OTHER_BOUNDS = {
    "due_before": "`until` bounds when something happened or was saved, in every list. This bounds "
    "the deadline, which is another time of the same row: two things, two words.",
}
"""What bounds a time and is not called `since` or `until`, by the reason."""

BOOLEANS = {
    "mine": "The word for it everywhere.",
    "overdue": "A condition of the clock: open ones in several states are overdue.",
    "matched": "Whether it is known which child it is about, in every state.",
    "significant": "A mark, which people give and take in every state.",
    "plan_only": "How a file is taken in; it filters nothing.",
}
"""Parameters that are no state, by the reason."""
SEVERAL = {"open", "ended"}
"""Words for all open and all ended states, where a list has several."""


def parameters() -> Iterator[tuple[str, Schema, Schema]]:
    """The operation, the parameter and what the operation answers, for each query parameter."""
    for path in answers.inlined(answers.described())["paths"].values():
        for operation in path.values():
            content = operation["responses"].get("200", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            for one in operation.get("parameters", ()):
                if one["in"] == "query":
                    yield operation["operationId"], one, schema


def words_of(schemas: dict[str, Schema], schema: Schema) -> set[str]:
    """The codes that a schema lists."""
    if "$ref" in schema:
        return words_of(schemas, schemas[schema["$ref"].rpartition("/")[2]])
    parts = [*schema.get("anyOf", ()), schema.get("items", {})]
    return {*schema.get("enum", ())}.union(*(words_of(schemas, one) for one in parts if one))


class TestFilters:
    def test_have_one_name_each(self) -> None:
        found = {
            (name, one["name"]) for name, one, _ in parameters()
            if SECOND_FILTERS.fullmatch(one["name"])
        }  # fmt: skip
        assert {name for _, name in found} == OTHER_BOUNDS.keys()

    def test_by_deadline_are_of_lists_whose_rows_say_it(self, schemas: dict[str, Schema]) -> None:
        """And stand beside no `until` that could be taken for it."""
        names = {
            name: {other["name"] for who, other, _ in parameters() if who == name}
            for name, one, _ in parameters() if one["name"] == "due_before"
        }  # fmt: skip
        assert len(names) == 5
        for name, one, answer in parameters():
            if one["name"] == "due_before":
                page = schemas[answer["$ref"].rpartition("/")[2]]
                card = schemas[page["properties"]["items"]["items"]["$ref"].rpartition("/")[2]]
                assert "due_at" in card["properties"], name
                assert names[name].isdisjoint({"since", "until"}), name

    def test_are_states_and_no_booleans(self) -> None:
        found = {
            one["name"] for _, one, _ in parameters()
            if any(each.get("type") == "boolean" for each in alternatives(one["schema"]))
        }  # fmt: skip
        assert found == BOOLEANS.keys()

    def test_by_state_have_the_codes_of_the_answer(self, schemas: dict[str, Schema]) -> None:
        """Each row says its `state`; a word for several states says which it stands for."""
        asked = 0
        for name, one, answer in parameters():
            if one["name"] != "state":
                continue
            page = schemas[answer["$ref"].rpartition("/")[2]]
            card = schemas[page["properties"]["items"]["items"]["$ref"].rpartition("/")[2]]
            told = words_of(schemas, card["properties"]["state"])
            several = words_of(schemas, one["schema"]) - told
            assert told, name
            assert several <= SEVERAL, name
            assert re.search(r"Default: \w", one["description"]), name
            assert [word for word in several if f"`{word}`: " not in one["description"]] == [], name
            asked += 1
        assert asked

    def test_from_a_place_take_the_beginning(self) -> None:
        """`since` is a time or a day, or `next` of the last answer; that begins with `start`."""
        places = [
            one["description"] for _, one, _ in parameters()
            if one["name"] == "since" and "format" not in alternatives(one["schema"])[0]
        ]  # fmt: skip
        assert places
        assert [one for one in places if "`start` is the beginning" not in one] == []


FORMER_NAMES = {
    "lifts", "ties", "removals", "returns", "watch-list", "watch", "linked-worries",
    "unfinished-reports", "duty-reports", "site-spots", "items-found", "home-means", "needs-notes",
    "local-packs", "signposts", "postvention-cases", "dead-letters", "because",
}  # fmt: skip
"""What resources were called before, as people who search for them would not."""


class TestResources:
    def test_have_the_names_that_people_search_for(self) -> None:
        words = {word for path in answers.described()["paths"] for word in re.split("[/:]", path)}
        assert "sharing-exceptions" in words
        assert words & FORMER_NAMES == set()

    def test_are_searched_for_a_child_in_one_way(self) -> None:
        """By name there is one; a program looks one pupil up by the keys of its own source."""
        found = {
            operation["operationId"]
            for path, methods in answers.described()["paths"].items()
            for operation in methods.values()
            if path.endswith("children/search")
        }
        assert found == {"search_children", "look_up_roster_child"}


PAST = re.compile(r"(.*-)?[a-z]+ed(-.*)?|(.*-)?(done|sent|held|left|told|given)(-.*)?")
"""How steps were called before: what had happened, and not what to do."""
NO_STEPS = {
    "affected", "failed-jobs", "linked-concerns", "named-content", "named-staff",
    "proposed-changes", "received-files",
    "shared",
}  # fmt: skip
"""Collections, and the page of a recipient."""


class TestSteps:
    def test_are_in_the_imperative(self) -> None:
        paths = answers.described()["paths"]
        words = {path.rpartition("/")[2].partition(":")[0] for path in paths}
        assert {one for one in words if PAST.fullmatch(one)} - NO_STEPS == set()

    def test_offered_by_a_record_are_operations(self, schemas: dict[str, Schema]) -> None:
        """What they are called is held by every answer of a test; these lists are known at once."""
        offered = {
            word
            for _, fields in outs(schemas)
            for word in words_of(schemas, fields.get("permissions", {}).get("items", {}))
            if ":" not in word
        }
        assert offered
        assert offered - answers.description().operations.keys() == set()


def plain_times(kind: Any, limits: tuple[Any, ...] = ()) -> bool:
    """Whether a field takes days or moments of any year."""
    if get_origin(kind) is Annotated:
        inner, *more = get_args(kind)
        return plain_times(inner, (*limits, *more))
    if kind in (date, datetime):
        return not any(isinstance(one, BeforeValidator) for one in limits)
    return any(plain_times(one) for one in get_args(kind) if not isinstance(one, str | int))


def models_under(parent: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Every model that is made from one."""
    for model in parent.__subclasses__():
        yield model
        yield from models_under(model)


class TestDays:
    def test_that_are_sent_lie_in_years_that_a_record_can_be_about(self) -> None:
        """The driver writes the first and the last day of Python's calendar as infinities."""
        sent = [one for one in models_under(BaseModel) if not issubclass(one, Out)]
        ours = {one for one in sent if one.__module__.startswith("app.")}
        assert len(ours) > 300
        assert {
            f"{model.__name__}.{name}"
            for model in ours
            for name, field in model.model_fields.items()
            if plain_times(field.annotation, tuple(field.metadata))
        } == set()
