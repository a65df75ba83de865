"""Cuts the fonts of `app/formats/documents/fonts` out of the whole ones.

Usage: `python bench/document_fonts.py NOTO DROID NANUM EMOJI`: the folders of Debian's
fonts-noto-core, fonts-droid-fallback and fonts-nanum, and Noto Emoji (400Regular) of the npm
package @expo-google-fonts/noto-emoji. The same fonts give the same bytes. Writes also which
characters have a shape, so that a document knows before it is set.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parent.parent / "app" / "formats" / "documents" / "fonts"
LATIN = [
    *range(0x20, 0x7F), *range(0xA0, 0x0530), *range(0x1D00, 0x1DC0), *range(0x1E00, 0x2000),
    *range(0x2000, 0x2070), *range(0x2070, 0x20F1), *range(0x2100, 0x2190), *range(0xFB00, 0xFB07),
    0x2116, 0x2122, 0x2190, 0x2191, 0x2192, 0x2193, 0x2212, 0x25CC, 0xFFFD,
]  # fmt: skip
MARKS = [0x25CC, 0x200C, 0x200D]
SCRIPTS = {
    "Arabic": ([*range(0x600, 0x700), *range(0x750, 0x780), *range(0x8A0, 0x900),
                *range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00), *MARKS], ("Regular", "Bold")),
    "Hebrew": ([*range(0x590, 0x600), *range(0xFB1D, 0xFB50), *MARKS], ("Regular", "Bold")),
    "Devanagari": ([*range(0x900, 0x980), *range(0xA8E0, 0xA900), *MARKS], ("Regular", "Bold")),
    "Bengali": ([*range(0x980, 0xA00), 0x964, 0x965, *MARKS], ("Regular", "Bold")),
    "Gurmukhi": ([*range(0xA00, 0xA80), 0x964, 0x965, *MARKS], ("Regular", "Bold")),
    "Gujarati": ([*range(0xA80, 0xB00), 0x964, 0x965, *MARKS], ("Regular", "Bold")),
    "Tamil": ([*range(0xB80, 0xC00), 0x964, 0x965, *MARKS], ("Regular", "Bold")),
    "Thai": ([*range(0xE00, 0xE80), *MARKS], ("Regular",)),
    "Georgian": ([*range(0x10A0, 0x1100)], ("Regular",)),
    "Armenian": ([*range(0x530, 0x590)], ("Regular",)),
    "Ethiopic": ([*range(0x1200, 0x13A0)], ("Regular",)),
    "Symbols": ([*range(0x2460, 0x2500), *range(0x2600, 0x27C0), *range(0x1F100, 0x1F200)],
                ("Regular",)),
    "Symbols2": ([*range(0x2190, 0x2200), *range(0x2300, 0x2460), *range(0x2500, 0x2600),
                  *range(0x2600, 0x27C0), *range(0x27F0, 0x2800), *range(0x2900, 0x2980),
                  *range(0x2B00, 0x2C00), *range(0x1F780, 0x1F900)], ("Regular",)),
    "Math": ([*range(0x2190, 0x2300), *range(0x1D400, 0x1D800)], ("Regular",)),
}  # fmt: skip
KANA = [*range(0x3000, 0x3100), *range(0x3105, 0x312E), *range(0xFF01, 0xFFA0)]


def _in_code(encoding: str, first: range, second: range) -> set[int]:
    """The characters of a two-byte code."""
    found = set[int]()
    for high in first:
        for low in second:
            try:
                text = bytes((high, low)).decode(encoding)
            except UnicodeDecodeError:
                continue
            found.update(map(ord, text))
    return found


def common_cjk() -> list[int]:
    """Chinese of GB 2312 and of the common level of Big5, Japanese of level 1."""
    return sorted(
        _in_code("gb2312", range(0xB0, 0xF8), range(0xA1, 0xFF))
        | _in_code("big5", range(0xA4, 0xC7), range(0x40, 0xFF))
        | _in_code("euc_jp", range(0xB0, 0xD0), range(0xA1, 0xFF))
        | set(KANA)
    )


def cut(source: Path, characters: Iterable[int], name: str, *, family: str | None = None) -> None:
    """Write the part of a font that has these characters, without hints.

    A `family` replaces a reserved name, which a changed font may not bear.
    """
    options = subset.Options(
        hinting=False, layout_features=["*"], notdef_outline=True, recalc_timestamp=False,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17], drop_tables=["DSIG", "FFTM"],
    )  # fmt: skip
    font = TTFont(source, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    if family is not None:
        _rename(font, family)
    font.save(TARGET / name)


def _rename(font: TTFont, family: str) -> None:
    for place in (1, 3, 4, 6, 16):
        font["name"].removeNames(nameID=place)
    for place, text in ((1, family), (3, family), (4, family), (6, family.replace(" ", ""))):
        font["name"].setName(text, place, 3, 1, 0x409)


def covered(pattern: str) -> list[list[int]]:
    """The characters of the cut fonts, as first and last of each run."""
    codes: set[int] = set()
    for path in TARGET.glob(pattern):
        codes.update(TTFont(path).getBestCmap())
    runs: list[list[int]] = []
    for code in sorted(codes):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return runs


def main() -> None:
    noto, droid, nanum, emoji = map(Path, sys.argv[1:5])
    for style in ("Regular", "Bold", "Italic"):
        cut(noto / f"NotoSans-{style}.ttf", LATIN, f"NotoSans-{style}.ttf")
    for script, (characters, styles) in SCRIPTS.items():
        for style in styles:
            name = f"NotoSans{script}-{style}.ttf"
            cut(noto / name, characters, name)
    letters = [code for code in TTFont(emoji).getBestCmap() if code > 0x2000 or code == 0xA9]
    cut(emoji, letters, "NotoEmoji-Regular.ttf")
    cut(droid / "DroidSansFallbackFull.ttf", common_cjk(), "DroidSansFallback-Regular.ttf")
    hangul = _in_code("euc_kr", range(0xB0, 0xC9), range(0xA1, 0xFF)) | {*range(0x3131, 0x318F)}
    cut(nanum / "NanumGothic.ttf", hangul, "CairnHangul-Regular.ttf", family="Cairn Hangul")
    coverage = {"plain": covered("NotoSans-*.ttf"), "all": covered("*.ttf")}
    packed = json.dumps(coverage, separators=(",", ":"))
    (TARGET / "coverage.json").write_text(packed + "\n")


if __name__ == "__main__":
    main()
