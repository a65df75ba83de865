"""Compiles one document in a process of its own, which ends with it: started by `setting.py`.

It imports nothing of ours, so that it starts quickly: the laid-out content comes on its standard
input and the PDF leaves on its standard output. A time or a size that no honest document needs
ends it, and with it whatever memory it took.
"""

import sys
from contextlib import suppress
from pathlib import Path

import typst

HERE = Path(__file__).parent
CPU_SECONDS = 90
MEMORY_BYTES = 4 * 2**30
REFUSED = 3


def bound() -> None:
    """Give this process an end in time and size, where the system knows such limits."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Compile the template named by the first argument; the message of a refusal goes to stderr."""
    bound()
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(HERE / "fonts")]
    )
    templates = HERE / "templates"
    try:
        made = typst.compile(
            str(templates / f"{sys.argv[1]}.typ"),
            root=str(templates),
            font_paths=fonts,
            sys_inputs={"content": sys.stdin.read()},
            pdf_standards=["a-2a", "ua-1"],
        )
    except typst.TypstError as error:
        sys.stderr.write(str(error))
        return REFUSED
    if isinstance(made, bytes):
        sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
