"""No template of a message can carry anything of a person, and none uses a word of the record."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import app
from app.core.vocabularies import VOCABULARIES

HOME = Path(app.__file__).parent
WORDS = HOME / "domain/common/alerts/rules.py"
ALERTS = HOME / "jobs/alerts.py"
SENDERS = sorted(
    path
    for path in HOME.rglob("*.py")
    if "integrations" not in path.parts and re.search(r"\bMessage\(", path.read_text())
)
ALLOWED = frozenset({"link", "what", "school", "new"})
"""`link` is a link of ours; `what` one of the sentences in `NOTICES`; `school` its own name; `new`
the reader's own new address or number, which they are asked to confirm."""
WITHIN = frozenset(
    {
        "link", "token", "front", "new_id", "mail_domain", "run.adapters.mail_domain",
        "adapters.mail_domain",
        "account_id", "max", "ending.keys", "refused.code", "put_off", "len", "waiting",
        "sort", "sort_id", "reached.email", "reached.phone", "reached.secret",
    }
)  # fmt: skip
"""What f-strings of a module that sends are put together from: links, ids, counts and codes."""
FILLS = frozenset(
    {
        "link",
        "new",
        "sentence",
        "school",
        "run.adapters.settings.links_url",
        "adapters.settings.links_url",
    }
)
"""What a table's words are filled with; `sentence` is a sentence of `NOTICES`."""
NAMED = frozenset(
    {
        "notice.urgent",
        "message_id_of",
        "digest_id_of",
        "gathered",
        "digest",
        "LOUD",
        "run.adapters.mail_domain",
        "address",
    }
)
"""What heads of a message are made from besides."""
OF_WORDS = frozenset(
    {
        "Words", "SUBJECTS.get", "CONCERN", "DANGER", "FOOTER", "ABOUT_CONCERNS",
        "notice.kind", "notice.urgent", "subject", "danger", "urgent", "address",
        "notice.reference", "SOMETHING", "CAIRN", "URGENT", "SIGN_IN",
    }
)  # fmt: skip
"""All that the words of an alert are put together from: this table, a reference, our address."""
OF_DIGESTS = frozenset(
    {
        "Words", "CAIRN", "FOOTER", "SIGN_IN", "ONE_THING", "THINGS", "dict.fromkeys", "len",
        "digest.notices", "number", "subject", "references", "reference", "notice.reference",
        "notice", "listed", "text", "address", "join",
    }
)  # fmt: skip
"""The same of a digest: how many there are, and their references."""
OF_SEVERAL = frozenset(
    {
        "Words", "words_of", "gathered.first", "gathered.more", "gathered.references",
        "gathered.is_danger", "alone", "alone.subject", "AND", "MORE", "subject", "reference",
        "listed", "join", "danger", "DANGER", "SIGN_IN", "FOOTER", "address", "text",
    }
)  # fmt: skip
"""The same of several at once: what the first says, how many more, and their references."""
MADE = frozenset({"words.subject", "words.text"})
"""Where `words` is what `words_of` made, or a row of a table."""
OF_THE_RECORD = (
    "concern_categories", "child_status_kinds", "child_protection_categories", "body_map_regions",
    "concern_sources", "harm_contexts", "alleged_sources_of_harm", "harm_tests", "contact_kinds",
    "adult_thresholds", "adult_outcomes", "adult_concern_kinds", "referral_kinds", "sexes",
    "closure_outcomes", "confidentiality_classes", "levels_of_need", "ethnicities",
    "sen_provisions", "monitoring_outcomes", "concern_states", "decision_kinds",
    "self_harm_kinds", "self_harm_means", "pathway_states", "pathway_steps",
    "safety_record_kinds", "safety_check_actions", "support_list_reasons", "check_in_hows",
    "task_kinds",
    "bereavement_people", "bereavement_duties", "parents_rows", "linked_concern_states",
)  # fmt: skip
EVERYDAY = frozenset(
    {
        "other",
        "the child",
        "monitoring",
        "monitoring tool",
        "not sure",
        "staff",
        "school",
        "police",
        "closed",
        "in progress",
        "somebody else",
    }
)
"""Labels that are words of any message too."""


