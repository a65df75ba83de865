"""What property tests draw: texts that Cairn keeps, and how a run chooses its examples.

Cairn refuses some characters by design: U+FFFD in a file (letters were lost before it came), NUL
and lone surrogates anywhere. A test that expects its text to be kept draws it from here; a test of
the refusal names the character in a fixed example.
"""

from hypothesis import strategies as st

LOST = "\ufffd"
"""What stands in a file where its letters were lost."""
RANDOM = "CAIRN_TEST_RANDOM"
"""The variable by which the nightly draws at random; every other run draws the same."""

kept = st.characters(exclude_categories=["Cs"], exclude_characters="\0" + LOST)
"""Any character that a file may hold: line breaks, controls and blanks among them."""
printed = st.characters(exclude_categories=["C", "Z"], exclude_characters=LOST)
"""A character that shows, so that nothing is trimmed, joined or refused."""
words = st.text(printed | st.sampled_from(' ",'), min_size=1, max_size=30).filter(
    lambda text: text == text.strip()
)
"""A name or a few words as a source writes them, never blank."""
