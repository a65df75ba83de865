"""`cairn packet`: looks at, checks and opens transfer packets, with no server and no settings."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NoReturn

import typer
from joserfc.jwk import ECKey

from app.cli.failures import CommandFailed, sentence_of
from app.cli.unpacking import Unpacked, unpack
from app.core import clock
from app.formats.packets import (
    KeyRefused,
    Manifest,
    NotAPacket,
    Outside,
    PacketError,
    PacketReader,
    Receipt,
    UnknownSender,
    UnsupportedVersion,
    WrongKey,
    WrongPassphrase,
    new_key,
    public_key,
    read_keys,
    read_receipt,
    thumbprint,
    write_keys,
    write_receipt,
)
from app.formats.packets.layout import PASSPHRASE

app = typer.Typer(
    help="Transfer packets: inspect, verify, open, answer. Works offline.", no_args_is_help=True
)

BAD, UNCHECKED, LOCKED, STRANGER = 1, 2, 3, 4
"""Exit codes: the packet is bad; it could not be checked; the key does not fit; sender unknown."""
TRIES = 3
LARGEST_KEY_FILE = 1_000_000

PacketFileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The packet.")]
KeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", help="JWKS with the private key the packet is encrypted to."),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="A file that holds the passphrase and nothing else."),
]
SenderKey = Annotated[
    Path | None,
    typer.Option("--sender-key", help="JWKS of the senders you trust; nobody else's will do."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]


@app.command()
def inspect(file: PacketFileArgument, as_json: AsJson = False) -> None:
    """Show what anybody can see on a packet: id, time, keys, size. Proves nothing about it."""
    with _failures(as_json), _opened(file) as stream:
        outside = PacketReader(stream).inspect()
        _say(as_json, {"ok": True, "checked": "form", **_outside(outside)}, _outside_lines(outside))


@app.command()
def verify(
    file: PacketFileArgument,
    sender_key: SenderKey = None,
    key_file: KeyFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Check a packet and name what is wrong; nothing is written.

    Without a key: its form, its checksums, and that every part belongs where it lies. With a key
    or passphrase: the signature and every byte.

    Exit codes: 0 nothing is wrong, 1 the packet is bad, 2 it could not be checked, 3 the key or
    passphrase does not fit, 4 the sender is none you trust.
    """
    with _failures(as_json), _opened(file) as stream:
        reader = PacketReader(stream)
        if key_file is None and passphrase_file is None:
            if sender_key is not None:
                raise CommandFailed(
                    "the signature is inside: to check the sender, give --key-file or "
                    "--passphrase-file too"
                )
            outside = reader.check_outside()
            result = {"ok": True, "checked": "outside", **_outside(outside)}
            _say(as_json, result, [*_outside_lines(outside), *_OUTSIDE_ONLY])
            return
        manifest = _unlock(reader, key_file, passphrase_file, sender_key)
        reader.verify()
        _say(as_json, _inside(reader, manifest), _inside_lines(reader, manifest))


