"""Pure rules of checkpoints that are kept outside the database."""

from collections.abc import Iterable, Mapping

from app.formats.trail_log.checking import Known
from app.formats.trail_log.notes import NoteRefused, PublicKey, read_signed


def newest_numbers(notes: Iterable[str]) -> dict[str, int]:
    """Newest checkpoint number of each log. Unproved: use it only to decide what to add."""
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
    """Index proved checkpoints by log and number; count the notes without a known signature.

    Of several with one number the first counts: it was there before any later forgery. The last of
    the others is kept beside it, for a known cut.
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
