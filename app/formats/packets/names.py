"""What a file in a packet may be called, so that no system can be harmed by writing it down."""

import re
import unicodedata
from collections.abc import Iterable

from app.formats.packets.errors import PacketMisuse

LONGEST, LONGEST_STEP, DEEPEST = 240, 120, 5
FORBIDDEN = frozenset('\\:*?"<>|')
DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])( *\..*)?", re.I)
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")


def why_refused(name: str) -> str | None:
    """What is wrong with a name, or nothing. A name is a relative path of plain steps."""
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST:
        return f"it is longer than {LONGEST} bytes"
    if unicodedata.normalize("NFC", name) != name:
        return "it is not in Unicode form NFC"
    steps = name.split("/")
    if len(steps) > DEEPEST:
        return f"it is more than {DEEPEST} folders deep"
    return next((why for step in steps if (why := _step_refused(step))), None)


def collides(name: str, taken: Iterable[str]) -> bool:
    """Whether a file system that ignores case could not hold both."""
    key = folded(name)
    return any(key == other or _inside(key, other) for other in map(folded, taken))


def folded(name: str) -> str:
    """A name as a file system sees it that ignores case and forms of letters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", name).casefold())


class Taken:
    """Names that stand in a packet already; thousands are looked up at once."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def add(self, name: str) -> bool:
        """Whether the name can stand beside the others; then it is taken."""
        key = folded(name)
        above = {key[:at] for at, letter in enumerate(key) if letter == "/"}
        if key in self._files or key in self._folders or above & self._files:
            return False
        self._files.add(key)
        self._folders |= above
        return True


def safe_name(command: str, *, otherwise: str = "file") -> str:
    """A plain file name, made of whatever people called their file; packets never refuse it."""
    text = unicodedata.normalize("NFC", command.replace("\\", "/").rsplit("/", 1)[-1])
    safe = "".join("_" if _harmful(letter) else letter for letter in text).strip(" .")
    stem, dot, ending = safe.rpartition(".")
    if not dot or len(ending) > 10:
        stem, dot, ending = safe, "", ""
    room = LONGEST_STEP - len((dot + ending).encode())
    stem = stem.encode()[:room].decode(errors="ignore").strip(" .")
    made = unicodedata.normalize("NFC", (stem or otherwise) + dot + ending)
    return f"_{made}"[:LONGEST_STEP] if _step_refused(made) else made


def unique_name(command: str, taken: Iterable[str]) -> str:
    """The wanted name, or the same with a number before its ending."""
    taken = list(taken)
    name, number = command, 1
    stem, dot, ending = command.rpartition(".")
    if not dot or "/" in ending:
        stem, dot, ending = command, "", ""
    while collides(name, taken):
        number += 1
        name = f"{stem} ({number}){dot}{ending}"
    return name


def check_file(name: str, media_type: str) -> None:
    """Raises `PacketMisuse` where the format cannot hold a file of this name or kind."""
    if why := why_refused(name):
        raise PacketMisuse(f"the name of a file is not allowed: {why}")
    if not MEDIA_TYPE.fullmatch(media_type):
        raise PacketMisuse("a media type is written type/subtype, in small letters, no parameters")


def _inside(text: str, other: str) -> bool:
    return text.startswith(other + "/") or other.startswith(text + "/")


def _harmful(letter: str) -> bool:
    """Control, format, private and line-breaking characters, and every space but the plain one."""
    if letter == " ":
        return False
    unseen = unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs"}
    return unseen or letter in FORBIDDEN or letter == "/"


def _step_refused(step: str) -> str | None:
    if not step or step in {".", ".."} or len(step.encode("utf-8", "surrogatepass")) > LONGEST_STEP:
        return "a step of it is empty, too long, or leads elsewhere"
    if any(_harmful(letter) for letter in step):
        return "it holds a character that is not allowed"
    if step[0] == " " or step[-1] in " .":
        return "a step of it begins with a space or ends with a space or a dot"
    if DEVICES.fullmatch(step):
        return "it is the name of a device"
    return None
