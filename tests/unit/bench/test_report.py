"""What the report of a benchmark says beside its goals."""

import pytest

from bench.report import GOALS, of_memory


@pytest.mark.parametrize(
    ("mib", "judged"),
    [(262.4, "**not met**: 102 too many"), (160.2, "floor met"), (90, "floor met")],
)
def test_says_by_how_much_memory_falls_short(mib: float, judged: str) -> None:
    assert of_memory(mib).endswith(f"| 160 | | {judged} |")


@pytest.mark.parametrize(
    ("ratio", "judged"), [(0.54, "**not met**"), (0.55, "floor met"), (0.62, "stretch met")]
)
def test_says_which_goal_a_ratio_meets(ratio: float, judged: str) -> None:
    (goal,) = [one for one in GOALS if (one.operation, one.figure) == ("list", "rate")]
    assert goal.judged(ratio) == judged
