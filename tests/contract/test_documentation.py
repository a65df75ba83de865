"""Nothing is documented that is not there, and nothing is there that is not documented."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic import SecretStr

from app.api.problems import catalogue
from app.api.schemas.concerns import AmendmentIn, ConcernIn
from app.api.schemas.self_harm import LeftSafelyIn
from app.cli import cairn
from app.core.settings import Settings
from app.core.vocabularies import VOCABULARIES
from app.core.words import Role
from app.domain.duty.milestones.rules import TASKS as MILESTONE_TASKS
from app.domain.duty.tasks.rules import ENDED_BY, rule_of
from app.domain.policy import ROLE_PERMISSIONS, SERVICE_SCOPES
from app.formats.rosters.faults import FAULTS
from app.formats.rosters.fields import CONTACT_FIELDS, PUPIL_FIELDS
from app.formats.rosters.mapping import parse_mapping
from app.formats.rosters.opening import open_roster
from tests.answers import MARKUP, described

ROOT = Path(__file__).parents[2]
PAGES = sorted(set((ROOT / "docs").glob("*.md")) - {ROOT / "docs/README.md"})


def _opening(page: Path) -> str:
    """The first paragraph under the title."""
    return page.read_text().split("\n\n")[1]


class TestSettings:
    def test_documents_every_setting_with_its_default(self) -> None:
        text = (ROOT / "docs/settings.md").read_text()
        rows = dict(re.findall(r"^\| `CAIRN_(\w+)` \| (?:`([^`]*)`)? ?\|", text, re.MULTILINE))
        assert set(rows) == {name.upper() for name in Settings.model_fields}
        for name, field in Settings.model_fields.items():
            shown = rows[name.upper()]
            plain = field.default
            if isinstance(plain, SecretStr):
                plain = plain.get_secret_value()
            expected = "[]" if plain == () else str(plain)
            assert shown == (expected.lower() if isinstance(plain, bool) else expected), name


class TestCommands:
    def test_documents_every_command(self) -> None:
        text = (ROOT / "README.md").read_text()
        commands: Any = typer.main.get_command(cairn())
        assert len(commands.commands) >= 8
        missing = [name for name in commands.commands if f"cairn {name}" not in text]
        assert missing == []


class TestReadme:
    CURL = re.compile(r"(?<![\w-])curl (-.*?)(?=\n|$)")

    def lines(self) -> list[str]:
        """Every command of the README that sends a request, whole, with its continuation lines."""
        text = "\n".join(
            re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
        )
        return self.CURL.findall(text.replace("\\\n", " "))

    def test_writes_only_files_that_git_ignores(self) -> None:
        ignored = (ROOT / ".gitignore").read_text().splitlines()
        written = {name for line in self.lines() for name in re.findall(r" -o (\S+)", line)}
        assert len(written) >= 3
        assert {name for name in written - {"/dev/null"} if f"/{name}" not in ignored} == set()

    def test_ends_every_answer_with_a_line_break(self) -> None:
        """Else the prompt of the shell stands behind the answer."""
        open_ended = [line for line in self.lines() if not re.search(r"^-sS(w '\\n'|N)| -o ", line)]
        assert open_ended == []


class TestProblems:
    def test_gives_every_code_a_sentence_and_advice(self) -> None:
        for code, kind in catalogue().items():
            assert re.fullmatch(r"[a-z0-9_]+", code)
            assert kind.title.endswith("."), code


def roster_digests() -> tuple[str, str, str]:
    """The script of docs/rosters.md, the rows it is shown with, and what it prints."""
    text = (ROOT / "docs/rosters.md").read_text()
    (script,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    shown = text.partition("Test vectors")[2]
    rows, vectors = re.findall(r"^```\n(.*?)^```", shown, re.DOTALL | re.MULTILINE)[:2]
    return script, rows, vectors


class TestRosters:
    def test_documents_every_code_with_what_to_do(self) -> None:
        text = (ROOT / "docs/rosters.md").read_text()
        rows = re.findall(r"^\| `([a-z0-9_]+\.[a-z0-9_]+)` \| (.+) \| (.+) \|$", text, re.MULTILINE)
        assert {code: (found, advice) for code, found, advice in rows} == dict(FAULTS)

    def test_names_every_field_of_a_mapping(self) -> None:
        text = (ROOT / "docs/rosters.md").read_text()
        assert [n for n in (*PUPIL_FIELDS, *CONTACT_FIELDS) if f"`{n}`" not in text] == []

    def test_shows_a_mapping_and_a_file_that_can_be_read(self, tmp_path: Path) -> None:
        text = (ROOT / "docs/rosters.md").read_text()
        (mapping,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
        assert parse_mapping(mapping.encode()).values["sex"] == {"1": "male", "2": "female"}
        _, shown = re.findall(
            r'^(\{"format":"cairn-roster/1".*?)```', text, re.DOTALL | re.MULTILINE
        )
        (tmp_path / "r.ndjson").write_text(shown, encoding="utf-8")
        roster = open_roster(tmp_path / "r.ndjson")
        assert (len(list(roster.users())), roster.take_problems()) == (2, [])

    def test_shows_a_script_that_computes_the_digests_it_shows(self) -> None:
        script, rows, vectors = roster_digests()
        done = subprocess.run(
            [sys.executable, "-c", script], input=rows.encode(), capture_output=True, check=True
        )
        assert done.stdout.decode() == vectors


class TestPages:
    def test_are_each_in_the_index(self) -> None:
        index = (ROOT / "docs/README.md").read_text()
        assert [page.name for page in PAGES if f"({page.name})" not in index] == []

    def test_say_first_whom_they_are_for(self) -> None:
        assert len(PAGES) > 30
        clients = [*(ROOT / "clients").glob("*/README.md")]
        assert [
            str(page) for page in (*PAGES, *clients) if not _opening(page).startswith("For ")
        ] == []

    def test_begin_in_the_readme_with_a_way_for_each_reader(self) -> None:
        before = (ROOT / "README.md").read_text().partition("\n## ")[0]
        asked = re.findall(r"^- \*\*(.+?)\?\*\*", before, re.MULTILINE)
        assert len(asked) >= 4, asked

    def test_are_a_tutorial_a_how_to_a_reference_or_an_explanation(self) -> None:
        parts = re.findall("^## (.+)$", (ROOT / "docs/README.md").read_text(), re.MULTILINE)
        assert parts == [
            "Learn by doing", "Build a front end", "By screen and by role",
            "Connect another system", "Run Cairn", "Know why you can rely on it", "Change Cairn",
        ]  # fmt: skip
        for screen in ("raise-a-concern", "leads-day", "childs-record", "share-with-a-parent"):
            assert (ROOT / f"docs/screen-{screen}.md") in PAGES


class TestPictures:
    def test_are_shown_by_a_page(self) -> None:
        shown = {
            name for page in PAGES for name in re.findall(r"\(pictures/([^)]+)\)", page.read_text())
        }
        assert shown == {path.name for path in (ROOT / "docs/pictures").iterdir()}


OPERATION = re.compile(r"`(GET|POST|PATCH|PUT|DELETE) (/v1/[^`?]+)(?:\?[^`]*)?`")
ROLE_PAGES = {
    "teacher": [Role.STAFF],
    "lead": [Role.DSL, Role.DEPUTY_DSL],
    "head": [Role.HEADTEACHER],
    "school-administrator": [Role.SCHOOL_ADMIN],
    "trust-lead": [Role.TRUST_LEAD],
}


def scopes(text: str) -> dict[str, str]:
    """The scope of each operation that a text names. Raises KeyError for one there is not."""
    return {
        f"{method} {path}": described()["paths"][path][method.lower()]["x-scope"]
        for method, path in OPERATION.findall(text)
    }


class TestRolePages:
    @pytest.mark.parametrize("name", ROLE_PAGES)
    def test_name_what_the_role_may_and_may_not(self, name: str) -> None:
        text = (ROOT / f"docs/role-{name}.md").read_text()
        may, _, may_not = text.partition("## Not for ")
        assert len(scopes(may)) >= 5
        assert len(scopes(may_not)) >= 2
        for role in ROLE_PAGES[name]:
            held = {one.value for one in ROLE_PERMISSIONS[role]} | {"signed_in", "public"}
            assert {one for one, scope in scopes(may).items() if scope not in held} == set()
            assert {one for one, scope in scopes(may_not).items() if scope in held} == set()

    def test_of_integrators_name_scopes_that_a_key_can_have(self) -> None:
        text = (ROOT / "docs/role-integrator.md").read_text()
        named = re.findall(r"^\| .+ \| `(\w+:\w+)` \|", text, re.MULTILINE)
        assert len(named) >= 6
        assert set(named) <= {one.value for one in SERVICE_SCOPES}


class TestDecisions:
    def test_lists_every_page(self) -> None:
        folder = ROOT / "docs/decisions"
        text = (folder / "README.md").read_text()
        pages = [page.name for page in folder.glob("0*.md")]
        assert len(pages) >= 5
        assert [name for name in pages if name not in text] == []


class TestTasks:
    def test_tells_what_ends_every_kind(self) -> None:
        text = (ROOT / "docs/self-harm.md").read_text()
        shown = re.findall(r"^\| `(\w+)` \| (.+) \| `([\w.]+)` \| (.+) \|$", text, re.MULTILINE)
        expected = [
            (
                term.code, term.label, rule_of(term.code),
                ", ".join(f"`{one}`" for one in ENDED_BY.get(term.code, ("complete_task",))),
            )
            for term in VOCABULARIES["task_kinds"].terms
            if term.code not in MILESTONE_TASKS  # those stand in docs/deadlines.md
        ]  # fmt: skip
        assert shown == expected

    def test_ends_kinds_by_operations_that_there_are(self) -> None:
        names = {
            operation["operationId"]
            for path in described()["paths"].values()
            for operation in path.values()
        }
        assert {one for ends in ENDED_BY.values() for one in ends} <= names


class TestFirstCalls:
    def test_shows_bodies_that_can_be_taken(self) -> None:
        text = (ROOT / "docs/self-harm.md").read_text()
        raised, amended, left = re.findall(r"-d '(\{.+?\})'", text, re.DOTALL)
        ConcernIn.model_validate_json(raised)
        AmendmentIn.model_validate_json(amended)
        LeftSafelyIn.model_validate_json(left)

    def test_names_every_kind(self) -> None:
        text = (ROOT / "docs/self-harm.md").read_text()
        rows = [f"| `{one.code}` | {one.label} |" for one in VOCABULARIES["self_harm_kinds"].terms]
        assert "\n".join(rows) in text


class TestExamples:
    def test_shows_no_trick(self) -> None:
        text = (ROOT / "app/api/examples.json").read_text()
        assert MARKUP.findall(text.encode()) == []


FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
RUN_BY: dict[str, str | dict[str, str]] = {
    "README.md": "contract/test_demo.py",
    "clients/python/README.md": "clients/test_clients.py",
    "clients/typescript/README.md": "clients/test_clients.py",
    "docs/alert-intake.md": "clients/test_shell_pages.py",
    "docs/backup.md": "cli/test_base_backup.py",
    "docs/clients.md": "clients/test_clients.py",
    "docs/documents.md": "clients/test_shell_pages.py",
    "docs/events.md": "clients/test_pages.py",
    "docs/founding.md": "cli/test_founding_guide.py",
    "docs/leaving.md": "cli/test_school_files.py",
    "docs/moving.md": "cli/test_the_whole_way.py",
    "docs/past.md": "cli/test_past_imports_command.py",
    "docs/referrals.md": "clients/test_shell_pages.py",
    "docs/rosters.md": {
        "python": "contract/test_documentation.py",
        "sh": "api/exchange/test_roster_import_command.py",
    },
    "docs/sandbox.md": "cli/test_sandbox_guide.py",
    "docs/scripts.md": "cli/test_scripts_guide.py",
    "docs/self-harm.md": "clients/test_pages.py",
    "docs/sharing.md": "clients/test_shell_pages.py",
    "docs/sign-in.md": "clients/test_shell_pages.py",
    "docs/transfers.md": "cli/test_demo_guides.py",
    "docs/transfer-packet.md": {
        "python": "unit/formats/test_packets_page.py",
        "sh": "cli/test_packet_command.py",
    },
    "docs/tutorial-front-end.md": "cli/test_sandbox_guide.py",
    "docs/tutorial-script.md": "cli/test_sandbox_guide.py",
    "docs/webhooks.md": {
        "python": "clients/test_pages.py", "js": "clients/test_pages.py",
        "sh": "cli/test_demo_guides.py",
    },
    **{
        f"docs/{page.name}": "cli/test_sandbox_guide.py"
        for page in PAGES if re.match("(screen|role)-(?!trust)", page.name)
    },
}  # fmt: skip
"""The test that runs the blocks of a page: all of them, or those of each language."""
PROGRAMS = {"sh", "bash", "python", "js", "ts"}
COMMAND = re.compile(
    r"^ *(?:\$ )?(?:(?:\S*/)?(?:curl|cairn|make|openssl|pip|npm|python3?|git) |[A-Z_]+=\S*\$\()",
    re.MULTILINE,
)
"""A line for a shell."""


def fenced() -> Iterator[tuple[str, str, str]]:
    """Page, language and text of each fenced block."""
    for page in (ROOT / "README.md", *PAGES, *ROOT.glob("clients/*/README.md")):
        for _, language, text in FENCED.findall(page.read_text()):
            yield str(page.relative_to(ROOT)), language, text


class TestBlocks:
    def test_of_programs_are_run_by_a_test(self) -> None:
        found = {(page, language) for page, language, _ in fenced() if language in PROGRAMS}
        assert {page for page, _ in found} == RUN_BY.keys()
        for page, language in found:
            of = RUN_BY[page]
            test = of if isinstance(of, str) else of[language]
            text = (ROOT / "tests" / test).read_text()
            name = page.rpartition("/")[2]
            known = (name, "HOW_TO", "homes[", "contract.readme")
            assert any(one in text for one in known), (page, test)

    def test_of_programs_say_their_language(self) -> None:
        """Else nobody runs them."""
        assert [
            (page, text) for page, language, text in fenced()
            if language in ("", "text") and COMMAND.search(text)
        ] == []  # fmt: skip

    def test_of_json_can_be_read(self) -> None:
        for page, language, text in fenced():
            if language == "json":
                assert json.loads(text), page

    def test_name_operations_that_there_are(self) -> None:
        known = {
            (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/:]+", path)))
            for path, methods in described()["paths"].items()
            for method in methods
        }
        named = [
            (page, method, path)
            for page, _, text in fenced()
            for method, path in re.findall(
                r"^ *(GET|POST|PATCH|PUT|DELETE) +(/v1/[^\s?]+)", text, re.M
            )
        ]
        assert len(named) > 30
        assert [
            one for one in named
            if not any(one[1] == method and path.fullmatch(one[2]) for method, path in known)
        ] == []  # fmt: skip

    def test_name_commands_and_options_that_there_are(self) -> None:
        lines = [
            (page, line)
            for page, language, text in fenced() if language in ("sh", "bash")
            for line in re.findall(r"(?:^|[/\s(])cairn ((?:[a-z][a-z-]* ?).*)$", text, re.M)
        ]  # fmt: skip
        assert len(lines) > 15
        for page, line in lines:
            command: Any = typer.main.get_command(cairn())
            words = shlex.split(re.split(r" [|>\\]|\)|;| &", line, maxsplit=1)[0], comments=True)
            while words and hasattr(command, "commands"):
                assert words[0] in command.commands, (page, line)
                command = command.commands[words.pop(0)]
            options = {name for one in command.params for name in one.opts}
            assert {one.partition("=")[0] for one in words if one.startswith("--")} <= options, (
                page, line,
            )  # fmt: skip
