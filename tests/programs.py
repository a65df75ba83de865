"""Programs that some tests need beside Cairn: absent ones are skipped with a line, or refused.

`CAIRN_REQUIRE_BROWSER=1`, `CAIRN_REQUIRE_CLAMD=1` and `CAIRN_REQUIRE_SCRIPTS=1` say that a machine
has to have them, so that a run there cannot be green without their tests.
"""

import os

import pytest

MOVED = {name: text for name, text in os.environ.items() if name in ("LD_PRELOAD", "FAKETIME")}
"""What gives a program the day that `make test-dates` shows to this one; nothing elsewhere."""


def check_presence(program: str | None, name: str, setting: str) -> None:
    """Fail where a program is required and absent, skip where it is only absent."""
    if program is not None:
        return
    if os.environ.get(setting) == "1":
        pytest.fail(f"{name} is not installed here, but {setting}=1 says that it has to be.")
    pytest.skip(f"{name} is not installed: its tests were not run. {setting}=1 makes this fail.")
