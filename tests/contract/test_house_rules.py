"""Rules of the house that no linter knows, read from the syntax tree of each module in ``app``."""

import ast
import re
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
MODULES = sorted(
    path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "app").rglob("*.py")
)
FUNCTION_LINES = 60
FILE_LINES = 450

Rule = Callable[[str, str], list[str]]


@lru_cache(maxsize=1)
def _walk(source: str) -> list[ast.AST]:
    """Every node of a module; the last is kept, as each rule asks for the same."""
    return list(ast.walk(ast.parse(source)))


def commits_outside_the_unit_of_work(path: str, source: str) -> list[str]:
    """A transaction has one end, in one place."""
    if path == "app/db/unit_of_work.py":
        return []
    return [
        f"{path}:{node.lineno} calls commit()"
        for node in _walk(source)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
    ]


def functions_too_long(path: str, source: str) -> list[str]:
    return [
        f"{path}:{node.lineno} {node.name} has more than {FUNCTION_LINES} lines"
        for node in _walk(source)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > FUNCTION_LINES
    ]


def file_too_long(path: str, source: str) -> list[str]:
    lines = len(source.splitlines())
    return [f"{path} has {lines} lines, more than {FILE_LINES}"] if lines > FILE_LINES else []


STARTERS = (
    "app/db/embedded.py", "app/formats/documents/setting.py", "app/integrations/images.py",
)  # fmt: skip
STARTS = re.compile(r"create_subprocess_exec|exec[lv]\w*|spawn\w*|posix_spawnp?|fork(?:pty)?")
"""Ways of `os` and `asyncio` to start a program."""
SHELLS = re.compile(r"create_subprocess_shell|system|popen|getoutput|getstatusoutput")


def starts_programs(path: str, source: str) -> list[str]:
    """Programs are started for the embedded server, the typesetter, pictures and by the commands.

    No program is started through a shell, by nobody.
    """
    free = path in STARTERS or path.startswith("app/cli/")
    return [
        f"{path}:{getattr(node, 'lineno', 0)} starts a program"
        for node in _walk(source)
        if _uses_a_shell(node) or (not free and _starts(node))
    ]


