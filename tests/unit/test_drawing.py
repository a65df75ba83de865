"""Every run draws the same examples but the nightly, and none that Cairn refuses by design."""

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.schemas import UNSTORABLE
from tests.drawing import LOST, RANDOM, kept, words


def refused(text: str) -> bool:
    return LOST in text or UNSTORABLE.search(text) is not None


class TestProfile:
    def test_draws_at_random_in_the_nightly_alone(self) -> None:
        at_random = os.environ.get(RANDOM) == "1"
        assert settings.default is not None
        assert settings.default.derandomize is not at_random
        assert (settings.default.database is not None) is at_random


class TestTexts:
    @settings(max_examples=500)
    @given(words)
    def test_are_words_that_are_kept(self, text: str) -> None:
        assert text.strip() == text != ""
        assert text.isprintable()
        assert not refused(text)

    @settings(max_examples=500)
    @given(st.text(kept))
    def test_hold_nothing_that_is_refused(self, text: str) -> None:
        assert not refused(text)
