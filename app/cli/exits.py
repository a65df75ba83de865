"""How commands that scripts call end: one number for each thing a script does next."""

from enum import IntEnum
from typing import Final


class Exit(IntEnum):
    """The exit code of a command, and the `state` of its `--json`."""

    DONE = 0
    HELD = 2
    """Something is left to a person; everything else was done."""
    REFUSED = 3
    """Nothing was done: what was given has to change first."""
    UNREACHABLE = 4
    """The database, or the server, did not answer. The same command can be repeated."""
    LEFT_OUT = 5
    """Done, but for rows that were left out: somebody has to correct them at their source."""

    def or_worse(self, other: "Exit") -> "Exit":
        """The one that a script has to act on first."""
        return max(self, other, key=WORSE.index)


WORSE: Final = (Exit.DONE, Exit.LEFT_OUT, Exit.HELD, Exit.REFUSED, Exit.UNREACHABLE)
"""Each is worse than those before it."""
