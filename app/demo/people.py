"""Who works in the demo's trust; every person is invented."""

from dataclasses import dataclass, field, replace
from uuid import UUID

from app.core.words import Cohort, Permission, Role

TRUST_ID = UUID("01990000-0000-7000-8000-00000000d000")
PRIMARY_ID = UUID("01990000-0000-7000-8000-00000000d001")
SECONDARY_ID = UUID("01990000-0000-7000-8000-00000000d002")
FIRST_CHILD_ID = UUID("01990000-0000-7000-8000-00000000d100")
"""A child of the secondary school whose id is known before, for lines to paste."""
DOMAIN = "harbour.example"
PASSWORD = "harbour-lights-at-dusk"  # noqa: S105 - printed and written down for everybody


@dataclass(frozen=True, slots=True)
class Place:
    """A school or the trust; `numbers` are what is kept about a school."""

    id: UUID
    kind: str
    name: str
    phase: str
    numbers: dict[str, str]


TRUST = Place(TRUST_ID, "trust", "Harbour Learning Trust", "trust", {})
PRIMARY = Place(
    PRIMARY_ID, "school", "Saltmarsh Primary School", "primary",
    {"urn": "149901", "laestab": "990/2901", "local_authority": "Ourshire",
     "phone": "01632 960101"},
)  # fmt: skip
SECONDARY = Place(
    SECONDARY_ID, "school", "Harbour Point Academy", "secondary",
    {"urn": "149902", "laestab": "990/4902", "local_authority": "Ourshire",
     "phone": "01632 960102"},
)  # fmt: skip
PLACES = (TRUST, PRIMARY, SECONDARY)


@dataclass(frozen=True, slots=True)
class Post:
    """A role of somebody in a place."""

    place: Place
    role: Role
    cohort: Cohort = field(default_factory=Cohort)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    name: str
    job_title: str
    posts: tuple[Post, ...]
    domain: str = DOMAIN

    @property
    def email(self) -> str:
        """Made from the name, such as `amara.okafor@harbour.example`."""
        plain = "".join(letter for letter in self.name.lower() if letter.isalpha() or letter == " ")
        return f"{'.'.join(plain.split())}@{self.domain}"


def _person(
    name: str, title: str, place: Place, role: Role, cohort: Cohort | None = None
) -> Person:
    return Person(name, title, (Post(place, role, cohort or Cohort()),))


_LOWER = Cohort(year_groups=("7", "8"))
_UPPER = Cohort(year_groups=("9", "10", "11"))
_ALL_PRIMARY = Cohort(year_groups=("R", "1", "2", "3", "4", "5", "6"))

PEOPLE: tuple[Person, ...] = (
    _person("Margaret Osei", "Trust safeguarding lead", TRUST, Role.TRUST_LEAD),
    _person("Amara Okafor", "Deputy head and designated lead", SECONDARY, Role.DSL),
    _person("Daniel Whitfield", "Headteacher", SECONDARY, Role.HEADTEACHER),
    _person("Sunita Rao", "Deputy safeguarding lead", SECONDARY, Role.DEPUTY_DSL),
    _person("Gareth Pugh", "Deputy safeguarding lead", SECONDARY, Role.DEPUTY_DSL),
    _person("Kelly Marsden", "Head of years 7 and 8", SECONDARY, Role.PASTORAL, _LOWER),
    _person("Tunde Bello", "Head of years 9 to 11", SECONDARY, Role.PASTORAL, _UPPER),
    _person("Hannah Clarke", "Teacher of English", SECONDARY, Role.STAFF),
    _person("Imran Malik", "Teacher of mathematics", SECONDARY, Role.STAFF),
    _person("Ewa Nowak", "Teacher of PE", SECONDARY, Role.STAFF),
    _person("Chris Bramley", "Site manager", SECONDARY, Role.STAFF),
    _person("Lorna Petrie", "Librarian and form tutor", SECONDARY, Role.STAFF),
    _person("Steve Holloway", "Network and data manager", SECONDARY, Role.SCHOOL_ADMIN),
    _person("Rosalind Teague", "Chair of governors", SECONDARY, Role.CHAIR_OF_GOVERNORS),
    _person("Philippa Grant", "Governor for safeguarding", SECONDARY, Role.GOVERNOR),
    Person(
        "Yusuf Demir", "Governor of both schools",
        (Post(SECONDARY, Role.GOVERNOR), Post(PRIMARY, Role.GOVERNOR)),
    ),
    _person("Ruth Ellison", "Assistant head and designated lead", PRIMARY, Role.DSL),
    _person("Joyce Adeyemi", "Headteacher", PRIMARY, Role.HEADTEACHER),
    _person("Mark Tolland", "Deputy safeguarding lead", PRIMARY, Role.DEPUTY_DSL),
    _person("Bethan Lloyd", "Family support worker", PRIMARY, Role.PASTORAL, _ALL_PRIMARY),
    _person("Priya Nair", "Teacher of reception", PRIMARY, Role.STAFF),
    _person("Tom Sandford", "Teacher of year 4", PRIMARY, Role.STAFF),
    _person("Aisling Byrne", "Teacher of year 6", PRIMARY, Role.STAFF),
    _person("Denise Fry", "Midday supervisor", PRIMARY, Role.STAFF),
    _person("Karen Whitlock", "School business manager", PRIMARY, Role.SCHOOL_ADMIN),
    _person("Winston Clarke", "Chair of governors", PRIMARY, Role.CHAIR_OF_GOVERNORS),
    _person("Oliver Nash", "Governor for safeguarding", PRIMARY, Role.GOVERNOR),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Connection:
    """A program with a service key of one school."""

    name: str
    scope: Permission
    place: Place


CONNECTIONS: tuple[Connection, ...] = (
    Connection("roster", Permission.ROSTER_IMPORT, SECONDARY),
    Connection("scim", Permission.STAFF_PROVISION, SECONDARY),
    Connection("alert intake", Permission.ALERT_INTAKE, SECONDARY),
)


@dataclass(frozen=True, slots=True)
class Cast:
    """The places of a story, who works there, and their programs."""

    places: tuple[Place, ...]
    people: tuple[Person, ...]
    connections: tuple[Connection, ...]

    @property
    def schools(self) -> tuple[Place, ...]:
        """The places that pupils go to."""
        return tuple(place for place in self.places if place.kind == "school")


HARBOUR = Cast(PLACES, PEOPLE, CONNECTIONS)


def school_like_the_secondary(school_id: UUID, number: int) -> Cast:
    """One school without a trust, with the secondary school's staff at addresses of its own."""
    numbers = {"urn": f"{149_000 + number}", "laestab": f"990/{5_000 + number}"}
    place = replace(
        SECONDARY, id=school_id, name=f"{SECONDARY.name} {number}",
        numbers=SECONDARY.numbers | numbers,
    )  # fmt: skip
    domain = f"school-{number}.example"
    people = tuple(
        replace(person, posts=posts, domain=domain)
        for person in PEOPLE
        if (posts := tuple(replace(p, place=place) for p in person.posts if p.place is SECONDARY))
    )
    return Cast((place,), people, tuple(replace(item, place=place) for item in CONNECTIONS))


def sign_ins(cast: Cast = HARBOUR) -> list[dict[str, str]]:
    """One line per role of each person: what a newcomer can sign in as."""
    return [
        {
            "email": person.email,
            "role": post.role.value,
            "organisation": post.place.name,
            "organisation_id": str(post.place.id),
        }
        for person in cast.people
        for post in person.posts
    ]