def templates(path: Path) -> Iterator[str]:
    """Every text at the top of a module, and what stands between the names of all its f-strings.

    Errors are in no message, so their f-strings are not among them.
    """
    tree = ast.parse(path.read_text())
    errors = {
        part for node in ast.walk(tree) if isinstance(node, ast.Raise) for part in ast.walk(node)
    }
    tops = [node.value for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    strings = [
        node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) and node not in errors
    ]
    for node in (*tops, *strings):
        for part in ast.walk(node) if node is not None else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def names_in(node: ast.AST) -> set[str]:
    """The names an expression reads, each with all that follows its dots."""
    if isinstance(node, ast.Name | ast.Attribute):
        dotted = ast.unparse(node)
        if re.fullmatch(r"[\w.]+", dotted):
            return {dotted}
    return {name for child in ast.iter_child_nodes(node) for name in names_in(child)}


def within_strings(tree: ast.AST) -> set[str]:
    """The names within all f-strings."""
    return {
        name
        for string_ in ast.walk(tree)
        if isinstance(string_, ast.JoinedStr)
        for part in string_.values
        for name in names_in(part)
    }


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    """Calls of a function or method, however it is reached."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and name in (getattr(node.func, "id", None), getattr(node.func, "attr", None))
    ]


def is_words(node: ast.expr) -> bool:
    """Whether an expression is a text of a table of its module."""
    if isinstance(node, ast.Name):
        return node.id.isupper() or node.id == "words"
    return ast.unparse(node) in MADE


def from_a_table(node: ast.expr, tree: ast.AST) -> bool:
    """Whether an expression is words of a table, filled with nothing but allowed names."""
    if isinstance(node, ast.Call):
        words = node.func.value if isinstance(node.func, ast.Attribute) else None
        fills = {name for fill in node.keywords for name in names_in(fill.value)}
        named = {fill.arg for fill in node.keywords}
        is_format = isinstance(node.func, ast.Attribute) and node.func.attr == "format"
        is_table = words is not None and is_words(words)
        return is_format and is_table and not node.args and named <= ALLOWED and fills <= FILLS
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Name) and node.value.id in ("SUBJECTS", "WORDS")
    if isinstance(node, ast.Name) and not node.id.isupper():
        made = [
            found.value
            for found in ast.walk(tree)
            if isinstance(found, ast.Assign) and ast.unparse(found.targets[0]) == node.id
        ]
        return bool(made) and all(from_a_table(value, tree) for value in made)
    return isinstance(node, ast.Name) or ast.unparse(node) in MADE


def faults_of(source: str) -> set[str]:
    """What a module says in messages that no table of ours says."""
    tree = ast.parse(source)
    found = within_strings(tree) - WITHIN
    for call in calls(tree, "Message"):
        given = {word.arg: word.value for word in call.keywords}
        if call.args or None in given:
            found.add(ast.unparse(call))
        said = [given[name] for name in ("subject", "text")]
        found |= {ast.unparse(node) for node in said if not from_a_table(node, tree)}
        for name in given.keys() & {"headers", "message_id"}:
            found |= names_in(given[name]) - NAMED - WITHIN - {"message_id"}
    makers = ("words_of", "words_of_digest", "words_of_several")
    for call in (one for maker in makers for one in calls(tree, maker)):
        found |= names_in(call.args[-1]) - FILLS
    made = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    texts = {"words", "text", "subject"}
    for node in made:
        from_maker = any(calls(node.value, maker) for maker in makers)
        if ast.unparse(node.targets[0]) in texts and not from_maker:
            found |= set() if from_a_table(node.value, tree) else {ast.unparse(node)}
    return found


def faults_of_words(source: str) -> set[str]:
    """What the words of an alert or a digest are put together from besides their own table."""
    made = {
        "words_of": OF_WORDS, "words_of_digest": OF_DIGESTS, "words_of_several": OF_SEVERAL,
    }  # fmt: skip
    makers = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name in made
    ]
    assert len(makers) == len(made)
    return {
        name
        for maker in makers
        for node in maker.body
        for name in names_in(node) - made[maker.name]
    }


def placeholders(template: str) -> set[str]:
    """The names a template is filled with."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def words_of_the_record() -> set[str]:
    """Labels of what a record can say, but for everyday words."""
    labels = {term.label.lower() for name in OF_THE_RECORD for term in VOCABULARIES[name].terms}
    codes = {
        term.code for name in OF_THE_RECORD for term in VOCABULARIES[name].terms if "_" in term.code
    }
    return {word for word in labels | codes if len(word) > 3} - EVERYDAY


