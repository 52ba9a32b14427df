"""A secret in a file of its own, so that the configuration can be shown."""

from pathlib import Path


def secret(file: str | None) -> str | None:
    """Return what stands in ``file`` without the white space around it; None without a file."""
    return Path(file).read_text(encoding="utf-8").strip() if file else None
