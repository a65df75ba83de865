"""How commands that scripts call end: one number for each thing a script does next."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit code of a command, and the `state` of its `--json`."""

    DONE = 0
    HELD = 2
    """Something is left to a person; everything else was done."""
    REFUSED = 3
    """Nothing was done: what was given has to change first."""
    UNREACHABLE = 4
    """The database, or the server, did not answer. The same command can be repeated."""
