"""Makes the demo's families: about 300 children of two schools, the same each time."""

import random
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from app.demo.people import HARBOUR, Cast, Place
from app.formats.identifiers import nhs_check_digit, upn_check_letter

SEATS = {**dict.fromkeys(("R", "1", "2", "3", "4", "5", "6"), 20),
         **dict.fromkeys(("7", "8", "9", "10", "11"), 32)}  # fmt: skip
YEARS = tuple(SEATS)
SIZES = (1, 1, 1, 2, 2, 2, 2, 3, 3, 4)
STREETS = (
    "Quay Street", "Lighthouse Road", "Cannery Lane", "Chapel Hill", "Saltpan Close",
    "Net Loft Row", "Beacon Way", "Tern Drive", "Station Road",
    "Old Ferry Lane", "Marram Court", "Priory Avenue",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Adult:
    """A parent or carer, with the facts of a contact."""

    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pupil:
    """A child of a family; `facts` are columns of a child."""

    place: Place
    facts: dict[str, Any]
    upn: str
    nhs_number: str | None
    enrolled_from: date

    @property
    def given(self) -> str:
        """What the child is called."""
        known: str = self.facts.get("known_given_name") or self.facts["legal_given_name"]
        return known


@dataclass(slots=True)
class Family:
    """Children of one address and the adults around them."""

    kind: str
    adults: list[Adult] = field(default_factory=list)
    pupils: list[Pupil] = field(default_factory=list)


class Maker:
    """Draws everything from one seeded stream of chance, as of one day."""

    def __init__(
        self,
        chance: random.Random,
        today: date,
        cast: Cast = HARBOUR,
        seats: Mapping[str, int] = SEATS,
    ) -> None:
        self.chance = chance
        self.seats = seats
        self.places = {place.phase: place for place in cast.schools}
        self.autumn = today.year if today.month >= 9 else today.year - 1
        text = files("app.demo").joinpath("names.toml").read_text("utf-8")
        self.origins: list[dict[str, Any]] = tomllib.loads(text)["origin"]
        self.serials: Counter[str] = Counter()
        self.taken: set[tuple[str, str]] = set()

    def families(self) -> list[Family]:
        """Families until every seat of every year group is taken."""
        left, made = dict(self.seats), []
        while years := self._years(left):
            for year in years:
                left[year] -= 1
            made.append(self._family(years))
        return made

    def _years(self, left: dict[str, int]) -> list[str]:
        """The year groups of the next family's children, eldest first."""
        open_years = [year for year in YEARS if left.get(year)]
        if not open_years:
            return []
        first = max(open_years, key=lambda year: (left[year] / self.seats[year], YEARS.index(year)))
        near = [y for y in open_years if 0 < abs(YEARS.index(y) - YEARS.index(first)) <= 7]
        more = min(self.chance.choice(SIZES) - 1, len(near))
        chosen = [first, *self.chance.sample(near, more)]
        return sorted(chosen, key=YEARS.index, reverse=True)

    def _family(self, years: list[str]) -> Family:
        weights = [origin["weight"] for origin in self.origins]
        origin = self.chance.choices(self.origins, weights)[0]
        surname = self.chance.choice(origin["families"])
        address = f"{self.chance.randint(1, 140)} {self.chance.choice(STREETS)}, Saltmarsh"
        kind = self.chance.choices(
            ("together", "mother", "apart", "step", "restricted", "grandparent", "foster"),
            (52, 16, 14, 7, 5, 3, 3),
        )[0]
        family = Family(kind, adults=self._adults(kind, origin, surname, address))
        shared = {
            "address": address,
            "first_language": self.chance.choice(origin["languages"]),
            "ethnicity": self.chance.choice(origin["ethnicities"]),
        }
        family.pupils = [self._pupil(year, origin, surname, shared) for year in years]
        return family

    def _pupil(
        self, year: str, origin: dict[str, Any], surname: str, shared: dict[str, Any]
    ) -> Pupil:
        sex = self.chance.choice(("female", "male"))
        given = self._given(origin["girls" if sex == "female" else "boys"], surname)
        place = self.places["primary" if YEARS.index(year) < 7 else "secondary"]
        born = date(self.autumn - 5 - YEARS.index(year), 9, 1)
        born += timedelta(days=self.chance.randrange(365))
        joined = self.autumn - (YEARS.index(year) if place.phase == "primary" else int(year) - 7)
        facts = {
            **shared, "legal_given_name": given, "legal_family_name": surname, "sex": sex,
            "date_of_birth": born, "year_group": year,
            "registration_group": year + (
                self.chance.choice("AB") if place.phase == "secondary" else "H"
            ),
            "sen_provision": self.chance.choices(("N", "K", "E"), (83, 13, 4))[0],
        }  # fmt: skip
        if self.chance.random() < 0.05:
            facts["known_given_name"] = given[:3] if len(given) > 4 else given
        return Pupil(place, facts, self._upn(place, year), self._nhs_number(), date(joined, 9, 1))

    def _given(self, names: list[str], surname: str) -> str:
        """A first name that no other child of this family name has, while there are any."""
        free = [name for name in names if (name, surname) not in self.taken] or names
        given = self.chance.choice(free)
        self.taken.add((given, surname))
        return given

    def _upn(self, place: Place, year: str) -> str:
        school = place.numbers["laestab"].replace("/", "")
        entered = (self.autumn - YEARS.index(year)) % 100
        self.serials[f"{school}{entered}"] += 1
        body = f"{school}{entered:02d}{self.serials[f'{school}{entered}']:03d}"
        return upn_check_letter(body) + body

    def _nhs_number(self) -> str | None:
        """From the range that is never given to anybody; some children have none on file."""
        body = f"999{self.chance.randrange(1_000_000):06d}"
        digit = nhs_check_digit(body)
        return None if digit is None or self.chance.random() < 0.7 else body + digit

    def _adults(self, kind: str, origin: dict[str, Any], surname: str, address: str) -> list[Adult]:
        mother = self._adult("mother", origin["women"], surname, address=address, priority=1)
        father = self._adult("father", origin["men"], surname, address=address, priority=2)
        if kind == "foster":
            return self._foster(origin, address)
        if kind == "grandparent":
            nan = self._adult(
                "grandparent", origin["women"], surname, address=address, priority=1,
                parental_responsibility="no", is_parent=True,
            )  # fmt: skip
            return [nan, self._elsewhere(origin, surname)]
        beside: dict[str, Callable[[], list[Adult]]] = {
            "together": lambda: [father],
            "mother": list,
            "step": lambda: [self._step_father(origin, address), self._elsewhere(origin, surname)],
            "restricted": lambda: [self._restricted(origin, surname)],
            "apart": lambda: [self._elsewhere(origin, surname)],
        }  # fmt: skip
        return [mother, *beside[kind]()]

    def _step_father(self, origin: dict[str, Any], address: str) -> Adult:
        return self._adult(
            "step_father", origin["men"], self.chance.choice(origin["families"]),
            address=address, priority=2, parental_responsibility="no", is_parent=False,
        )  # fmt: skip

    def _adult(self, kind: str, names: list[str], surname: str, **facts: Any) -> Adult:
        given = self.chance.choice(names)
        fields: dict[str, Any] = {
            "kind": kind,
            "name": f"{given} {surname}",
            "email": f"{given.lower()}.{surname.lower()}@family.example",
            "phone": f"07700 900{self.chance.randrange(1000):03d}",
            "parental_responsibility": "yes",
            "is_parent": True,
            "lives_with": "yes",
        }
        return Adult({**fields, **facts})

    def _elsewhere(self, origin: dict[str, Any], surname: str) -> Adult:
        return self._adult(
            "father", origin["men"], surname, lives_with="no", priority=2,
            address=f"{self.chance.randint(1, 90)} {self.chance.choice(STREETS)}, Saltmarsh",
        )  # fmt: skip

    def _foster(self, origin: dict[str, Any], address: str) -> list[Adult]:
        carer = self._adult(
            "foster_carer", ["Pauline", "Sandra", "Maureen"], "Ashdown", address=address,
            priority=1, parental_responsibility="no", is_parent=True,
        )  # fmt: skip
        worker = self._adult(
            "social_worker", ["Leanne", "Dominic", "Farida"], "Brookes", lives_with="no",
            parental_responsibility="no", is_parent=False, priority=3,
            organisation="Ourshire children's services",
        )  # fmt: skip
        parent = self._adult(
            "mother", origin["women"], self.chance.choice(origin["families"]), lives_with="no",
            priority=4,
        )  # fmt: skip
        return [carer, worker, parent]

    def _restricted(self, origin: dict[str, Any], surname: str) -> Adult:
        made_on = date(self.autumn, self.chance.randint(3, 8), 14)
        order = {
            "kind": "non_molestation",
            "summary": "Is not to come within 100 metres of the school or contact the children.",
            "made_on": made_on.isoformat(),
            "ends_on": made_on.replace(year=self.autumn + 2).isoformat(),
            "forbids_telling": True,
        }
        return self._adult(
            "father", origin["men"], surname, lives_with="no", priority=9, contact_allowed="no",
            restriction="Not to collect. If he comes to school, call the lead, then the police.",
            court_orders=[order], alleged_source_of_harm=self.chance.random() < 0.5,
        )  # fmt: skip
