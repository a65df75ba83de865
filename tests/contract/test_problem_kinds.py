"""The catalogue of problems: whole, true to what the operations declare, and provoked by tests."""

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.api.describe import GENERAL
from app.api.problem_kinds import ANY, WELSH, problem_kinds, told_in
from app.api.problems import PROBLEM_TYPE, catalogue, problem_response
from app.core.settings import Settings
from app.domain.errors import CairnError, Retry
from app.main import build_app
from tests.answers import inlined
from tests.world import World

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
CATALOGUE = catalogue()
EXPECTING = ("raises", "assert_code")
"""Calls that expect what they are given."""
IN_OTHER_WORDS = {
    "not_held": ("cli/test_backup.py", "is not held"),
    "trust_unclear": ("cli/test_found_command.py", "Cairn has two trusts of this name."),
    "head_too_large": ("security/test_edge.py", "[431]"),
    "scim_group_not_found": (
        "api/people/test_scim_groups.py",
        "assert refused(await provider.get(path), 404)",
    ),
    "scim_resource_not_found": ("api/people/test_scim_users.py", "404)"),
    "user_name_taken": ("api/people/test_scim_users.py", '409, "uniqueness"'),
}
"""Where a test provokes a code whose answer does not carry it, and what it looks for."""
LITERAL = re.compile(r"`[^`]+`|/(?:v1|scim)/[\w/{}-]+|\b\w+_\w+\b")
"""What is sent as it stands: names of fields and addresses, the same in both languages."""


@pytest.fixture(scope="module")
def application() -> Any:
    """The application as it is built, without a database."""
    return build_app(Settings()).app


def asserted_in(tree: ast.Module) -> Iterator[str]:
    """The words of what a module expects: in assertions, and in the tables its tests are run with.

    A name in a docstring, in a body that is sent or in a comment expects nothing.
    """
    run_with: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Assert():
                yield from words_in(node)
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in EXPECTING:
                yield from words_in(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                run_with |= {word for one in node.decorator_list for word in words_in(one)}
    yield from run_with
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) if name in run_with:
                yield from words_in(node.value)


def words_in(part: ast.AST) -> Iterator[str]:
    """Each word of each text in a part of a module, and each name."""
    for node in ast.walk(part):
        match node:
            case ast.Constant(value=str(text)):
                yield from re.findall(r"\w+", text)
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name


@cache
def asserted() -> frozenset[str]:
    paths = [path for path in TESTS.rglob("test_*.py") if path != Path(__file__)]
    return frozenset(word for path in paths for word in asserted_in(ast.parse(path.read_text())))


def is_provoked(kind: type[CairnError]) -> bool:
    """Whether a test asserts the code of an answer, or that the error is raised."""
    if kind.code in IN_OTHER_WORDS:
        path, looked_for = IN_OTHER_WORDS[kind.code]
        return looked_for in (TESTS / path).read_text()
    return not asserted().isdisjoint(
        {kind.code, kind.__name__, getattr(kind, "scim_type", None) or kind.code}
    )


class TestProvoking:
    def test_is_done_for_every_code(self) -> None:
        assert [code for code, kind in CATALOGUE.items() if not is_provoked(kind)] == []

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("def test(): assert code(answer) == '404 share_not_found'", True),
            ("@parametrize('code', ['share_not_found'])\ndef test(code): pass", True),
            ("A = {'share_not_found': 1}\n@parametrize('code', A)\ndef test(code): pass", True),
            ("A = {'share_not_found': 1}\ndef test(): pass", False),
            ("def test():\n    with raises(share_not_found): end()", True),
            ('def test():\n    """Answers share_not_found."""', False),
            ("async def test(): await post({'reason': 'share_not_found'})", False),
        ],
    )
    def test_is_what_a_test_expects(self, text: str, expected: bool) -> None:
        assert ("share_not_found" in {*asserted_in(ast.parse(text))}) is expected


