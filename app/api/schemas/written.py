"""Written content whose shape goes with its kind."""

from typing_extensions import TypeAliasType

WrittenPart = TypeAliasType(
    "WrittenPart",
    "str | int | float | bool | list[WrittenPart] | dict[str, WrittenPart] | None",
)
"""Text, a number, yes or no, nothing, or a list or an object of such."""
