"""Whatever arrives, sniffing answers and never raises; a name made safe stays safe."""

import io
import re
import unicodedata
import zipfile
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from app.formats.sniffing import (
    Refused,
    Sniffed,
    check_container,
    check_text,
    content_disposition,
    safe_file_name,
    sniff,
)

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SIGNATURES = [
    b"",
    b"%PDF-1.7",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF89a",
    b"RIFF\0\0\0\0WEBP",
    b"RIFF\0\0\0\0WAVE",
    b"\0\0\0\x18ftypheic",
    b"\0\0\0\x18ftypisom",
    b"\xff\xff\xff\xffftypmp42",
    b"PK\x03\x04",
    b"II*\0",
    b"{\\rtf1",
    b"ID3",
    b"MZ",
]
NAMES = st.text(st.characters(codec=None)) | st.from_regex(r"[\w./\\ ]{0,20}\.[a-z]{1,5}")
HEADS = st.builds(lambda start, rest: start + rest, st.sampled_from(SIGNATURES), st.binary())
ALLOWED = set(
    [
        "pdf",
        "png",
        "jpg",
        "webp",
        "gif",
        "heic",
        "tif",
        "rtf",
        "mp3",
        "wav",
        "m4a",
        "mp4",
        "mov",
        "txt",
        "csv",
        "docx",
        "xlsx",
        "pptx",
        "odt",
        "ods",
    ]
)


@given(HEADS, st.none() | st.text(st.characters(codec=None)), NAMES)
def test_answers_whatever_arrives(head: bytes, declared: str | None, name: str) -> None:
    found = sniff(head, declared_type=declared, file_name=name)
    assert isinstance(found, Refused) or found.extension in ALLOWED


@given(st.binary(), st.sampled_from(["html", "svg", "exe", "js", "zip", "eml", "docm", "htm"]))
def test_never_takes_an_active_type(content: bytes, extension: str) -> None:
    for head in (*(start + content for start in SIGNATURES), content):
        found = sniff(head, declared_type=None, file_name=f"a.{extension}")
        assert not isinstance(found, Sniffed)


@given(st.binary(max_size=400))
def test_checks_any_bytes_as_container_and_text(content: bytes) -> None:
    check_container(io.BytesIO(content), DOCX)
    try:
        clean = not re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", content.decode())
    except UnicodeDecodeError:
        clean = False
    assert (check_text(io.BytesIO(content)) is None) == clean


@given(st.data())
def test_checks_any_damage_to_a_container(data: st.DataObject) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", f"<Types>{DOCX}.main+xml</Types>")
        made.writestr("word/document.xml", "<w:document/>")
    whole = bytearray(file.getvalue())
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    check_container(io.BytesIO(bytes(whole)), DOCX)


@given(NAMES | st.text(st.sampled_from("aé. /\\\u0301\u202e\r\n\"%;'|nulcom1"), max_size=300))
def test_makes_every_name_safe_once_and_for_all(name: str) -> None:
    safe = safe_file_name(name)
    assert 1 <= len(safe) <= 120
    assert safe_file_name(safe) == safe
    assert not set(safe) & set('/\\<>:"|?*')
    assert not {unicodedata.category(c) for c in safe} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(NAMES)
def test_gives_every_name_back_through_the_header(name: str) -> None:
    header = content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    plain, extended, encoded = header.partition("; filename*=UTF-8''")
    quoted = re.fullmatch(r'attachment; filename="([^"\\]*)"', plain)
    assert quoted is not None
    assert (unquote(encoded) if extended else quoted[1]) == safe_file_name(name)
