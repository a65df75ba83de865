"""Versions as they leave and come back."""


def etag(version: int) -> str:
    """A version as If-Match takes it."""
    return f'"{version}"'
