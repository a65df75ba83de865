"""No label, message, page or property says of a child what must never be said."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import app
from app.api.problems import catalogue
from app.core.vocabularies import VOCABULARIES, Term, Vocabulary
from app.domain.common.alerts.rules import SUBJECTS

ROOT = Path(app.__file__).parents[1]
CONTRACT = ROOT / "openapi/cairn.json"
AVOIDED = {
    r"commit(s|ted|ting)? suicide": "died by suicide, took their own life",
    r"(failed|successful|unsuccessful|completed) (suicide|attempt)s?": "suicide attempt, survived",
    r"attention[- ]seek(ing|er)": "telling us, asking for help",
    r"cry for help": "asking for help",
    r"self[- ]harmers?": "a pupil who has self-harmed",
    r"just scratches|\bsuperficial(ly)?\b": "first aid given",
    r"manipulative": "said, told us",
    r"refus(ed|es|ing) to engage": "did not want to talk today",
    r"\bepidemics?\b|hot ?spots?": "more than usual, place",
    r"copy ?cats?|contagio(n|us)|suicide clusters?": "linked concerns",
    r"\bhigh(er|est)?[- ]risk\b": "what is known, what we are doing",
    r"threaten(s|ed|ing)? (suicide|self[- ]harm|to )": "said, told us",
    r"\b(been|is|are|was|stay(s|ed)?|getting|got|be|looks) clean\b": "has not self-harmed since",
    r"\brelapse(s|d)?\b": "has not self-harmed since",
}
"""Words to avoid and what to say instead. Quoted speech of people is exempt: it is no text of ours.

