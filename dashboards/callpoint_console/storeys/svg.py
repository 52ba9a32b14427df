"""Makes an SVG file harmless: what is not on a list of drawing is left out.

The file is written anew, element by element, from what the list allows: shapes and texts with
geometry and colours. No script, style sheet, link, reference (``use``, ``image``, ``url(...)``),
foreign element, event attribute or comment is on it. A DTD or an entity refuses the whole file.
(SVG 2; OWASP, XML External Entity Prevention.)
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from callpoint_console.storeys.picture import SVG, BadPicture, Picture, check_sides

MOST_ELEMENTS: Final = 50_000
DEEPEST: Final = 100
_SPACE: Final = "{http://www.w3.org/2000/svg}"
_SHAPES: Final = frozenset(
    ["g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan"]
)
_TEXTS: Final = frozenset({"text", "tspan"})
_NUMBER: Final = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
# Each is compared in one pass: no repetition holds another that could take the same signs.
_LENGTHS: Final = re.compile(r"[-+0-9.eE,\s]*(?:px|pt|mm|cm|in|em|%)?")
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{3,8}|[a-zA-Z]{1,30}|rgba?\([0-9.,%\s]{1,60}\)")
_WORD: Final = re.compile(r"[a-zA-Z0-9-]{1,30}")
_FONT: Final = re.compile(r"[A-Za-z0-9 ,-]{1,200}")
_PATH: Final = re.compile(r"[MmZzLlHhVvCcSsQqTtAaEe0-9+\-.,\s]*")
_TRANSFORM: Final = re.compile(
    r"(?:(?:matrix|translate|scale|rotate|skewX|skewY)\s*\([-+.,\seE0-9]*\)[\s,]*)*"
)
#: The form of each attribute that is kept.
FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    **dict.fromkeys(
        [
            "x",
            "y",
            "x1",
            "y1",
            "x2",
            "y2",
            "cx",
            "cy",
            "r",
            "rx",
            "ry",
            "dx",
            "dy",
            "width",
            "height",
            "points",
        ],
        _LENGTHS,
    ),
    "d": _PATH,
    "transform": _TRANSFORM,
    **dict.fromkeys(("fill", "stroke", "color"), _COLOUR),
    **dict.fromkeys(
        [
            "stroke-width",
            "stroke-dasharray",
            "stroke-dashoffset",
            "stroke-miterlimit",
            "stroke-opacity",
            "fill-opacity",
            "opacity",
            "font-size",
            "letter-spacing",
        ],
        _LENGTHS,
    ),
    **dict.fromkeys(
        [
            "stroke-linecap",
            "stroke-linejoin",
            "fill-rule",
            "font-weight",
            "font-style",
            "text-anchor",
            "dominant-baseline",
            "display",
            "visibility",
        ],
        _WORD,
    ),
    "font-family": _FONT,
}
# What a style may say as well; a programme that draws writes colours there.
_STYLED: Final = frozenset(name for name, form in FORMS.items() if form not in (_PATH,))
_NUMBERS: Final = re.compile(_NUMBER)


def harmless(content: bytes) -> Picture:
    """Return an SVG file as a harmless one. BadPicture: it is none, or too large to draw."""
    drawing = _Drawing()
    parser = XMLParser(target=drawing, forbid_dtd=True, forbid_entities=True)
    try:
        parser.feed(content)
        parser.close()
    except DefusedXmlException:
        raise BadPicture("storey.entities") from None
    except (ParseError, ValueError, LookupError) as error:
        raise error if isinstance(error, BadPicture) else BadPicture("storey.no_svg") from None
    text = "".join(drawing.parts)
    return Picture(SVG, text.encode(), drawing.width, drawing.height)


class _Drawing:
    """Takes what a parser reads, and writes what is allowed of it."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.width = self.height = 0.0
        self._open: list[str] = []
        self._left_out = 0  # how deep in an element that is left out
        self._count = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Begin an element."""
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) + self._left_out > DEEPEST:
            raise BadPicture("storey.too_much")
        name = tag.removeprefix(_SPACE)
        if self._left_out:
            self._left_out += 1
        elif not self._open:
            if tag != f"{_SPACE}svg":
                raise BadPicture("storey.no_svg")
            self._open.append(name)
            self._begin(attributes)
        elif not tag.startswith(_SPACE) or name not in _SHAPES:
            self._left_out = 1
        else:
            self._open.append(name)
            self.parts.append(f"<{name}{''.join(_kept(attributes))}>")

    def _begin(self, attributes: Mapping[str, str]) -> None:
        box = [float(n) for n in _NUMBERS.findall(attributes.get("viewBox", ""))]
        if len(box) != 4:
            sides = [_NUMBERS.match(attributes.get(side, "")) for side in ("width", "height")]
            box = [0.0, 0.0, *(float(side[0]) if side else 0.0 for side in sides)]
        self.width, self.height = box[2:]
        check_sides(self.width, self.height)
        high = round(1000 * self.height / self.width)
        view = " ".join(f"{number:g}" for number in box)
        drawn = "".join(_kept({n: v for n, v in attributes.items() if n in _ROOT}))
        space = _SPACE.strip("{}")
        self.parts.append(
            f'<svg xmlns="{space}" viewBox="{view}" width="1000" height="{high}"{drawn}>'
        )

    def end(self, tag: str) -> None:
        """End an element."""
        if self._left_out:
            self._left_out -= 1
        else:
            self.parts.append(f"</{self._open.pop()}>")

    def data(self, text: str) -> None:
        """Take a text, which counts in texts of the drawing only."""
        if not self._left_out and self._open and self._open[-1] in _TEXTS:
            self.parts.append(escape(text))

    def close(self) -> None:
        """End the file."""


_ROOT: Final = frozenset(FORMS) - {"x", "y", "width", "height", "transform"} | {"style"}


def _kept(attributes: Mapping[str, str]) -> Iterator[str]:
    """Yield the allowed attributes as they are written."""
    kept = {name: value for name, value in attributes.items() if _allowed(name, value)}
    for part in attributes.get("style", "").split(";"):
        name, _, value = part.partition(":")
        name, value = name.strip(), value.strip()
        if name in _STYLED and _allowed(name, value):
            kept[name] = value
    for name, value in kept.items():
        yield f" {name}={quoteattr(value.strip())}"


def _allowed(name: str, value: str) -> bool:
    form = FORMS.get(name)
    return form is not None and form.fullmatch(value.strip()) is not None
