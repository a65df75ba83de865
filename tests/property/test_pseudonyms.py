"""No other child's name or number survives, however names are built and written."""

import re
import unicodedata

from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.pseudonyms import NOT_NAMES, Hidden, Names, Pseudonymiser

WORDS = ("another pupil", "another pupil 2")
OWN = frozenset({"another", "pupil", "2", "s"})
HOSTILE = (
    "May", "Will", "Éloïse", "O'Neil", "Anne-Marie", "Smith-Jones", "de la Cruz", "Bo", "Xu",
    "Łukasz", "Strauß", "Ærø", "Zoë", "José María", "D'Arcy", "van der Berg", "Nguyễn", "Ñandú",
    "Grace", "Faith", "Mark", "Jo", "Ali", "Ana", "Al-Amin", "प्रिया", "محمد", "李", "Ольга",
    "Jack 2",
)  # fmt: skip
names = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet="abcdeéèöüßñ'- ", min_size=1, max_size=12).filter(
        lambda text: any(letter.isalpha() for letter in text)
    ),
)
hostile = st.sampled_from(HOSTILE)
hostile_people = st.builds(lambda given_, family: Names((given_,), (family,)), hostile, hostile)
people = st.builds(lambda given_, family: Names((given_,), (family,)), names, names)


def plain(text: str) -> str:
    """Lower case without accents or joiners: an independent way to compare."""
    lowered = text.casefold()
    for letter, apart_ in (("æ", "ae"), ("œ", "oe"), ("ø", "o"), ("đ", "d"), ("ł", "l")):
        lowered = lowered.replace(letter, apart_)
    apart = unicodedata.normalize("NFKD", lowered).casefold()
    return "".join(
        letter
        for letter in apart
        if not unicodedata.combining(letter) and unicodedata.category(letter) != "Cf"
    )


def words_of(text: str) -> list[str]:
    """The plain words of a text; letters, marks and numbers count."""
    spaced = "".join(
        letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in plain(text)
    )
    return spaced.split()


def holds(text: str, name: str) -> bool:
    """Whether the words of a name stand in a text one after the other, or run together."""
    wanted, found = words_of(name), words_of(text)
    runs = (found[at : at + len(wanted)] for at in range(len(found)))
    return any(run == wanted for run in runs) or "".join(wanted) in found


def told(child: Names) -> frozenset[str]:
    """Every plain word of the child's own names: these may stay."""
    columns = (*child.given, *child.family)
    return frozenset(word for column in columns for word in words_of(column))


def writings(name: str) -> st.SearchStrategy[str]:
    """A name as careless people write it."""
    return st.sampled_from(
        [
            name,
            name.upper(),
            name.lower(),
            unicodedata.normalize("NFD", name),
            plain(name),
            name.replace("'", "\u2019"),
            name.replace("-", "\u2011"),
            name.replace("-", " "),
            re.sub(r"['-]", "", name),
            f"{name}'s",
            f"({name})",
            f"_{name}_",
        ]
    )


@st.composite
def stories(draw: st.DrawFn) -> tuple[Names, Names, str]:
    """A child, another child, and a text that names both in many ways."""
    child, other = draw(people), draw(people)
    pieces = [
        draw(st.sampled_from(["saw", "hit", "and then,", "I will go.", "\n", "maybe", "—", "9"]))
        for _ in range(draw(st.integers(1, 5)))
    ]
    for names_ in (child, other):
        written = draw(st.lists(st.sampled_from([*names_.given, *names_.family]), max_size=4))
        pieces.extend(draw(writings(name)) for name in written)
        whole = f"{names_.given[0]} {names_.family[0]}"
        turned = f"{names_.family[0]}, {names_.given[0]}"
        pieces.append(draw(writings(draw(st.sampled_from([whole, turned])))))
    return child, other, "  ".join(draw(st.permutations(pieces)))


class TestPseudonymiser:
    @given(stories())
    def test_leaves_no_name_of_another_child(self, story: tuple[Names, Names, str]) -> None:
        child, other, text = story
        kept = told(child) | OWN
        columns = (*other.given, *other.family)
        assume(not any(set(words_of(column)) & kept for column in columns))
        found = Pseudonymiser([child], [Hidden(other, WORDS[0])])(text)
        for column in columns:
            assert not holds(found, column), (text, found)
            for word in words_of(column):
                if len(word) >= 3 and word not in NOT_NAMES:
                    assert word not in words_of(found), (text, found)

    @given(stories())
    def test_keeps_the_whole_name_of_the_child(self, story: tuple[Names, Names, str]) -> None:
        child, other, _text = story
        others = {word for column in (*other.given, *other.family) for word in words_of(column)}
        assume(not others & told(child))
        assume(not any(f"{word}s" in told(child) for word in others))
        assume("".join(sorted(others)) not in told(child))
        joined = {"".join(words_of(column)) for column in (*other.given, *other.family)}
        assume(not any("".join(words_of(column)) in joined for column in child.given))
        whole = f"{child.given[0]} {child.family[0]}"
        found = Pseudonymiser([child], [Hidden(other, WORDS[0])])(f"Then: {whole}.")
        assert found == f"Then: {whole}."

    @given(st.text(max_size=200), people, people)
    def test_never_fails_and_changes_nothing_else(
        self, text: str, child: Names, other: Names
    ) -> None:
        assert Pseudonymiser([child], [])(text) == text
        Pseudonymiser([child], [Hidden(other, WORDS[0])])(text)

    @given(people, st.uuids(), st.text(alphabet="xyz .", max_size=20))
    def test_replaces_ids_in_any_case(self, other: Names, id_: object, around: str) -> None:
        hidden = Hidden(other, WORDS[1], (str(id_), str(id_).replace("-", "")))
        for written in (str(id_).upper(), str(id_).replace("-", "")):
            found = Pseudonymiser([], [hidden])(f"{around}{written}{around}")
            assert written.lower() not in found.lower()

    @given(hostile_people, hostile_people)
    def test_calls_each_child_the_same_throughout(self, one: Names, two: Names) -> None:
        words = [set(words_of(f"{names_.given[0]} {names_.family[0]}")) for names_ in (one, two)]
        assume(not words[0] & words[1] and not (words[0] | words[1]) & OWN)
        assume(
            not {"".join(words_of(name)) for name in (*one.given, *one.family)}
            & {"".join(words_of(name)) for name in (*two.given, *two.family)}
        )
        tell = Pseudonymiser([], [Hidden(one, WORDS[0]), Hidden(two, WORDS[1])])
        first, second = (f"{names_.given[0]} {names_.family[0]}" for names_ in (one, two))
        assert tell(f"{first} / {second} / {first}") == " / ".join((*WORDS, WORDS[0]))


class TestTheShortcut:
    @given(
        person=people,
        text=st.text(alphabet="abcdeghijlmnowy '-.AJMWX2\n", max_size=60),
        data=st.data(),
    )
    def test_leaves_out_only_texts_without_a_hidden_name(
        self, person: Names, text: str, data: st.DataObject
    ) -> None:
        name = data.draw(st.sampled_from((*person.given, *person.family, "")))
        place = data.draw(st.integers(0, len(text)))
        whole = text[:place] + name + text[place:]
        hide = Pseudonymiser([], [Hidden(person, WORDS[0])])
        if not hide.may_touch(whole):
            assert hide._replaced(whole) == whole