def _starts(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(_is_subprocess(alias.name) for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return _is_subprocess(node.module or "") or _takes(node, STARTS)
    return _is_of(node, ("os", "asyncio"), STARTS)


def _uses_a_shell(node: ast.AST) -> bool:
    if isinstance(node, ast.keyword):
        shell = node.value
        return node.arg == "shell" and not (isinstance(shell, ast.Constant) and not shell.value)
    if isinstance(node, ast.ImportFrom):
        return _takes(node, SHELLS)
    return _is_of(node, ("os", "asyncio", "subprocess"), SHELLS)


def _takes(node: ast.ImportFrom, names: re.Pattern[str]) -> bool:
    """`from os import system`."""
    there = node.module in ("os", "asyncio", "subprocess")
    return there and any(names.fullmatch(alias.name) for alias in node.names)


def _is_of(node: ast.AST, modules: tuple[str, ...], names: re.Pattern[str]) -> bool:
    """`os.system`, named in any way but by another name."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in modules
        and names.fullmatch(node.attr) is not None
    )


def _is_subprocess(module: str) -> bool:
    return module.partition(".")[0] == "subprocess" or module == "asyncio.subprocess"


def settings_that_outlive_the_transaction(path: str, source: str) -> list[str]:
    """On a pooled connection a session setting would reach the next school."""
    return [
        f"{path}:{node.lineno} sets something for the whole session: {node.value.strip()[:60]!r}"
        for node in _walk(source)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and _sets_the_session(node.value)
    ] + [
        f"{path}:{node.lineno} calls set_config without is_local"
        for node in _walk(source)
        if isinstance(node, ast.Call) and _is_session_call(node)
    ]


def _sets_the_session(text: str) -> bool:
    """True for SQL with ``SET name ...`` or ``set_config(..., false)``; prose is not SQL."""
    for statement in text.split(";"):
        words = statement.split()
        keyword = words[0] if words else ""
        is_sql = keyword == "SET" or (keyword == "set" and _reads_as_a_setting(words))
        if (
            is_sql
            and words[1:2]
            and words[1].upper() not in {"LOCAL", "TRANSACTION", "CONSTRAINTS"}
        ):
            return True
    return _has_session_set_config(text.lower())


def _reads_as_a_setting(words: list[str]) -> bool:
    return "=" in "".join(words[1:3]) or words[2:3] == ["to"] or words[1:2] == ["session"]


def _has_session_set_config(text: str) -> bool:
    for call in text.split("set_config(")[1:]:
        depth, end = 1, 0
        while end < len(call) and depth:
            depth += {"(": 1, ")": -1}.get(call[end], 0)
            end += 1
        if call[: end - 1].rpartition(",")[2].strip() in {"false", "f", "'f'", "'false'"}:
            return True
    return False


def _is_session_call(call: ast.Call) -> bool:
    """``func.set_config(name, value, False)``."""
    named = isinstance(call.func, ast.Attribute) and call.func.attr == "set_config"
    last = call.args[-1] if call.args else None
    return named and isinstance(last, ast.Constant) and last.value is False


def opens_without_a_sentence(path: str, source: str) -> list[str]:
    (module, *_) = _walk(source)
    said = isinstance(module, ast.Module) and ast.get_docstring(module)
    return [] if said else [f"{path} does not open with a sentence saying what it is for"]


def chosen_times_without_limit(path: str, source: str) -> list[str]:
    """What a person chose is held against the furthest limit: only ``choose_clock`` sets it."""
    if path == "app/domain/common/deadlines/commands.py":
        return []
    return [
        f"{path}:{node.lineno} calls set_clock() past choose_clock()"
        for node in _walk(source)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "set_clock"
    ]


LOCKING_PART = re.compile(
    r"\b(?:from|join|in|any)\s*\(\s*select\b.*?\bfor (?:no key )?update\b", re.S
)


def locks_in_a_part_that_may_run_again(path: str, source: str) -> list[str]:
    """``limit ... for update`` as the inner side of a nested loop takes more than its limit."""
    return [
        f"{path}:{node.lineno} limits and locks in a part: `with x as materialized (...)` is once"
        for node in _walk(source)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for part in [LOCKING_PART.search(node.value.lower())]
        if part and " limit " in part.group()
    ]


SPEAK_SQL = (
    "app/db/",  # remembers
    "app/cli/",  # founds, copies, restores and looks after a server
    "app/demo/",  # asks for its own story
    "app/domain/access/row_hashes/queries.py",  # a SQLite file of its own, for one check
)
STATEMENT = re.compile(
    r"(?:^|\()\s*(?:select|insert\s+into|update\s+\w+\s+set|delete\s+from|with\s+\w+\s+as)\s", re.I
)
"""SQL that stands for itself or in brackets; a join or a condition of a declared list is a part."""
BUILDS = re.compile(r"is_|is_not|in_|not_in|with_for_update|order_by|execution_options")
"""Methods by which mapped classes become parts of a statement."""
RUNS = re.compile(r"execute|scalars?|stream(?:_scalars)?|execute_query\w*")


def statements_outside_the_database(path: str, source: str) -> list[str]:
    """What is asked of the database stands in db; import-linter keeps SQLAlchemy out."""
    if path.startswith(SPEAK_SQL):
        return []
    return [
        f"{path}:{node.lineno} says {node.value.strip()[:60]!r} outside app/db"
        for node in _walk(source)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and STATEMENT.search(node.value)
    ] + [
        f"{path}:{node.lineno} calls {node.func.attr}() outside app/db"
        for node in _walk(source)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (BUILDS.fullmatch(node.func.attr) or _asks_a_session(node.func))
    ]


def _asks_a_session(call: ast.Attribute) -> bool:
    """``work.session.scalars(...)``."""
    of = call.value
    named = of.attr if isinstance(of, ast.Attribute) else of.id if isinstance(of, ast.Name) else ""
    return named == "session" and RUNS.fullmatch(call.attr) is not None


RULES: list[Rule] = [
    commits_outside_the_unit_of_work,
    functions_too_long,
    file_too_long,
    starts_programs,
    settings_that_outlive_the_transaction,
    opens_without_a_sentence,
    chosen_times_without_limit,
    locks_in_a_part_that_may_run_again,
    statements_outside_the_database,
]


CALLED_FROM_OUTSIDE = {
    "finish_job": "procrastinate's worker",
    "get_col_spec": "SQLAlchemy",
    "get_retry_decision": "procrastinate's worker",
    "_periodic_deferrer": "procrastinate's worker",
    "readinto": "io.BufferedReader",
    "send_400_response": "uvicorn",
    "academic_sessions": "nobody: a file of the format that an import passes over",
    "courses": "the same",
}
"""What no line of `app` names, and who uses it instead."""
ENDINGS = "app/demo/plot.py"
"""Its methods are found by the name of a story's ending."""


def names_in(source: str) -> tuple[set[str], set[str]]:
    """The classes a module defines, its functions without a decorator, and every name it uses."""
    defined: set[str] = set()
    used: set[str] = set()
    for node in _walk(source):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.decorator_list
        ) or (isinstance(node, ast.ClassDef) and not _is_table(node)):
            defined.add(node.name)
        elif isinstance(node, ast.AnnAssign):
            used |= set(re.findall(r"\w+", ast.unparse(node.annotation)))
        elif isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.Attribute):
            used.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            used |= set(re.findall(r"^[a-z_.]+:(\w+)$", node.value))
        elif isinstance(node, ast.alias):
            used |= {node.name, node.asname or node.name} if node.asname else set()
    return {name for name in defined if not name.startswith("__")}, used


