"""Bodies that would mean two things, or that only cost time, are refused before they are used."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.problems import BodyMalformed, BodyTooLarge
from app.api.receiving import DEEPEST, MOST_VALUES, strict_json

PLAIN: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.text(max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * depth + "1" + closing * depth).encode()


class TestStrictJson:
    @given(VALUES)
    def test_reads_what_json_says(self, value: Any) -> None:
        assert strict_json(json.dumps(value).encode()) == value

    @given(st.binary(max_size=60))
    def test_refuses_or_reads_any_bytes(self, body: bytes) -> None:
        try:
            strict_json(body)
        except BodyMalformed:
            return

    @pytest.mark.parametrize(
        "body",
        [
            b"", b"{", b"[1,]", b"{'a': 1}", b"NaN", b"[Infinity]", b"[-Infinity]", b"[1e999]",
            b"[-1e999]", b"[" + b"9" * 5_000 + b"]", b"[0." + b"1" * 5_000 + b"]",
            b'{"a": 1, "a": 2}', b'{"a": {"b": 1, "\\u0062": 2}}', b"\xff\xfe[\x001\x00]\x00",
            b"\xef\xbb\xbf[1]", '["é"]'.encode("latin-1"), '["a"]'.encode("utf-16"),
        ],
        ids=range(17),
    )  # fmt: skip
    def test_refuses_what_two_readers_could_understand_differently(self, body: bytes) -> None:
        with pytest.raises(BodyMalformed):
            strict_json(body)

    def test_reads_down_to_its_depth_and_no_further(self) -> None:
        strict_json(nested(DEEPEST))
        strict_json(nested(DEEPEST, '{"a":', "}"))
        for body in (nested(DEEPEST + 1), nested(DEEPEST + 1, '{"a":', "}")):
            with pytest.raises(BodyMalformed):
                strict_json(body)

    @pytest.mark.parametrize(
        "body", [nested(400_000), nested(100_000, '{"a":', "}"), b"[" * 900_000]
    )
    def test_survives_any_depth_quickly(self, body: bytes) -> None:
        began = time.process_time()
        with pytest.raises(BodyMalformed):
            strict_json(body)
        assert time.process_time() - began < 1

    def test_bounds_the_number_of_values(self) -> None:
        strict_json(json.dumps([1] * (MOST_VALUES - 1)).encode())
        for many in ([1] * MOST_VALUES, [[1] * 10] * (MOST_VALUES // 10)):
            with pytest.raises(BodyTooLarge):
                strict_json(json.dumps(many).encode())
        with pytest.raises(BodyTooLarge):
            strict_json(json.dumps({str(n): n for n in range(MOST_VALUES)}).encode())
