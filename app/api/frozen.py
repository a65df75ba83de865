"""Answers frozen content: the exact bytes, with the hash that proves them."""

import base64

from starlette.responses import Response


def frozen_bytes(content: bytes, sha256: str) -> Response:
    """The bytes as JSON; `sha256` (hex) becomes the ETag and the Content-Digest (RFC 9530)."""
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    headers = {
        "ETag": f'"{sha256}"',
        "Content-Digest": f"sha-256=:{digest}:",
        "Cache-Control": "no-store",
    }
    return Response(content, 200, headers, "application/json")