Source: reporting guidance of Samaritans and others, gathered in the field's own words.
"""
NEVER = re.compile(
    r"risk_?(score|level|rating|band|colou?r|rank|index|percent(age)?)|likelihood|severity_score"
    r"|(^|_)(score|percentile|probability|ranking|band|traffic_light|rag|heat)(_|$)"
)
"""Names a property must not have: nothing counts, bands or ranks a child."""
QUOTED = re.compile("\u201c[^\u201c\u201d]*\u201d")
"""Speech stands in curly quotation marks."""
OF_THINGS: frozenset[str] = frozenset()
"""Properties with such a name that are of no child, each with a reason beside it."""


def texts() -> Iterator[tuple[str, str]]:
    """Where it stands, and the text: everything that people read and that we wrote."""
    for vocabulary in VOCABULARIES.values():
        yield vocabulary.name, vocabulary.title
        for term in vocabulary.terms:
            yield f"{vocabulary.name}.{term.code}", f"{term.label}. {term.notes or ''}"
    yield from SUBJECTS.items()
    for kind in catalogue().values():
        yield kind.code, f"{kind.title} {kind.advice or ''}"
    yield from ((f"{path}:{line}", text) for path, line, text in strings_in(ROOT / "app"))
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        yield str(path.relative_to(ROOT)), path.read_text()
    for pattern in ("**/*.html", "**/*.toml", "**/*.typ"):
        for path in (ROOT / "app").glob(pattern):
            yield str(path.relative_to(ROOT)), path.read_text()
    yield str(CONTRACT.relative_to(ROOT)), CONTRACT.read_text()


def strings_in(folder: Path) -> Iterator[tuple[Path, int, str]]:
    """Every text in the programs under a folder: labels, summaries, cards, messages, comments on

    columns. What is said in a program reaches somebody sooner or later.
    """
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path.relative_to(ROOT), node.lineno, node.value


def unquoted(text: str) -> str:
    """A text without what people are quoted with: it is kept as they said it."""
    return QUOTED.sub(" ", text)


def faults(text: str) -> list[str]:
    """The avoided words of a text, each with what to say instead; quoted speech is exempt."""
    text = unquoted(text)
    return [
        f"{found.group()!r}: say {instead!r}"
        for pattern, instead in AVOIDED.items()
        for found in re.finditer(pattern, text, re.IGNORECASE)
    ]


def properties(schema: Any) -> Iterator[str]:
    """Every property's and parameter's name in the document."""
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        if "in" in schema and isinstance(schema.get("name"), str):
            yield schema["name"]
        for value in schema.values():
            yield from properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from properties(value)


class TestWords:
    def test_are_those_one_may_say_to_a_frightened_person(self) -> None:
        found = {where: faults(text) for where, text in texts()}
        assert {where: words for where, words in found.items() if words} == {}

    @pytest.mark.parametrize(
        "sentence",
        [
            "He committed suicide.", "An unsuccessful attempt.", "Attention-seeking behaviour",
            "a self-harmer", "She refused to engage", "A copycat", "high risk pupils",
            "It is high-risk.", "A superficial cut", "an epidemic", "He threatens to jump",
            "She has been clean for a month", "He is clean",
        ],
    )  # fmt: skip
    def test_are_found_where_they_stand(self, sentence: str) -> None:
        assert faults(sentence)

    def test_t29_avoided_ones_fail_in_a_label_and_pass_inside_a_quoted_statement(self) -> None:
        said = "She wrote: \u201cHe committed suicide, I am only attention-seeking.\u201d"
        assert faults(said) == []
        assert faults(f"{said} Attention-seeking.") == [
            "'Attention-seeking': say 'telling us, asking for help'"
        ]
        bad = Term("attempt", "Failed suicide attempt")
        label = Vocabulary("made_up", "Made up", (bad,), draft=True)
        assert [faults(term.label) for term in label.terms] != [[]]


PHRASES = {
    r"\b(anew|who(m)?ever|whom|telephone[sd]?)\b": 18,
    r"\bfor good\b|\balso (if|when|where)\b": 0,
    r"[;,] else\b|\belse (by|the|who|its)\b": 2,
    r"(^|[.;:] )[Oo]f (a|an|each|the|what)\b": 0,
    r"\b(by|for|from|of|to) who (asks?|can|has|is|may|reads?)\b": 0,
    r"\b(is|are|was|were) told of\b": 0,
    r"\bnot\b.{1,20}\bany more\b|\bwaits for\b": 2,
    r"\bone's own\b|\bthe own\b|\bc[ao]mes? of it\b": 4,
    r"\blook(s|ed)? after (?!child|by the local)": 0,
    r"\b[Ee]-mail": 0,
}
"""Phrases that are hard to read, and how many lines still have them. A number only ever falls:
who mends a line lowers it, and nobody adds one."""


class TestPhrases:
    def test_that_are_hard_to_read_grow_no_more(self) -> None:
        welsh = [*(ROOT / "app").rglob("cy.toml"), *(ROOT / "app").rglob("cy/*.toml")]
        files = {*(ROOT / "app").rglob("*.py"), *(ROOT / "app").rglob("*.toml")} - {*welsh}
        files |= {*(ROOT / "app").rglob("*.html"), *(ROOT / "app").rglob("*.typ")}
        files |= {*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("changes/*.md")}
        lines = [line for path in files for line in path.read_text().splitlines()]
        found = {one: sum(bool(re.search(one, line)) for line in lines) for one in PHRASES}
        assert {one: (found[one], most) for one, most in PHRASES.items() if found[one] > most} == {}


LONGEST = 25
"""Words of a sentence. What stands in code marks is one."""


def too_long(text: str) -> list[str]:
    """The sentences of a text that have more words; a colon or a semicolon ends one."""
    lines = re.split(r"\n\s*\n|\n[-*|] ", re.sub(r"`[^`]*`", "code", text))
    sentences = [each for line in lines for each in re.split(r"(?<=[.!?:;])\s+", line)]
    return [each for each in sentences if len(each.split()) > LONGEST]


def described(document: Any) -> Iterator[str]:
    """Every summary, title and description in the document."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name in ("summary", "title", "description") and isinstance(value, str):
                yield value
            else:
                yield from described(value)
    elif isinstance(document, list):
        for value in document:
            yield from described(value)


class TestSentences:
    def test_of_the_contract_are_read_in_one_breath(self) -> None:
        found = [
            each for text in described(json.loads(CONTRACT.read_text())) for each in too_long(text)
        ]
        assert found == []

    def test_of_problems_terms_and_alerts_are_too(self) -> None:
        texts = [f"{kind.title} {kind.advice or ''}" for kind in catalogue().values()]
        terms = [term for vocabulary in VOCABULARIES.values() for term in vocabulary.terms]
        texts += [f"{term.label}. {term.notes or ''}" for term in terms]
        assert [each for text in [*texts, *SUBJECTS.values()] for each in too_long(text)] == []

    def test_that_are_longer_are_found(self) -> None:
        many = "word " * LONGEST
        assert too_long(f"Short. {many}more.")
        assert too_long(f"{many}`one two three`")
        assert not too_long(f"{many.strip()}. {many}")


class TestNames:
    def test_of_properties_score_nobody(self) -> None:
        names = set(properties(json.loads(CONTRACT.read_text())))
        assert {name for name in names if NEVER.search(name)} <= OF_THINGS

    @pytest.mark.parametrize("name", ["risk_level", "risk_score", "likelihood", "score"])
    def test_that_score_are_found(self, name: str) -> None:
        assert NEVER.search(name)
