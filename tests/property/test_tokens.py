"""No change to a token, however small, gets it accepted."""

import string
from base64 import urlsafe_b64encode
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

from hypothesis import example, given
from hypothesis import strategies as st

from app.core import clock
from app.integrations.signing_keys import KeyRing
from app.integrations.tokens import AccessTokens, TokenRefused

RING = KeyRing(Path(mkdtemp()) / "keys")
RING.ensure()
ACCESS = AccessTokens(RING, "https://cairn.example", "cairn", lifetime=timedelta(hours=1))
TOKEN = ACCESS.issue(
    sub=uuid4(),
    sid=uuid4(),
    org=uuid4(),
    role="dsl",
    scope=("concern:read",),
    amr=("pwd",),
    auth_time=clock.now(),
)
ALPHABET = st.sampled_from(string.ascii_letters + string.digits + "-_.=+/ ")
PLACES = st.integers(0, len(TOKEN))


@st.composite
def changed(draw: st.DrawFn) -> str:
    """The token after one to four cuts, insertions and replacements."""
    text = TOKEN
    for _ in range(draw(st.integers(1, 4))):
        start = draw(PLACES)
        length = draw(st.integers(0, 5))
        text = text[:start] + draw(st.text(ALPHABET, max_size=5)) + text[start + length :]
    return text


def is_accepted(token: str) -> bool:
    try:
        AccessTokens(RING, "https://cairn.example", "cairn", lifetime=timedelta(hours=1)).verify(
            token
        )
    except TokenRefused:
        return False
    return True


class TestVerify:
    @given(changed())
    @example(TOKEN)
    def test_accepts_the_token_only_as_it_was_issued(self, token: str) -> None:
        assert is_accepted(token) == (token == TOKEN)

    @given(PLACES.filter(lambda place: place < len(TOKEN)), ALPHABET)
    @example(len(TOKEN) - 1, "B")
    def test_refuses_one_changed_character(self, place: int, character: str) -> None:
        token = TOKEN[:place] + character + TOKEN[place + 1 :]
        assert is_accepted(token) == (token == TOKEN)

    @given(st.text())
    def test_refuses_any_text_without_another_error(self, token: str) -> None:
        assert not is_accepted(token)

    @given(st.lists(st.binary(max_size=400), min_size=3, max_size=3))
    def test_refuses_any_three_parts_without_another_error(self, parts: list[bytes]) -> None:
        token = ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
        assert not is_accepted(token)
