"""Programs that tests need beside Cairn are never missed in silence, and no test is skipped so."""

import re
from pathlib import Path

import pytest

from tests.programs import check_presence

SETTING = "CAIRN_REQUIRE_SOMETHING"
ROOT = Path(__file__).parents[2]
TESTS = {
    path.relative_to(ROOT / "tests").as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "tests").rglob("*.py")
    if path != Path(__file__)
}
SKIPPING = re.compile(r"\bmark\.(?:skip|xfail)|pytest\.(?:skip|xfail|importorskip)\(|\.skipTest\(")
SKIPPED_ELSEWHERE = {
    "programs.py": "what is missing, unless CAIRN_REQUIRE_... says that it has to be there",
    "jobs/test_scanning.py": "without clamd, beside a test that fails where it has to be there",
    "unit/integrations/test_antivirus.py": "the same",
    "faults/test_large_transfers.py": "reads memory from /proc, which Linux alone has",
    "faults/test_large_packets.py": "the same",
    "contract/test_nets.py": "plans and catalogue are recorded of PostgreSQL 18 alone",
    "contract/test_net_catalogue.py": "the same",
    "contract/test_embedded_postgres.py": "root alone has to start the server as another account",
}
"""Each file that may skip a test, and where; in CI, on Linux and as root, none of them does."""


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


class TestASkip:
    def test_is_known_with_its_reason(self) -> None:
        found = {path for path, text in TESTS.items() if SKIPPING.search(text)}
        assert found == set(SKIPPED_ELSEWHERE)

    def test_for_want_of_a_program_stands_beside_a_test_that_asks_for_it(self) -> None:
        needing = re.compile(
            r"^from tests\.(?:clamd|browser) import .*\b(?:PROGRAM|BROWSER)\b", re.M
        )
        found = [path for path, text in TESTS.items() if needing.search(text)]
        assert len(found) == 7
        assert [path for path in found if "check_presence(" not in TESTS[path]] == []

    def test_does_not_happen_in_ci(self) -> None:
        """What tests may require, CI requires, and installs."""
        found = {
            one for text in TESTS.values() for one in re.findall(r"CAIRN_REQUIRE_[A-Z]+", text)
        }
        run = (ROOT / ".ci/run").read_text(encoding="utf-8")
        assert found == {
            "CAIRN_REQUIRE_BROWSER",
            "CAIRN_REQUIRE_CLAMD",
            "CAIRN_REQUIRE_SCRIPTS",
        }
        assert [one for one in sorted(found) if f" {one}=1" not in run] == []
        assert "\n.ci/programs" in run