class TestOperations:
    def test_are_those_whose_description_names_the_code(self, application: Any) -> None:
        described = defaultdict(set)
        of_scim = {  # its answers carry no code, and so its description names none
            operation["operationId"]
            for methods in application.state.describe_scim()["paths"].values()
            for operation in methods.values()
        }
        for methods in inlined(application.openapi())["paths"].values():
            for operation in methods.values():
                for answer in operation["responses"].values():
                    for code in codes_in(answer):
                        described[code].add(operation["operationId"])
        general = {kind.code for kind in GENERAL}
        for code, kind in problem_kinds(application).items():
            if code in general:
                assert kind["operations"] == [ANY], code
            else:
                assert set(kind["operations"]) - of_scim == described[code], code

    def test_are_missing_only_where_a_command_of_the_operator_gives_it(
        self, application: Any
    ) -> None:
        kinds = problem_kinds(application).values()
        assert {one["code"] for one in kinds if not one["operations"]} == {
            "not_held",
            "trust_unclear",
        }


def codes_in(answer: dict[str, Any]) -> list[str]:
    schema = answer.get("content", {}).get(PROBLEM_TYPE, {}).get("schema", {})
    found: list[str] = schema["allOf"][1]["properties"]["code"]["enum"] if schema else []
    return found


class TestWords:
    @pytest.mark.parametrize("code", sorted(CATALOGUE))
    def test_say_what_happened_and_what_to_do(self, code: str) -> None:
        kind = CATALOGUE[code]
        assert kind.title.endswith(".")
        assert len(kind.title) <= 110
        assert kind.advice.endswith(".")

    @pytest.mark.parametrize("key", sorted(WELSH))
    def test_in_welsh_stand_beside_english_of_the_same_code(self, key: str) -> None:
        kinds = CATALOGUE.values()
        words = ("title", "advice")
        english = {word for word in words if key in {told_in(kind, word) for kind in kinds}}
        assert set(WELSH[key]) == english

    @pytest.mark.parametrize("code", sorted(CATALOGUE))
    def test_are_there_in_welsh_and_not_the_english_again(self, code: str) -> None:
        kind = CATALOGUE[code]
        for word in ("title", "advice"):
            english, welsh = getattr(kind, word), WELSH[told_in(kind, word)][word]
            assert welsh != english
            assert welsh.endswith(".")
            assert len(welsh) <= 1.6 * len(english) + 40
            assert sorted(LITERAL.findall(welsh)) == sorted(LITERAL.findall(english))

    def test_in_welsh_are_a_draft_until_somebody_has_read_them(self, application: Any) -> None:
        said = {one["review_cy"] for one in problem_kinds(application).values()}
        assert said == {"draft: a Welsh-speaking practitioner has not read it yet"}


class TestMembers:
    def test_of_single_codes_are_told_to_front_ends(self) -> None:
        told = ROOT.joinpath("docs/front-ends.md").read_text(encoding="utf-8")
        rows = [line.split("|")[1:3] for line in told.splitlines() if line.startswith("| `")]
        found = 0
        for kind in CATALOGUE.values():
            lines = inspect.getsource(kind).split("self.extra", 1)[1:]
            for name in re.findall(r'"(\w+)":', "".join(lines)):
                found += 1
                assert any(f"`{kind.code}`" in code and f"`{name}`" in adds for code, adds in rows)
        assert found >= 13


class TestRetry:
    @pytest.mark.parametrize("kind", CATALOGUE.values(), ids=lambda kind: kind.code)
    def test_later_says_when(self, kind: type[CairnError]) -> None:
        error = kind.__new__(kind)
        CairnError.__init__(error)
        error.__dict__.update(seconds=7, max_age=300)
        told = problem_response(error, instance=None)
        if kind.retry is Retry.LATER:
            assert int(told.headers["Retry-After"]) > 0
        elif told.status_code != 503:
            assert "Retry-After" not in told.headers


class TestServing:
    async def test_is_kept_for_a_day_and_the_same_by_code(self, world: World) -> None:
        first = await world.http.get("/v1/problems")
        [stale] = [one for one in first.json()["items"] if one["code"] == "version_stale"]
        assert (stale["status"], stale["retry"], stale["operations"]) == (412, "changed", ["any"])
        assert stale["title_cy"].startswith("Newidiodd rhywun")
        assert (await world.anybody.get(stale["type"])).json() == stale
        again = await world.http.get(
            "/v1/problems", headers={"If-None-Match": first.headers["etag"]}
        )
        assert again.status_code == 304
