"""Files that are what they say, files that are not, and names that try to be something else."""

import io
import zipfile
from email.message import Message

import pytest

from app.formats.sniffing import (
    Refused,
    Sniffed,
    check_container,
    check_text,
    check_whole,
    content_disposition,
    safe_file_name,
    sniff,
)

OOXML = "application/vnd.openxmlformats-officedocument."
DOCX = f"{OOXML}wordprocessingml.document"
XLSX = f"{OOXML}spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"

PDF = b"%PDF-1.7\n1 0 obj\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
GIF = b"GIF89a\x01\x00\x01\x00"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 "
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
TIFF = b"II*\x00\x08\x00\x00\x00\x0f\x00\xfe\x00"
RTF = b"{\\rtf1\\ansi hello}"
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00"
ZIP = b"PK\x03\x04\x14\x00"
EXE = b"MZ\x90\x00\x03\x00\x00\x00"


def media(brand: bytes, *compatible: bytes) -> bytes:
    body = brand + b"\0\0\0\0" + b"".join(compatible)
    return (len(body) + 8).to_bytes(4, "big") + b"ftyp" + body + b"\0" * 32


HEIC = media(b"heic", b"mif1", b"heic")
MP4 = media(b"isom", b"isom", b"mp41")
M4A = media(b"M4A ", b"M4A ", b"mp42")
MOV = media(b"qt  ", b"qt  ")


