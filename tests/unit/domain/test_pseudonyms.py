"""Names as they are really written, and what becomes of them."""

import pytest

from app.domain.pseudonyms import Hidden, Names, Pseudonymiser, _tokens

CHILD = Names(("Alex",), ("Marsh",))
TELL = Pseudonymiser(
    [CHILD],
    [
        Hidden(Names(("Will",), ("ONeil",), ("Grace",)), "another pupil"),
        Hidden(Names(("Anne-Marie", "Zoë"), ("Marsh", "de la Cruz")), "another pupil 2"),
    ],
)


class TestPseudonymiser:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Will ONeil", "another pupil"),
            ("will o'neil", "another pupil"),
            ("ONEIL, Will", "another pupil"),
            ("Will Grace O\u2019Neil", "another pupil"),
            ("Will's bag", "another pupil's bag"),
            ("Wills bag", "another pupil's bag"),
            ("willing, Willow, goodwill", "willing, Willow, goodwill"),
            ("W\u00adill", "another pupil"),
            ("Will2 and 3Will", "another pupil2 and 3another pupil"),
            ("ANNEMARIE", "another pupil 2"),
            ("anne marie", "another pupil 2"),
            ("Anne", "another pupil 2"),
            ("Zoe\u0308 and zoe", "another pupil 2 and another pupil 2"),
            ("Zoe Cruz of de la Cruz", "another pupil 2 another pupil 2 of another pupil 2"),
            ("Alex Marsh, Mrs Marsh", "Alex Marsh, Mrs Marsh"),
            ("Zoë Marsh", "another pupil 2"),
            ("will.oneil@example.org", "another pupil@example.org"),
            ("", ""),
        ],
    )
    def test_replaces_what_names_another_child(self, text: str, expected: str) -> None:
        assert TELL(text) == expected

    def test_compares_a_word_with_few_names_only(self) -> None:
        crowd = [Hidden(Names(("Alexander",), (f"Marsh{place}",)), "x") for place in range(300)]
        tell = Pseudonymiser([], crowd)
        for text in ("Alexandex walks", "a-b", "Alex Marsh"):
            assert tell._beginning(text, _tokens(text), 0) == []
        assert len(tell._beginning("Alexander", _tokens("Alexander"), 0)) == 1