def _is_table(node: ast.ClassDef) -> bool:
    """Statements name tables, not their classes."""
    return any(
        isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "__tablename__"
        for line in node.body
    )


def uncalled(sources: dict[str, str]) -> set[str]:
    """Functions and classes that no module uses: nobody does, or tests alone do."""
    defined: set[str] = set()
    used: set[str] = set()
    for path, source in sources.items():
        found, more = names_in(source)
        defined |= found if path != ENDINGS else set()
        used |= more
    return defined - used


READ_FROM_OUTSIDE = {
    "app.cli.demo.programs.begin": "a program of the demo, begun by its text",
    "app.core.alert_ends.PARTLY": "which news may have a matter; a test watches each alert",
    "app.core.vocabularies.category_rules.HOLDS_FROM": "a test holds the page about it to this",
    "app.core.vocabularies.category_rules.VERSION": "a test holds the page about it to this",
    "app.domain.nouns.EVERY": "every kind in one order; tests walk it",
    "app.domain.nouns.OTHERS": "what has states and is no kind; a test counts both",
    "app.main.app_from_environment": "uvicorn",
}
"""What no line of `app` reads, and why it stands there."""


def _imported(node: ast.AST) -> dict[str, str]:
    """What an import calls each module or name, in full: `{"stored": "app.db.repositories.x"}`."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return {}
    before = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    return {item.asname or item.name: before + item.name for item in node.names}


def names_read(path: str, source: str) -> set[str]:
    """The full names that a module reads: its own, those it imports, and those of a module."""
    here = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    nodes = _walk(source)
    imported = {name: full for node in nodes for name, full in _imported(node).items()}
    read = set(imported.values())
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            read.add(f"{here}.{node.id}")
        elif isinstance(node, ast.Attribute):
            of = ast.unparse(node.value)
            read.add(f"{imported.get(of, of)}.{node.attr}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            read |= {f"{here}.{name}" for name in re.findall(r"^\w+$", node.value)}
            read |= {
                f"{folder}.{name}".replace(":", ".")
                for folder in ("app.cli", here)
                for name in re.findall(r"^[\w.]+:\w+$", node.value)
            }
    return read


def _at_root(source: str) -> set[str]:
    """Constants, functions without a decorator and classes of a module, but tables."""
    names: set[str] = set()
    for line in ast.iter_child_nodes(_walk(source)[0]):
        if isinstance(line, ast.Assign | ast.AnnAssign):
            targets = line.targets if isinstance(line, ast.Assign) else [line.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
        elif isinstance(line, ast.FunctionDef | ast.AsyncFunctionDef):
            names |= set() if line.decorator_list else {line.name}
        elif isinstance(line, ast.ClassDef) and not _is_table(line):
            names.add(line.name)
    return {name for name in names if not name.startswith("__")}


def unread(sources: dict[str, str]) -> set[str]:
    """What stands at the root of a module and no module reads; an equal name reads nothing."""
    read = {name for path, source in sources.items() for name in names_read(path, source)}
    defined = {
        f"{path.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}.{name}"
        for path, source in sources.items()
        for name in _at_root(source)
    }
    return defined - read


class TestNamesOfModules:
    def test_are_read_by_the_application(self) -> None:
        sources = {path: (REPOSITORY / path).read_text(encoding="utf-8") for path in MODULES}
        assert unread(sources) == set(READ_FROM_OUTSIDE)

    def test_that_nobody_reads_are_found(self) -> None:
        one = "LEFT: Final = 1\n_TOO = 2\nUSED = 3\nFAR = 4\ndef run():\n    INSIDE = 5\n"
        sources = {"app/a.py": one, "app/b.py": "from app import a\na.FAR + a.USED\na.run()"}
        assert unread(sources) == {"app.a.LEFT", "app.a._TOO"}

    def test_are_not_read_by_an_equal_name_elsewhere(self) -> None:
        sources = {"app/a.py": "NOUN = 1\ndef show(): ...", "app/b.py": "NOUN = 2\nNOUN\nc.show()"}
        assert unread(sources) == {"app.a.NOUN", "app.a.show"}


class TestFunctionsAndClasses:
    def test_are_used_by_the_application_and_not_by_tests_alone(self) -> None:
        sources = {path: (REPOSITORY / path).read_text(encoding="utf-8") for path in MODULES}
        assert uncalled(sources) == set(CALLED_FROM_OUTSIDE)

    def test_that_tests_alone_use_are_found(self) -> None:
        one = "def called(): ...\ndef alone(): ...\n@route\ndef operation(): ...\n"
        assert uncalled({"a": one, "b": "from a import called\ncalled()"}) == {"alone"}
        assert uncalled({"a": one, "b": 'called()\nlater("a:alone")'}) == set()
        assert uncalled({"a": one, "b": "from a import alone, called as c\nalone()"}) == set()
        double = "class Mail: ...\n@dataclass\nclass MemoryMail(Mail): ...\n"
        assert uncalled({"a": double}) == {"MemoryMail"}


@cache
def complaints() -> dict[str, list[str]]:
    """What each rule says of all modules, which are read once."""
    found: dict[str, list[str]] = {rule.__name__: [] for rule in RULES}
    for path in MODULES:
        source = (REPOSITORY / path).read_text(encoding="utf-8")
        for rule in RULES:
            found[rule.__name__] += rule(path, source)
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
class TestEveryModule:
    def test_keeps_the_rule(self, rule: Rule) -> None:
        assert complaints()[rule.__name__] == []


class TestCommit:
    @pytest.mark.parametrize("source", ["await session.commit()", "c.commit()", "x.y.commit()"])
    def test_is_found(self, source: str) -> None:
        assert commits_outside_the_unit_of_work("app/domain/x.py", source)

    def test_is_free_in_the_unit_of_work(self) -> None:
        assert not commits_outside_the_unit_of_work("app/db/unit_of_work.py", "s.commit()")

    def test_is_not_seen_where_only_spoken_of(self) -> None:
        assert not commits_outside_the_unit_of_work("app/x.py", "'call commit()'; on_commit()")


class TestChosenTimes:
    @pytest.mark.parametrize("source", ["set_clock(work, x, at)", "keeping.set_clock(work, x, at)"])
    def test_are_limited(self, source: str) -> None:
        assert chosen_times_without_limit("app/domain/x.py", source)
        assert not chosen_times_without_limit("app/domain/common/deadlines/commands.py", source)
        assert not chosen_times_without_limit("app/x.py", "start_clock(work, x, 'rule')")


class TestStatements:
    @pytest.mark.parametrize(
        "source",
        [
            '"select id from task"', '"""\nselect\n  id from task"""',
            '"insert into task values (1)"',
            '"update task set x = 1"', '"delete from task"', '"with one as (select 1) x"',
            'f"not exists (select from {table})"', "Task.ended_at.is_(None)", "Task.id.in_(ids)",
            "await work.session.scalars(asked)", "session.execute(asked)",
        ],
    )  # fmt: skip
    def test_are_found_outside_db(self, source: str) -> None:
        assert statements_outside_the_database("app/domain/x.py", source)
        assert statements_outside_the_database("app/jobs/x.py", source)
        assert not statements_outside_the_database("app/db/repositories/x.py", source)

    @pytest.mark.parametrize(
        "source",
        [
            '"Selected by a lead."', '"Update the plan, then set a date."', '"t.state = \'open\'"',
            '"join child k on k.school_id = $1"', "await work.session.flush()", "pool.execute(job)",
        ],
    )  # fmt: skip
    def test_are_not_seen_in_prose_and_parts(self, source: str) -> None:
        assert not statements_outside_the_database("app/domain/x.py", source)

    def test_are_said_where_it_is_allowed(self) -> None:
        for allowed in SPEAK_SQL[1:]:
            paths = [path for path in MODULES if path.startswith(allowed)]
            sources = [(REPOSITORY / path).read_text(encoding="utf-8") for path in paths]
            assert any(statements_outside_the_database("app/x.py", one) for one in sources)


class TestLockingParts:
    PART = "(select id from t order by at limit $1 for no key update skip locked)"

    @pytest.mark.parametrize(
        "around", ["update t set x = 1 from {} d", "delete from t where id in {}"]
    )
    def test_are_found(self, around: str) -> None:
        assert locks_in_a_part_that_may_run_again("app/x.py", repr(around.format(self.PART)))

    def test_are_once_as_a_table_of_their_own(self) -> None:
        once = " ".join(["with d as materialized", self.PART, "update t set x = 1 from d"])
        assert not locks_in_a_part_that_may_run_again("app/x.py", repr(once))


class TestLength:
    @pytest.mark.parametrize("start", ["def f():", "async def f():"])
    def test_of_a_function_is_capped(self, start: str) -> None:
        most = start + "\n    pass" * (FUNCTION_LINES - 1)
        assert not functions_too_long("app/x.py", most)
        assert functions_too_long("app/x.py", most + "\n    pass")

    def test_of_a_file_is_capped(self) -> None:
        most = "x = 1\n" * FILE_LINES
        assert not file_too_long("app/x.py", most)
        assert file_too_long("app/x.py", most + "x = 1\n")


class TestSubprocess:
    @pytest.mark.parametrize(
        "source",
        [
            "import subprocess",
            "import os, subprocess as s",
            "from subprocess import run",
            "def f():\n    import subprocess",
            "from asyncio.subprocess import Process",
            "await asyncio.create_subprocess_exec('ls')",
            "from asyncio import create_subprocess_exec",
            "os.execv('ls', [])",
            "os.posix_spawn('ls', [], {})",
        ],
    )
    def test_is_found(self, source: str) -> None:
        assert starts_programs("app/domain/x.py", source)

    @pytest.mark.parametrize(
        "source",
        [
            "asyncio.create_subprocess_shell('ls')",
            "os.system('ls')",
            "from os import popen",
            "subprocess.run('ls', shell=True)",
            "subprocess.getoutput('ls')",
        ],
    )
    @pytest.mark.parametrize("path", [*STARTERS, "app/cli/demo.py", "app/domain/x.py"])
    def test_is_nowhere_a_shell(self, path: str, source: str) -> None:
        assert starts_programs(path, source)

    @pytest.mark.parametrize("path", [*STARTERS, "app/cli/demo.py"])
    def test_is_free_where_programs_are_started(self, path: str) -> None:
        assert not starts_programs(path, "import subprocess")


class TestSessionSettings:
    @pytest.mark.parametrize(
        "sql",
        [
            "SET app.school_id = 'x'",
            "set app.school_id to 'x'",
            "select 1; SET ROLE cairn_app",
            "SET SESSION timezone = 'UTC'",
            "select set_config('app.school_id', coalesce(:a, ''), false)",
            "SELECT SET_CONFIG('a', $1, FALSE)",
        ],
    )
    def test_are_found(self, sql: str) -> None:
        assert settings_that_outlive_the_transaction("app/db/x.py", f"text({sql!r})")

    def test_are_found_in_a_call(self) -> None:
        source = "func.set_config('app.school_id', value, False)"
        assert settings_that_outlive_the_transaction("app/db/x.py", source)

    @pytest.mark.parametrize(
        "text",
        [
            "SET LOCAL statement_timeout = '5s'",
            "SET TRANSACTION READ ONLY",
            "select set_config('app.school_id', :school, true), set_config('a', 'false', true)",
            "update child set name = 'x'",
            "set once and never changed",
            "Set when the file is closed.",
        ],
    )
    def test_of_the_transaction_are_free(self, text: str) -> None:
        assert not settings_that_outlive_the_transaction("app/db/x.py", f"text({text!r})")


class TestOpeningSentence:
    @pytest.mark.parametrize("source", ["", "import os", "# a comment", '""" """'])
    def test_is_missed(self, source: str) -> None:
        assert opens_without_a_sentence("app/x.py", source)

    def test_is_enough(self) -> None:
        assert not opens_without_a_sentence("app/x.py", '"""What this place is for."""')