class TestSniff:
    @pytest.mark.parametrize(
        ("head", "name", "content_type", "extension"),
        [
            (PDF, "a.pdf", "application/pdf", "pdf"),
            (PNG, "a.png", "image/png", "png"),
            (JPEG, "a.JPG", "image/jpeg", "jpg"),
            (JPEG, "a.jpeg", "image/jpeg", "jpg"),
            (WEBP, "a.webp", "image/webp", "webp"),
            (GIF, "a.gif", "image/gif", "gif"),
            (HEIC, "IMG_0001.HEIC", "image/heic", "heic"),
            (TIFF, "scan.tiff", "image/tiff", "tif"),
            (RTF, "a.rtf", "application/rtf", "rtf"),
            (MP3, "a.mp3", "audio/mpeg", "mp3"),
            (WAV, "a.wav", "audio/wav", "wav"),
            (M4A, "a.m4a", "audio/mp4", "m4a"),
            (MP4, "a.m4a", "audio/mp4", "m4a"),
            (MP4, "a.mp4", "video/mp4", "mp4"),
            (MOV, "a.mov", "video/quicktime", "mov"),
            (ZIP, "a.docx", DOCX, "docx"),
            (ZIP, "a.xlsx", XLSX, "xlsx"),
            (ZIP, "a.pptx", f"{OOXML}presentationml.presentation", "pptx"),
            (ZIP, "a.odt", ODT, "odt"),
            (ZIP, "a.ods", "application/vnd.oasis.opendocument.spreadsheet", "ods"),
            ("Siân said…\r\n\tso".encode(), "a.txt", "text/plain", "txt"),
            (b"\xef\xbb\xbfname,year\r\nAmy,4\r\n", "a.csv", "text/csv", "csv"),
        ],
    )
    def test_knows_what_we_take(
        self, head: bytes, name: str, content_type: str, extension: str
    ) -> None:
        expected = Sniffed(content_type, extension)
        for declared in (None, "", "application/octet-stream", content_type.upper() + "; q=1"):
            assert sniff(head, declared_type=declared, file_name=name) == expected

    @pytest.mark.parametrize(
        ("head", "name"),
        [
            (EXE, "a.exe"),
            (EXE, "a.pdf"),
            (b"\x7fELF\x02\x01\x01" + b"\0" * 60, "a.png"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 60, "old.doc"),
            (b"Rar!\x1a\x07\x00", "a.rar"),
            (b"\x1f\x8b\x08\x00", "a.gz"),
            (b"caf\xe9 in Latin-1", "a.txt"),
            (b"nul\x00byte", "a.csv"),
            (b"\xff\xfet\x00e\x00x\x00t\x00", "utf16.txt"),
            (b"\x00\x01\x02\x03", "a"),
        ],
    )
    def test_refuses_what_we_never_take(self, head: bytes, name: str) -> None:
        found = sniff(head, declared_type=None, file_name=name)
        assert found == Refused("file_type_not_allowed")

    @pytest.mark.parametrize(
        ("head", "name", "declared"),
        [
            (PNG, "a.jpg", None),
            (PNG, "a.png", "image/jpeg"),
            (PNG, "a.png", "text/html"),
            (PNG, "a.png", "nonsense"),
            (PDF, "a.pdf.exe", None),
            (PDF, "a\u202efdp.exe", None),
            (ZIP, "a.zip", None),
            (ZIP, "a.docm", None),
            (ZIP, "a.jar", "application/zip"),
            (ZIP, "a.docx", XLSX),
            (b"alert(1)", "a.js", None),
            (b"From: a@b.example\r\n\r\nhello", "a.eml", None),
            (b"plain words", "a.html", None),
            (b"plain words", "a.svg", "image/svg+xml"),
            (b"plain words", "a.pdf", None),
            (MOV, "a.mp4", None),
            (M4A, "a.mp4", None),
        ],
    )
    def test_refuses_what_contradicts_itself(
        self, head: bytes, name: str, declared: str | None
    ) -> None:
        found = sniff(head, declared_type=declared, file_name=name)
        assert found == Refused("file_type_mismatch")

    @pytest.mark.parametrize("start", [GIF, JPEG, PNG, PDF, b"text "])
    @pytest.mark.parametrize(
        "markup",
        [b"<script>alert(1)", b"<HTML>", b"< ScRiPt", b"<svg onload=x>", b"<!DOCTYPE html"],
    )
    def test_refuses_a_picture_that_is_a_page_as_well(self, start: bytes, markup: bytes) -> None:
        names = {GIF: "a.gif", JPEG: "a.jpg", PNG: "a.png", PDF: "a.pdf"}
        head = start + b" " * 900 + markup
        found = sniff(head, declared_type=None, file_name=names.get(start, "a.txt"))
        assert found == Refused("file_disguised")

    def test_refuses_an_empty_file(self) -> None:
        assert sniff(b"", declared_type=None, file_name="a.txt") == Refused("file_empty")

    def test_takes_a_text_cut_inside_a_character(self) -> None:
        head = "Siân".encode()[:3]
        assert sniff(head, declared_type=None, file_name="a.txt") == Sniffed("text/plain", "txt")

    @pytest.mark.parametrize("name", ["photo", "", ".png", "///"])
    def test_goes_by_the_bytes_when_the_name_says_nothing(self, name: str) -> None:
        assert sniff(PNG, declared_type=None, file_name=name) == Sniffed("image/png", "png")

    def test_goes_by_the_declared_type_of_a_nameless_office_file(self) -> None:
        assert sniff(ZIP, declared_type=DOCX, file_name="letter") == Sniffed(DOCX, "docx")

    def test_does_not_guess_the_kind_of_an_office_file(self) -> None:
        found = sniff(ZIP, declared_type="application/zip", file_name="letter")
        assert found == Refused("file_type_unclear")

    @pytest.mark.parametrize("start", [b"BMI,weight", b"MZ,x", b"BZh of Amy"])
    def test_takes_a_text_whose_first_letters_are_a_signature(self, start: bytes) -> None:
        assert sniff(start, declared_type=None, file_name="a.csv") == Sniffed("text/csv", "csv")

    def test_takes_a_csv_as_windows_declares_it(self) -> None:
        found = sniff(b"a,b", declared_type="application/vnd.ms-excel", file_name="a.csv")
        assert found == Sniffed("text/csv", "csv")


def types_of(content_type: str) -> bytes:
    return (
        f'<Types><Override PartName="/x" ContentType="{content_type}.main+xml"/></Types>'.encode()
    )


