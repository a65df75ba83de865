"""Programs that tests need beside Cairn are never missed in silence."""

import pytest

from tests.programs import check_presence

SETTING = "CAIRN_REQUIRE_SOMETHING"


class TestAMissingProgram:
    def test_fails_in_plain_words_where_it_is_required(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(SETTING, "1")
        with pytest.raises(pytest.fail.Exception, match="Something is not installed here, but"):
            check_presence(None, "Something", SETTING)

    def test_is_skipped_with_its_reason_where_it_is_not(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(SETTING, raising=False)
        with pytest.raises(pytest.skip.Exception, match="its tests were not run"):
            check_presence(None, "Something", SETTING)

    def test_is_no_matter_where_it_is_there(self) -> None:
        check_presence("/usr/bin/something", "Something", SETTING)
