"""Labels of alarm points: place, code and what to do, drawn as pages of SVG.

Everything is in millimetres, so that what is printed at full size fits the sheet. Pages of HTML
hold the same drawings; the browser prints them or makes a PDF.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import segno
from rich.cells import cell_len, chop_cells

from callpoint_console.alarm_points.label_sizes import Size
from callpoint_console.site_map import natural
from callpoint_console.words.points import POINTS
from callpoint_gateway.configuration.register import Place

QUIET: Final = 4  # modules around a code that stay white (ISO/IEC 18004, 6.3.8)
_LEAST_VERSION: Final = 2
_PAD: Final = 2.5
_SHARE: Final = 0.42  # of the width, at most, for the code
_FONT: Final = "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif"
_LARGEST, _SMALLEST, _STEP = 5.0, 1.4, 0.2
_LEADING: Final = 1.3
_CELL: Final = 0.52  # width of a cell (half a Chinese character) by the size of the letters
_SMALL: Final = 0.7  # of the size of the name, for the other lines
_PARTS: Final = 4


class Label(NamedTuple):
    """What one label says: the parts of the place, a name of its own, its code, its address."""

    parts: tuple[str, ...]
    name: str
    code: str
    address: str

    @property
    def title(self) -> str:
        """The smallest parts of the place: whoever stands there knows the city."""
        return " / ".join(self.parts[-_PARTS:])


class _Line(NamedTuple):
    text: str
    size: float
    bold: bool = False
    fixed: bool = False


def labels_of(
    place_of: Callable[[str], Place | None], codes: Mapping[str, str], url: str
) -> list[Label]:
    """Return the labels of a site's places, by place as people count. ``url``: the console's.

    ``place_of`` returns a place by its id.
    """
    found = []
    for id, code in codes.items():
        place = place_of(id)
        if place is not None:
            parts = place.grid or (place.id,)
            found.append(Label(parts, place.label, code, f"{url}/p/{code}"))
    return sorted(found, key=lambda label: natural(" / ".join(label.parts)))


def code_path(address: str) -> tuple[str, int]:
    """Return a QR code as the path of an SVG, one unit a module, and its width with the margin.

    ISO/IEC 18004, level M: a seventh of it may be scratched.
    """
    made = segno.make(address, error="m", micro=False, boost_error=False)
    if isinstance(made.version, int) and made.version < _LEAST_VERSION:
        made = segno.make(address, error="m", version=_LEAST_VERSION, boost_error=False)
    path = []
    rows = [bytes(row) for row in made.matrix]
    for y, row in enumerate(rows, QUIET):
        x = 0
        while (begin := row.find(1, x)) >= 0:
            end = row.find(0, begin)
            x = len(row) if end < 0 else end
            path.append(f"M{begin + QUIET} {y}h{x - begin}v1h-{x - begin}z")
    return "".join(path), len(rows) + 2 * QUIET


def _lines(label: Label, width: float, height: float) -> list[_Line]:
    """Return the lines with the largest letters that fit, and rather no city than no room."""
    for count in range(min(_PARTS, len(label.parts)), 0, -1):
        title = " / ".join(label.parts[-count:])
        size = _LARGEST
        while size >= _SMALLEST:
            found = _at_size(title, label, width, size)
            if sum(line.size * _LEADING for line in found) <= height:
                return found
            size -= _STEP
    room = int(height / (_SMALLEST * _LEADING))
    return _at_size(label.parts[-1], label, width, _SMALLEST)[:room]


def _at_size(title: str, label: Label, width: float, size: float) -> list[_Line]:
    small = max(_SMALLEST, size * _SMALL)
    found = [_Line(text, size, bold=True) for text in _wrapped(title, width, size)]
    if label.name:
        found += [_Line(text, small) for text in _wrapped(label.name, width, small)]
    # Both languages: nobody knows who will read it.
    for language in ("zh", "en"):
        told = POINTS["point.label"].in_(language)
        found += [_Line(text, small) for text in _wrapped(told, width, small)]
    found += [_Line(text, small, fixed=True) for text in _wrapped(label.code, width, small)]
    return found


def _wrapped(text: str, width: float, size: float) -> list[str]:
    """Return a text in lines that fit, broken between words where that is possible."""
    most = max(4, int(width / (size * _CELL)))
    found = [""]
    for word in text.split(" "):
        longer = f"{found[-1]} {word}".strip()
        if cell_len(longer) <= most:
            found[-1] = longer
        else:
            found = [*filter(None, found), *chop_cells(word, most)]
    return found


def _drawn(label: Label, width: float, height: float) -> str:
    path, modules = code_path(label.address)
    side = min(height - 2 * _PAD, width * _SHARE)
    scale = side / modules
    top = (height - side) / 2
    parts = [
        f'<path transform="translate({_PAD:g} {top:.2f}) scale({scale:.4f})" d="{path}"/>',
    ]
    left = _PAD + side + _PAD / 2
    lines = _lines(label, width - left - _PAD, height - 2 * _PAD)
    y = (height - sum(line.size * _LEADING for line in lines)) / 2
    for line in lines:
        y += line.size * _LEADING
        weight = ' font-weight="bold"' if line.bold else ""
        font = ' font-family="monospace"' if line.fixed else ""
        parts.append(
            f'<text x="{left:.2f}" y="{y - line.size * 0.3:.2f}" font-size="{line.size:.2f}"'
            f"{weight}{font}>{escape(line.text)}</text>"
        )
    return "".join(parts)


def pages(labels: Sequence[Label], size: Size) -> list[str]:
    """Return a drawing (SVG) of each page."""
    width, height = size.page
    found = []
    for begin in range(0, len(labels), size.on_a_page):
        on_page = labels[begin : begin + size.on_a_page]
        groups = []
        for index, label in enumerate(on_page):
            x, y = size.corner(index)
            drawn = _drawn(label, *size.label)
            groups.append(
                f'<g transform="translate({x:g} {y:g})"><title>{escape(label.title)}</title>'
                f"{drawn}</g>"
            )
        found.append(
            f'<svg xmlns="http://www.w3.org/2000/svg" role="group"'
            f' width="{width:g}mm" height="{height:g}mm"'
            f' viewBox="0 0 {width:g} {height:g}" font-family={quoteattr(_FONT)}>'
            f"{''.join(groups)}</svg>"
        )
    return found


def style(size: Size) -> str:
    """Return the style by which a browser prints pages of this size (CSS Paged Media, @page)."""
    width, height = size.page
    return (
        f"@page{{size:{width:g}mm {height:g}mm;margin:0}}"
        "html,body{margin:0;background:#fff;color:#000}"
        "svg{display:block;break-after:page}svg:last-of-type{break-after:auto}"
        "@media screen{svg{margin:8px auto;outline:1px solid #767676}}"
    )


def sheet(title: str, drawn: Sequence[str], size: Size, language: str) -> str:
    """Return a page of HTML that holds the drawings and needs no other file."""
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{style(size)}</style></head>\n<body>\n"
        + "\n".join(drawn)
        + "\n</body>\n</html>\n"
    )
