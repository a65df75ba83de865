"""Reads what the demo's staff write down, and puts the children's names into it."""

import random
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from app.demo.pupils import Child

PRONOUNS = {
    "male": {"he": "he", "him": "him", "his": "his", "He": "He", "His": "His"},
    "female": {"he": "she", "him": "her", "his": "her", "He": "She", "His": "Her"},
}


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one concern: a scenario with its children's names."""

    scenario: dict[str, Any]
    names: dict[str, str]

    def fill(self, text: str) -> str:
        """A text with the names in it."""
        return text.format_map(self.names)

    def account(self, chance: random.Random) -> list[dict[str, str | None]]:
        """One of the scenario's accounts, as the statements of a concern."""
        chosen = chance.choice(self.scenario["account"])
        return [
            {
                "kind": item["kind"],
                "text": self.fill(item["text"]),
                **{
                    name: self.fill(item[name]) if name in item else None
                    for name in ("prompted_by", "told_by", "basis")
                },
            }
            for item in chosen
        ]

    def body_map(self, child: Child) -> list[dict[str, Any]]:
        """The marks that were seen, on the first child."""
        blank = {"size_mm": None, "colour": None, "shape": None, "explanation": None}
        return [
            {**blank, **mark, "child_id": str(child.id), "details": {}}
            for mark in self.scenario.get("marks", ())
        ]

    @property
    def level(self) -> int:
        """Level of need the lead sets."""
        level: int = self.scenario["level"]
        return level

    @property
    def confidentiality(self) -> str:
        """Class the lead sets."""
        class_: str = self.scenario["class"]
        return class_


def scenarios() -> list[dict[str, Any]]:
    """Every scenario of the file."""
    text = files("app.demo").joinpath("narrative.toml").read_text("utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["scenario"]
    return rows


def worded(scenario: dict[str, Any], children: list[Child]) -> Wording:
    """The scenario about these children."""
    first = children[0]
    other = children[1].name if len(children) > 1 else "another child"
    sex = first.pupil.facts["sex"]
    return Wording(scenario, {"name": first.name, "other": other, **PRONOUNS[sex]})


AMENDMENTS = (
    ("addition", "{name} came to find me at the end of the day and said {he} felt better for "
     "having told someone.", "This happened after I had sent the first account."),
    ("correction", "The time was nearer 10.40 than 10.15.", "Checked against the bell times."),
    ("addition", "I have since remembered that another adult was in the room: the teaching "
     "assistant, who saw the same.", "Remembered when I read my account again."),
    ("correction", "I wrote Tuesday; it was Wednesday.", "Checked with the register."),
)  # fmt: skip
ASSIGNED = "Works with the family already and is in school every day."
MONITORED = "Things are better but have not been so for long. Look again at the date set."
REOPENED = "A new account by the class teacher describes the same worry. Taken up again."
MERGED = "The same event, seen by a second member of staff. Both accounts stay readable."
WITHDRAWN = "Entered for the wrong child: two children share this first name. Raised again rightly."
WITHDRAWAL_SIGNED = "Checked with the reporter and with the record of the other child. Agreed."
SIGNED = "Read the whole record. The actions are complete and the outcome is supported by it."
SIGNATURE_REFUSED = "Not yet: the child's own view is not recorded, and one agency has not replied."
DROPPED = "Overtaken by the meeting on the same day, where this was settled."
THANKS = "Thank you. I have spoken with the people who can help, and we are looking after this."
TASK_DONE = "Done, and written up on the child's file."
LOOKED = "Looked at with the class teacher. What we decided still holds."
ACTED = "Done, a few days late. It showed nothing new."
GOES_ON = "Still being worked on. The next step is agreed, and its date with it."
