"""Flags of files: what may act by itself when somebody opens it, or hides what is inside."""

import io
import random
import tempfile
import time
import zipfile
import zlib

import olefile  # type: ignore[import-untyped]
import pikepdf
import pytest

from app.formats.macros import flags_of

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
RTF = "application/rtf"
EXTERNAL = (
    b'<Relationships><Relationship Id="r1" Type="http://x/relationships/%s" '
    b'Target="http://far.example/a.dotm" TargetMode="External"/></Relationships>'
)


def flags(content: bytes, content_type: str) -> list[str]:
    return list(flags_of(io.BytesIO(content), content_type))


class TestCsv:
    @pytest.mark.parametrize(
        "cell",
        [
            "=1+1", '"=HYPERLINK(""http://far.example"")"', "@SUM(A1)", "+cmd|' /C calc'!A0",
            "-cmd|' /C calc'!A0", '"\t=1+1"', '"\r=1+1"', " =1+1", "'=1+1", "\uff1d1+1",
            '"-2+3+cmd|x"',
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("before", ["", "name\n", "name\r\nAlex,", "Alex;", "Alex\t", "\ufeff"])
    def test_marks_a_cell_that_may_be_worked_out(self, cell: str, before: str) -> None:
        assert flags(f"{before}{cell}".encode(), "text/csv") == ["formulas"]

    @pytest.mark.parametrize(
        "text",
        [
            "name,phone\nAlex,+44 1632 960001\n", "a,b\n-5,+3.5\n", "a;b\n-1,5;+2,5\n", "",
            "mail\na@example.org\n", "sum\n1=1\n", '"said ""=no"""\n', "a,b\n-,+\n",
        ],
    )  # fmt: skip
    def test_leaves_numbers_and_words_alone(self, text: str) -> None:
        assert flags(text.encode(), "text/csv") == []

    def test_finds_one_far_inside(self) -> None:
        assert flags(b"Alex,1\n" * 200_000 + b"=1+1", "text/csv") == ["formulas"]

    def test_is_quick_with_a_hostile_table(self) -> None:
        for hostile in (b",+" * 500_000, b', "' * 300_000, b"+0" * 500_000, b", " * 500_000):
            started = time.process_time()
            flags(hostile, "text/csv")
            assert time.process_time() - started < 2.0


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def pdf(**root: pikepdf.Object) -> pikepdf.Pdf:
    made = pikepdf.new()
    made.add_blank_page()
    for name, value in root.items():
        made.Root[f"/{name}"] = made.make_indirect(value)
    return made


def saved(made: pikepdf.Pdf, **options: object) -> bytes:
    out = io.BytesIO()
    made.save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def script() -> pikepdf.Dictionary:
    return pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))


class TestPdf:
    def test_is_plain(self) -> None:
        assert flags(saved(pdf()), PDF) == []

    def test_with_a_script(self) -> None:
        assert flags(saved(pdf(OpenAction=script())), PDF) == ["active_content"]

    def test_with_a_script_in_a_packed_stream(self) -> None:
        content = saved(
            pdf(OpenAction=script()), object_stream_mode=pikepdf.ObjectStreamMode.generate
        )
        assert b"JavaScript" not in content, "it is packed"
        assert flags(content, PDF) == ["active_content"]

    def test_with_a_name_written_in_numbers(self) -> None:
        content = b"%PDF-1.7\n1 0 obj<</S/J#61v#61Script/J#53(x)>>endobj\n%%EOF"
        assert flags(content, PDF) == ["active_content"]

    def test_with_a_file_inside(self) -> None:
        made = pdf()
        made.attachments["a.exe"] = b"MZ"
        assert flags(saved(made), PDF) == ["active_content"]

    def test_that_starts_a_program(self) -> None:
        action = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("calc.exe"))
        assert flags(saved(pdf(OpenAction=action)), PDF) == ["active_content"]

    def test_that_is_locked(self) -> None:
        content = saved(pdf(), encryption=pikepdf.Encryption(owner="a", user="b"))
        assert flags(content, PDF) == ["encrypted"]

    def test_that_sends_a_form(self) -> None:
        action = pikepdf.Dictionary(S=pikepdf.Name.SubmitForm, F=pikepdf.String("http://x"))
        assert flags(saved(pdf(OpenAction=action)), PDF) == ["external_content"]

    def test_that_opens_at_a_page_is_plain(self) -> None:
        content = b"%PDF-1.7\n1 0 obj<</OpenAction[1 0 R/Fit]/JSFoo 1/Launcher 2>>endobj\n%%EOF"
        assert flags(content, PDF) == []

    def test_that_swells_is_read_in_bounds(self) -> None:
        swollen = zlib.compress(bytes(50_000_000))
        one = b"1 0 obj<</Type/ObjStm/N 1>>stream\n" + swollen + b"\nendstream endobj\n"
        assert flags(b"%PDF-1.7\n" + one * 100, PDF) == []

    def test_of_noise_has_no_flags(self) -> None:
        noise = random.Random(1).randbytes(5_000_000)
        assert flags(b"%PDF-1.7\n" + noise, PDF) == []


