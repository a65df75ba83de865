"""Pure rules of checkpoints that are kept outside the database."""

from collections.abc import Iterable, Mapping

from app.formats.trail_log.checking import Known
from app.formats.trail_log.notes import NoteRefused, PublicKey, read_signed


def newest_numbers(notes: Iterable[str]) -> dict[str, int]:
    """The newest checkpoint number of each log, unproved: only to know what to add."""
    result: dict[str, int] = {}
    for note in notes:
        origin, _, rest = note.partition("\n")
        number = rest.partition("\nnumber ")[2].partition("\n")[0]
        if number.isdecimal():
            result[origin] = max(result.get(origin, 0), int(number))
    return result


def known_outside(
    notes: Iterable[str], keys: Mapping[str, PublicKey]
) -> tuple[dict[str, dict[int, Known]], int]:
    """Proved checkpoints by log and number, and how many notes nobody we know has signed.

    Of those with one number the first counts: it was there before whatever was made of it later.
    The last of the others is kept beside it, for a cut that is known.
    """
    result: dict[str, dict[int, Known]] = {}
    refused = 0
    for note in notes:
        try:
            signed = read_signed(note, keys)
        except NoteRefused:
            refused += 1
            continue
        log, stands = result.setdefault(signed.origin, {}), (signed.size, signed.root)
        first = log.setdefault(signed.number, Known(*stands))
        if first.first != stands:
            log[signed.number] = first._replace(again=stands)
    return result, refused