class TestTemplates:
    def test_are_where_messages_are_made(self) -> None:
        names = {path.stem for path in SENDERS}
        assert {"accounts", "alerts", "credentials", "service_keys"} <= names
        assert all("jobs" in path.parts for path in SENDERS)

    @pytest.mark.parametrize("path", [*SENDERS, WORDS], ids=lambda path: path.stem)
    def test_have_no_place_for_anything_of_a_person(self, path: Path) -> None:
        found = {name for text in templates(path) for name in placeholders(text)}
        assert found <= ALLOWED

    @pytest.mark.parametrize("path", SENDERS, ids=lambda path: path.stem)
    def test_are_all_that_a_message_says(self, path: Path) -> None:
        assert calls(ast.parse(path.read_text()), "Message")
        assert faults_of(path.read_text()) == set()

    def test_of_alerts_are_put_together_from_their_own_table(self) -> None:
        assert faults_of_words(WORDS.read_text()) == set()

    @pytest.mark.parametrize("path", [*SENDERS, WORDS], ids=lambda path: path.stem)
    def test_use_no_word_of_the_record(self, path: Path) -> None:
        words = words_of_the_record()
        assert len(words) > 200
        found = {
            word
            for text in templates(path)
            if " " in text
            for word in words
            if re.search(rf"\b{re.escape(word)}\b", text.lower())
        }
        assert found == set()

    def test_would_be_caught(self) -> None:
        assert placeholders("Hello {name}, see {link}") - ALLOWED == {"name"}
        assert "physical abuse" in words_of_the_record()

    @pytest.mark.parametrize(
        ("said", "instead"),
        [
            ("subject=words.subject", 'subject=f"{notice.address} {words.subject}"'),
            ("subject=words.subject", "subject=notice.address"),
            ("subject=words.subject", 'subject="A literal of no table"'),
            ("text=words.text", "text=words.text + notice.address"),
            ("text=words.text", 'text="{}".format(notice.address)'),
            ("text=words.text", "text=FOOTER.format(link=notice.address)"),
            ("words = words_of_several(gathered, run.adapters.settings.links_url)",
             "words = words_of_several(gathered, notice.address)"),
            ('if notice.urgent else {}', 'if notice.urgent else {"X-For": notice.address}'),
            ("words_of_digest(digest, run.adapters.settings.links_url)",
             "words_of_digest(digest, digest.addresses)"),
        ],
    )  # fmt: skip
    def test_of_alerts_would_be_caught(self, said: str, instead: str) -> None:
        source = ALERTS.read_text()
        assert said in source
        assert faults_of(source.replace(said, instead)) != set()

    @pytest.mark.parametrize(
        ("said", "instead"),
        [
            ("Words(urgent,", 'Words(f"{notice.address}: {urgent}",'),
            ("notice.reference or SOMETHING", "notice.address or SOMETHING"),
            ("SUBJECTS.get(notice.kind, CONCERN)", "SUBJECTS.get(notice.kind, notice.address)"),
        ],
    )
    def test_of_tables_would_be_caught(self, said: str, instead: str) -> None:
        source = WORDS.read_text()
        assert said in source
        assert faults_of_words(source.replace(said, instead)) == {"notice.address"}
