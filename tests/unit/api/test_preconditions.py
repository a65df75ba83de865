"""Which If-Match names a version."""

import pytest

from app.api.deps import _if_match
from app.api.problems import PreconditionNeeded


class TestIfMatch:
    @pytest.mark.parametrize(("tag", "version"), [
        ('"1"', 1), ('"120"', 120), (' "7" ', 7), ('"12-0a1b2c3d"', 12),
    ])  # fmt: skip
    async def test_reads_the_tag_of_a_version(self, tag: str, version: int) -> None:
        assert await _if_match(tag) == version

    @pytest.mark.parametrize(
        "tag",
        ['W/"1"', "1", '"01"', '"1', '1"', '""1""', '"+1"', '"1", "2"', "*", '""', "", '"\u0661"',
         '"1234567890"', '"1"\n"1"', '"1-"', '"1-0A1B2C3D"', '"1-0a1b2c3d0"', '"0a1b2c3d"'],
    )  # fmt: skip
    async def test_matches_no_version_otherwise(self, tag: str) -> None:
        assert await _if_match(tag) == -1

    async def test_has_to_be_sent(self) -> None:
        with pytest.raises(PreconditionNeeded):
            await _if_match(None)