def archive(
    entries: dict[str, bytes] | None = None,
    *,
    content_type: str = DOCX,
    compression: int = zipfile.ZIP_DEFLATED,
) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as made:
        made.writestr("[Content_Types].xml", types_of(content_type))
        for name, content in (entries or {}).items():
            made.writestr(name, content)
    return file


def odt(mimetype: str, entries: dict[str, bytes] | None = None) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in {"mimetype": mimetype.encode(), **(entries or {})}.items():
            made.writestr(name, content)
    return file


class TestCheckContainer:
    def test_takes_an_honest_document(self) -> None:
        file = archive({"word/document.xml": b"<w:document/>", "word/media/a.png": PNG})
        assert check_container(file, DOCX) is None
        assert check_container(odt(ODT, {"content.xml": b"<x/>"}), ODT) is None

    def test_refuses_one_kind_named_as_another(self) -> None:
        assert check_container(archive(content_type=XLSX), DOCX) == Refused("file_type_mismatch")
        assert check_container(odt("application/epub+zip"), ODT) == Refused("file_type_mismatch")

    def test_has_a_content_for_each_name(self) -> None:
        raw = bytearray(archive({"mimetype": ODT.encode(), "b": b"x"}).getvalue())
        last = raw.rfind(b"PK\x01\x02")
        raw[last + 42 : last + 46] = bytes(4)  # where its content begins
        assert check_container(io.BytesIO(raw), ODT) == Refused("file_container_broken")

    @pytest.mark.parametrize(
        "name",
        ["word/vbaProject.bin", "VBAPROJECT.BIN", "word/vbaData.xml", "xl/macrosheets/sheet1.xml"],
    )
    def test_refuses_macros(self, name: str) -> None:
        assert check_container(archive({name: b"x"}), DOCX) == Refused("file_has_macros")

    def test_refuses_macros_under_another_name(self) -> None:
        file = archive(content_type="application/vnd.ms-word.document.macroEnabled")
        assert check_container(file, DOCX) == Refused("file_has_macros")

    @pytest.mark.parametrize("name", ["Basic/Standard/Module1.xml", "Scripts/python/a.py"])
    def test_refuses_macros_of_open_document(self, name: str) -> None:
        assert check_container(odt(ODT, {name: b"x"}), ODT) == Refused("file_has_macros")

    def test_refuses_a_plain_zip(self) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as made:
            made.writestr("letter.txt", "hello")
        assert check_container(file, DOCX) == Refused("file_container_broken")
        assert check_container(file, ODT) == Refused("file_container_broken")

    def test_refuses_a_bomb(self) -> None:
        file = archive({"word/document.xml": bytes(20 * 1024 * 1024)})
        assert check_container(file, DOCX) == Refused("file_expands_too_much")

    def test_refuses_very_much_content(self) -> None:
        file = archive({"word/document.xml": b"x"})
        whole = bytearray(file.getvalue())
        at = whole.rfind(b"PK\x01\x02")
        whole[at + 20 : at + 28] = (2**31).to_bytes(4, "little") * 2
        found = check_container(io.BytesIO(bytes(whole)), DOCX)
        assert found == Refused("file_expands_too_much")

    def test_refuses_very_many_entries(self) -> None:
        file = archive({f"word/{number}": b"" for number in range(4000)})
        assert check_container(file, DOCX) == Refused("file_container_broken")

    @pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/../../b", "c:evil"])
    def test_refuses_an_entry_that_climbs_out(self, name: str) -> None:
        assert check_container(archive({name: b"x"}), DOCX) == Refused("file_container_broken")

    def test_refuses_two_entries_of_one_name(self) -> None:
        file = archive({"word/document.xml": b"<w:document/>", "WORD/document.xml": b"other"})
        assert check_container(file, DOCX) == Refused("file_container_broken")

    def test_refuses_what_no_scanner_can_read(self) -> None:
        whole = bytearray(archive({"word/document.xml": b"x"}).getvalue())
        whole[whole.rfind(b"PK\x01\x02") + 8] |= 0x1
        assert check_container(io.BytesIO(bytes(whole)), DOCX) == Refused("file_encrypted")

    @pytest.mark.parametrize("content", [b"", ZIP, b"PK\x05\x06", b"PK\x05\x06" + b"\0" * 18])
    def test_refuses_a_broken_file(self, content: bytes) -> None:
        assert check_container(io.BytesIO(content), DOCX) == Refused("file_container_broken")

    def test_refuses_every_cut_of_a_document(self) -> None:
        whole = archive({"word/document.xml": b"<w:document/>"}).getvalue()
        for length in range(len(whole)):
            assert check_container(io.BytesIO(whole[:length]), DOCX) is not None