class TestOffice:
    def test_is_plain(self) -> None:
        links = EXTERNAL % b"hyperlink"
        assert flags(packed({"word/document.xml": b"", "word/_rels/d.rels": links}), DOCX) == []

    @pytest.mark.parametrize("name", ["word/vbaProject.bin", "xl/macrosheets/s.xml", "Basic/a.xml"])
    def test_with_macros(self, name: str) -> None:
        assert flags(packed({name: b"x"}), DOCX) == ["macros"]

    def test_that_says_it_has_macros(self) -> None:
        listing = (
            b'<Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>'
        )
        assert flags(packed({"[Content_Types].xml": listing}), DOCX) == ["macros"]

    def test_with_a_template_from_elsewhere(self) -> None:
        content = packed({"word/_rels/settings.xml.rels": EXTERNAL % b"attachedTemplate"})
        assert flags(content, DOCX) == ["external_content"]

    def test_with_another_file_inside(self) -> None:
        inner = packed({"xl/vbaProject.bin": b"x"})
        content = packed({"word/embeddings/book.xlsm": inner})
        assert flags(content, DOCX) == ["active_content", "macros"]

    def test_that_is_locked(self) -> None:
        content = bytearray(packed({"a.xml": b"x"}))
        for at in (content.find(b"PK\x03\x04") + 6, content.find(b"PK\x01\x02") + 8):
            content[at] |= 1
        assert flags(bytes(content), DOCX) == ["encrypted"]
        manifest = packed({"META-INF/manifest.xml": b"<manifest:encryption-data/>"})
        assert flags(manifest, "application/vnd.oasis.opendocument.text") == ["encrypted"]

    def test_that_calls_a_program(self) -> None:
        content = packed({"xl/externalLinks/externalLink1.xml": b"<ddeLink ddeService='cmd'/>"})
        assert flags(content, DOCX) == ["active_content"]

    def test_that_is_broken_is_no_fault_of_ours(self) -> None:
        whole = packed({"word/embeddings/a.bin": b"x" * 500, "a.rels": EXTERNAL % b"frame"})
        for cut in range(0, len(whole), 7):
            flags(whole[:cut], DOCX)
            flags(whole[:cut] + b"\xff" + whole[cut + 1 :], DOCX)


class TestRtf:
    def test_is_plain(self) -> None:
        assert flags(b"{\\rtf1 a note}", RTF) == []

    def test_with_an_object(self) -> None:
        assert flags(b"{\\rtf1{\\object\\objdata 01}}", RTF) == ["active_content"]

    def test_with_a_template_from_elsewhere(self) -> None:
        assert flags(b"{\\rtf1{\\*\\template http://x}}", RTF) == ["external_content"]


def compound(*names: str) -> bytes:
    """The smallest compound file with empty streams of these names."""

    def entry(name: str, kind: int, child: int = -1, right: int = -1) -> bytes:
        text = name.encode("utf-16-le") + b"\0\0"
        return (
            text.ljust(64, b"\0") + len(text).to_bytes(2, "little") + bytes([kind, 1])
            + (-1).to_bytes(4, "little", signed=True) + right.to_bytes(4, "little", signed=True)
            + child.to_bytes(4, "little", signed=True) + bytes(36)
            + (-2).to_bytes(4, "little", signed=True) + bytes(8)
        )  # fmt: skip

    entries = [entry("Root Entry", 5, child=1)]
    for number, name in enumerate(names, 1):
        entries.append(entry(name, 2, right=number + 1 if number < len(names) else -1))
    entries += [bytes(128)] * (-len(entries) % 4)
    directory = b"".join(entries)
    sectors = len(directory) // 512
    fat = [0xFFFFFFFD, *range(2, sectors + 1), 0xFFFFFFFE]
    fat += [0xFFFFFFFF] * (128 - len(fat))
    head: bytes = (
        olefile.MAGIC + bytes(16) + b"\x3e\0\x03\0\xfe\xff\x09\0\x06\0" + bytes(6)
        + (0).to_bytes(4, "little") + (1).to_bytes(4, "little") + (1).to_bytes(4, "little")
        + bytes(4) + (4096).to_bytes(4, "little") + b"\xfe\xff\xff\xff" + bytes(4)
        + b"\xfe\xff\xff\xff" + bytes(4) + (0).to_bytes(4, "little") + b"\xff" * 432
    )  # fmt: skip
    return head + b"".join(one.to_bytes(4, "little") for one in fat) + directory


class TestCompoundFiles:
    def test_are_told_apart(self) -> None:
        assert flags(compound("Workbook"), "application/msword") == []
        assert flags(compound("_VBA_PROJECT"), "application/msword") == ["macros"]
        locked = compound("EncryptionInfo", "EncryptedPackage")
        assert flags(locked, "application/msword") == ["encrypted"]

    def test_are_looked_into_inside_others(self) -> None:
        content = packed({"word/embeddings/oleObject1.bin": compound("_VBA_PROJECT")})
        assert flags(content, DOCX) == ["active_content", "macros"]

    def test_that_are_broken_are_no_fault_of_ours(self) -> None:
        whole = compound("Workbook", "_VBA_PROJECT")
        for cut in range(0, len(whole), 11):
            flags(whole[:cut], "application/msword")
            flags(whole[:cut] + b"\xff\xff" + whole[cut + 2 :], "application/msword")


class TestFiles:
    def test_of_the_disk_are_read_without_a_copy(self) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(saved(pdf(OpenAction=script())))
            assert flags_of(file, PDF) == ["active_content"]

    def test_that_are_empty_have_none(self) -> None:
        with tempfile.TemporaryFile() as file:
            assert flags_of(file, PDF) == []
        assert flags(b"", PDF) == []