@app.command("open")
def open_packet(
    file: PacketFileArgument,
    to: Annotated[Path, typer.Option("--to", help="A folder that does not exist yet.")],
    key_file: KeyFile = None,
    passphrase_file: PassphraseFile = None,
    sender_key: SenderKey = None,
    salvage: Annotated[
        bool, typer.Option("--salvage", help="Keep the whole files of a damaged packet.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the files of a packet into a new folder that only you can read.

    Asks for the passphrase when no key and no passphrase file is given. If anything is wrong,
    nothing is left behind, unless --salvage is given. Exit codes as for `verify`.
    """
    with _failures(as_json), _opened(file) as stream:
        reader = PacketReader(stream)
        manifest = _unlock(reader, key_file, passphrase_file, sender_key)
        done = unpack(reader, to, salvage=salvage)
        result = _inside(reader, manifest) | {"ok": not done.damaged, "folder": str(to)}
        result["damaged"] = [str(error) for error in done.damaged]
        _say(as_json, result, [*_inside_lines(reader, manifest), *_unpacked_lines(done, to)])
        if done.damaged:
            raise typer.Exit(BAD)


@app.command()
def receipt(
    file: PacketFileArgument,
    received_by: Annotated[
        str, typer.Option("--received-by", help="Name of the receiving system; no person.")
    ],
    signing_key: Annotated[
        Path, typer.Option("--signing-key", help="JWKS with your private signing key.")
    ],
    key_file: KeyFile = None,
    passphrase_file: PassphraseFile = None,
    sender_key: SenderKey = None,
) -> None:
    """Check every byte of a packet, then print a signed receipt to send back.

    Exit codes as for `verify`.
    """
    with _failures(False), _opened(file) as stream:
        reader = PacketReader(stream)
        manifest = _unlock(reader, key_file, passphrase_file, sender_key)
        reader.verify()
        signer = _keys(signing_key, "sig", private=True)[0]
        made = Receipt(manifest.header.packet_id, reader.manifest_sha256, clock.now(), received_by)
        typer.echo(write_receipt(signer, made))


@app.command("check-receipt")
def check_receipt(
    file: Annotated[Path, typer.Argument(metavar="RECEIPT", help="A file with the receipt.")],
    receiver_key: Annotated[
        Path | None, typer.Option("--receiver-key", help="JWKS of the receiver you trust.")
    ] = None,
    manifest_sha256: Annotated[
        str | None, typer.Option("--hash", help="The hash of the packet you sent.")
    ] = None,
) -> None:
    """Check a receipt, and that it is for your packet. Exit codes: 0 good, 1 not, 2 not checked."""
    with _failures(False):
        trusted = _keys(receiver_key, "sig") if receiver_key else None
        result = read_receipt(_small(file), trusted)
        typer.echo(f"packet       {result.packet_id}")
        typer.echo(f"hash         {result.manifest_sha256}")
        typer.echo(
            f"received     {result.received_at:%Y-%m-%d %H:%M:%S} UTC by {result.received_by}"
        )
        typer.echo(f"signed by    {result.signer}{'' if result.trusted else ' (not checked)'}")
        if (
            manifest_sha256 is not None
            and manifest_sha256.strip().lower() != result.manifest_sha256
        ):
            typer.echo("Error: this receipt is for another packet", err=True)
            raise typer.Exit(BAD)


@app.command()
def keygen(
    to: Annotated[Path, typer.Argument(metavar="FILE", help="Where the private keys go.")],
) -> None:
    """Make a signing key and an encryption key; FILE is private, FILE.public is to be published."""
    with _failures(False):
        keys = [new_key("sig"), new_key("enc")]
        _write_new(to, write_keys(keys, private=True), 0o600)
        published = to.with_name(to.name + ".public")
        _write_new(published, write_keys([public_key(key) for key in keys]), 0o644)
        typer.echo(f"private      {to}: never send it, never copy it to a shared drive")
        typer.echo(f"public       {published}: give it to those who send to you")
        for key, purpose in zip(keys, ("signs", "receives"), strict=True):
            typer.echo(f"{purpose:<12} {thumbprint(key)}")


_OUTSIDE_ONLY = (
    "",
    "The outside is in order. What is inside, and who made it, cannot be seen without the key:",
    "give --key-file or --passphrase-file to check every byte.",
)
_ADVICE: tuple[tuple[type[Exception], str], ...] = (
    (WrongPassphrase, "Ask the sender to read it out again. The file itself is not harmed."),
    (WrongKey, "Look for the key whose kid is shown; if it is lost, ask the sender to send again."),
    (
        UnknownSender,
        "Do not take it in. Ask the sending school, by a phone number you already had, to read "
        "out the thumbprint of its signing key, and compare it.",
    ),
    (NotAPacket, "Check that this is the file the sender meant; a download may have saved a page."),
    (UnsupportedVersion, "A newer version of this program will open it."),
    (
        PacketError,
        "Do not use it. Keep the file as it is, and ask the sender to send it again.",
    ),
)


@contextmanager
def _failures(as_json: bool) -> Iterator[None]:
    """Failures in one sentence, what to do in another, and an exit code that says which kind."""
    try:
        yield
    except typer.Exit:
        raise
    except Exception as error:
        _give_up(error, as_json)


def _give_up(error: Exception, as_json: bool) -> NoReturn:
    known = isinstance(error, PacketError | KeyRefused)
    sentence = str(error) if known else sentence_of(error)
    advice = next((text for kind, text in _ADVICE if isinstance(error, kind)), "")
    code = _exit_code(error)
    if as_json:
        problem = {"ok": False, "code": _code(error), "detail": sentence, "exit_code": code}
        entry = getattr(error, "entry", None)
        typer.echo(json.dumps(problem | ({"entry": entry} if entry else {}), ensure_ascii=False))
    else:
        typer.echo(f"Error: {sentence}", err=True)
        if advice:
            typer.echo(advice, err=True)
    raise typer.Exit(code)


def _exit_code(error: Exception) -> int:
    if isinstance(error, WrongKey | WrongPassphrase):
        return LOCKED
    if isinstance(error, UnknownSender):
        return STRANGER
    if isinstance(error, NotAPacket | UnsupportedVersion) or not isinstance(error, PacketError):
        return UNCHECKED
    return BAD


def _code(error: Exception) -> str:
    name = type(error).__name__ if isinstance(error, PacketError) else "NotChecked"
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if not file.is_file():
        raise CommandFailed(f"{file} is no file")
    with file.open("rb") as stream:
        yield stream


def _unlock(
    reader: PacketReader, key_file: Path | None, passphrase_file: Path | None, senders: Path | None
) -> Manifest:
    trusted = _keys(senders, "sig") if senders else None
    locked_by_word = reader.inspect().header.receiver == PASSPHRASE
    if not locked_by_word:
        if key_file is None:
            raise WrongKey(f"the key {reader.inspect().header.receiver}; give it with --key-file")
        return reader.open(keys=_keys(key_file, "enc", private=True), senders=trusted)
    if key_file is not None and passphrase_file is None:
        raise WrongKey("a passphrase")
    if passphrase_file is not None:
        return reader.open(passphrase=_passphrase(passphrase_file), senders=trusted)
    return _asked(lambda word: reader.open(passphrase=word, senders=trusted))


def _asked(attempt: Callable[[str], Manifest]) -> Manifest:
    for left in reversed(range(TRIES)):
        word = typer.prompt("Passphrase", hide_input=True, err=True)
        try:
            return attempt(word)
        except WrongPassphrase as error:
            if not left:
                raise
            typer.echo(f"{error}; {left} more {'try' if left == 1 else 'tries'}", err=True)
    raise WrongPassphrase


def _passphrase(file: Path) -> str:
    try:
        return _small(file).decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise CommandFailed(f"{file} is no text in UTF-8") from None


def _keys(file: Path, use: Any, *, private: bool = False) -> list[ECKey]:
    try:
        return read_keys(_small(file), use=use, private=private)
    except KeyRefused as error:
        raise CommandFailed(f"{file}: {error}") from None


def _small(file: Path) -> bytes:
    if not file.is_file():
        raise CommandFailed(f"{file} is no file")
    with file.open("rb") as stream:
        raw = stream.read(LARGEST_KEY_FILE + 1)
    if len(raw) > LARGEST_KEY_FILE:
        raise CommandFailed(f"{file} is too large to be what is asked for")
    return raw


def _write_new(file: Path, raw: bytes, mode: int) -> None:
    try:
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise CommandFailed(f"{file} exists already and is left as it is") from None
    with os.fdopen(number, "wb") as stream:
        stream.write(raw)


def _say(as_json: bool, result: Mapping[str, Any], lines: list[str]) -> None:
    text = json.dumps(result, ensure_ascii=False) if as_json else "\n".join(lines)
    typer.echo(text)


def _outside(outside: Outside) -> dict[str, Any]:
    header = outside.header
    return {
        "packet_id": str(header.packet_id),
        "made_at": f"{header.made_at:%Y-%m-%dT%H:%M:%SZ}",
        "sender": header.sender,
        "receiver": header.receiver,
        "files": outside.files,
        "parts": outside.parts,
        "size": outside.size,
    }


def _outside_lines(outside: Outside) -> list[str]:
    header = outside.header
    locked = "a passphrase" if header.receiver == PASSPHRASE else f"the key {header.receiver}"
    return [
        f"packet       {header.packet_id}",
        f"made         {header.made_at:%Y-%m-%d %H:%M:%S} UTC",
        f"signed by    {header.sender} (as it says itself)",
        f"locked to    {locked}",
        f"holds        {outside.files} files in {outside.parts} parts, {outside.size:,} bytes",
    ]


def _inside(reader: PacketReader, manifest: Manifest) -> dict[str, Any]:
    files = [
        {"name": file.name, "media_type": file.media_type, "size": file.size, "sha256": file.sha256}
        for file in manifest.files
    ]
    result = {"ok": True, "checked": "everything", **_outside(reader.inspect()), "contents": files}
    return result | {
        "manifest_sha256": reader.manifest_sha256,
        "sender_trusted": reader.sender_trusted,
    }


def _inside_lines(reader: PacketReader, manifest: Manifest) -> list[str]:
    lines = [
        f"packet       {manifest.header.packet_id}",
        f"made         {manifest.header.made_at:%Y-%m-%d %H:%M:%S} UTC",
        f"signed by    {manifest.header.sender}",
        f"hash         {reader.manifest_sha256}",
        *(f"{file.size:>12,} {file.name}" for file in manifest.files),
    ]
    if reader.sender_trusted:
        return [*lines, "", "Signed by a key you trust."]
    return [
        *lines,
        "",
        "The packet is in itself consistent, but WHO made it is not checked. Ask the sending",
        "school by phone to read out the thumbprint behind 'signed by', or give --sender-key.",
    ]


def _unpacked_lines(done: Unpacked, to: Path) -> list[str]:
    if not done.damaged:
        return ["", f"All {done.written} files are whole and lie in {to}"]
    return [
        "",
        *(f"DAMAGED      {error}" for error in done.damaged),
        f"{done.written} whole files lie in {to}. THIS IS NOT THE WHOLE RECORD: keep the packet,",
        "and ask the sender to send it again.",
    ]