class TestCheckText:
    def test_reads_to_the_end(self) -> None:
        good = "ŵ".encode() * 50000
        assert check_text(io.BytesIO(good)) is None
        assert check_text(io.BytesIO(good + b"\xff")) == Refused("file_not_text")
        assert check_text(io.BytesIO(good + b"\x00")) == Refused("file_not_text")
        assert check_text(io.BytesIO(good[:-1])) == Refused("file_not_text")


class TestCheckWhole:
    def test_picks_the_check_for_the_type(self) -> None:
        bad = io.BytesIO(b"\xff\x00")
        assert check_whole(bad, Sniffed("text/csv", "csv")) == Refused("file_not_text")
        assert check_whole(bad, Sniffed(DOCX, "docx")) == Refused("file_container_broken")
        assert check_whole(bad, Sniffed("image/png", "png")) is None


NAMES = [
    ("report.pdf", "report.pdf"),
    ("../../etc/passwd", "passwd"),
    ("C:\\Users\\amy\\photo.jpg", "photo.jpg"),
    ("a\r\nX-Evil: 1.pdf", "aX-Evil_ 1.pdf"),
    ("a\x00b.pdf", "ab.pdf"),
    ("evil\u202efdp.exe", "evilfdp.exe"),
    ("\ufeffa\u200b.txt", "a.txt"),
    ("lone\ud800.txt", "lone.txt"),
    ('say "hi"?.txt', "say _hi__.txt"),
    ("  many   spaces .txt ", "many spaces .txt"),
    (".htaccess", "htaccess"),
    ("name. . .", "name"),
    ("nul.txt", "_nul.txt"),
    ("COM1", "_COM1"),
    ("cafe\u0301.txt", "caf\u00e9.txt"),
    ("cafe\u200b\u0301.txt", "caf\u00e9.txt"),
    ("Adroddiad Siân.docx", "Adroddiad Siân.docx"),
    ("", "file"),
    ("..", "file"),
    ("folder/", "file"),
    ("x" * 4000 + ".pdf", "x" * 116 + ".pdf"),
    ("x" * 4000, "x" * 120),
]


class TestSafeFileName:
    @pytest.mark.parametrize(("name", "safe"), NAMES)
    def test_keeps_what_is_harmless(self, name: str, safe: str) -> None:
        assert safe_file_name(name) == safe


class TestContentDisposition:
    @pytest.mark.parametrize(("name", "safe"), [*NAMES, ("50% off; a=b.pdf", "50% off; a=b.pdf")])
    def test_comes_back_as_the_same_name(self, name: str, safe: str) -> None:
        header = content_disposition(name)
        assert header.startswith("attachment; ")
        assert header.isascii()
        assert header.isprintable()
        plain, extended, encoded = header.partition("; filename*=")
        received = Message()
        received["Content-Disposition"] = f"attachment; filename*={encoded}" if extended else plain
        assert received.get_filename() == safe

    def test_gives_old_browsers_a_plain_name(self) -> None:
        assert content_disposition("Siân.txt") == (
            "attachment; filename=\"Si_n.txt\"; filename*=UTF-8''Si%C3%A2n.txt"
        )
