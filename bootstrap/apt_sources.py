"""Reads which Debian mirrors a machine uses from the sources that its owner set up.

The owner has chosen a mirror, perhaps a near mirror or a company's cache. No address of ours would
be a better choice, so this file has none. It reads both of apt's formats: one line per source
(`*.list`, sources.list(5)) and stanzas (`*.sources`, deb822).

Raspberry Pi OS names Debian's mirror and its own with the same suite and component. Nothing in a
source tells them apart, so `mirrors` only puts the likeliest first. apt then accepts the index
only with Debian's key, which proves that the chosen mirror is Debian's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ALIASES = ("stable", "oldstable", "testing", "oldoldstable")
"""Names that a release carries for a time, beside its code name."""


@dataclass(frozen=True)
class Source:
    """A place that packages come from."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str | None = None


def read_sources(apt_directory: Path = Path("/etc/apt")) -> list[Source]:
    """Return all binary package sources of this machine, in apt's order."""
    files = [apt_directory / "sources.list"]
    parts = apt_directory / "sources.list.d"
    if parts.is_dir():
        files += sorted(p for p in parts.iterdir() if p.suffix in (".list", ".sources"))
    found: list[Source] = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            # Only root may read some lists, because they hold a password: leave them out.
            continue
        found += stanza_sources(text) if file.suffix == ".sources" else line_sources(text)
    return found


def line_sources(text: str) -> Iterator[Source]:
    """Return the sources of the one-line format: `deb [options] uri suite component...`."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[(?P<options>[^\]]*)\]\s*)?(?P<rest>[^#]*)", line)
        if match is None:
            continue
        words = match["rest"].split()
        if len(words) < 3:
            continue
        options = dict(
            option.split("=", 1) for option in (match["options"] or "").split() if "=" in option
        )
        yield Source(words[0], words[1], tuple(words[2:]), options.get("signed-by"))


def stanza_sources(text: str) -> Iterator[Source]:
    """Return the sources of the deb822 format: stanzas of `Key: value` with indented lines."""
    for stanza in re.split(r"\n(?:[ \t]*\n)+", text):
        fields: dict[str, str] = {}
        key = ""
        for line in stanza.splitlines():
            if line.startswith("#") or not line.strip():
                continue
            if line[0] in " \t":
                fields[key] = fields.get(key, "") + "\n" + line.strip()
                continue
            key, _, value = line.partition(":")
            key = key.strip().lower()
            fields[key] = value.strip()
        if "deb" not in fields.get("types", "").split():
            continue
        if fields.get("enabled", "yes").lower() in ("no", "false", "without", "off", "disable"):
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Source(
                    uri,
                    suite,
                    tuple(fields.get("components", "").split()),
                    fields.get("signed-by") or None,
                )


def mirrors(sources: Iterable[Source], codename: str) -> list[str]:
    """Return addresses that should hold Debian's release `codename`, likeliest first.

    A mirror that also has the suite `<codename>-updates` is Debian's own layout; an archive of
    additions (Raspberry Pi's, a vendor's) does not have it. A key named for Debian is the next
    best sign.
    """
    known = list(sources)
    with_updates = {source.uri for source in known if source.suite == f"{codename}-updates"}
    candidates = [
        source
        for source in known
        if source.suite in (codename, *ALIASES)
        and "main" in source.components
        and not source.uri.startswith("cdrom:")
    ]

    def rank(source: Source) -> tuple[bool, bool]:
        return (
            source.uri not in with_updates,
            "debian-archive" not in (source.signed_by or ""),
        )

    # A dictionary keeps the order and drops the repetitions.
    return list(dict.fromkeys(source.uri for source in sorted(candidates, key=rank)))
