"""Uploaded plans are made harmless: attacks by SVG and PNG files, and drawings that survive."""

import struct
import time
import zlib
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callpoint_console.storeys import png, svg
from callpoint_console.storeys.picture import PNG, SVG, BadPicture
from callpoint_console.storeys.store import picture_of

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
BOX = 'viewBox="0 0 400 200"'
SPACE = "{http://www.w3.org/2000/svg}"
RECT = '<rect x="1" y="2" width="30" height="40" fill="#fff" stroke="black"/>'


def drawing(inside: str, root: str = BOX) -> bytes:
    return f"{HEAD}{root}>{inside}</svg>".encode()


def cleaned(inside: str, root: str = BOX) -> str:
    return svg.harmless(drawing(inside, root)).content.decode()


def test_a_drawing_survives() -> None:
    picture = picture_of(
        drawing(
            '<g transform="translate(3 4) rotate(90)"><path d="M0 0h10v-1.5e1z" '
            'style="fill:none;stroke:#c00;stroke-width:2px"/>'
            '<text x="1" y="2" font-size="12">Küche 厨房 &lt;3</text></g>' + RECT
        )
    )
    assert (picture.media, picture.width, picture.height) == (SVG, 400, 200)
    root = ElementTree.fromstring(picture.content)
    assert root.attrib == {"viewBox": "0 0 400 200", "width": "1000", "height": "500"}
    (group, rect) = root
    assert group.attrib == {"transform": "translate(3 4) rotate(90)"}
    (path, text) = group
    assert path.attrib == {
        "d": "M0 0h10v-1.5e1z",
        "fill": "none",
        "stroke": "#c00",
        "stroke-width": "2px",
    }
    assert text.text == "Küche 厨房 <3"
    assert rect.attrib["fill"] == "#fff"


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        '<script href="https://evil.example/x.js"/>',
        "<style>@import url(https://evil.example/)</style>",
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'>x<img src='x' "
        "onerror='alert(1)'/></body></foreignObject>",
        '<image href="https://evil.example/p.png"/>',
        '<image xlink:href="data:image/svg+xml;base64,PHN2Zy8+"/>',
        '<use href="#a"/>',
        '<use xlink:href="https://evil.example/x.svg#a"/>',
        '<a href="javascript:alert(1)"><text>x</text></a>',
        '<g onload="alert(1)"/>',
        '<rect onclick="alert(1)" width="1" height="1"/>',
        '<animate attributeName="href" to="javascript:alert(1)"/>',
        '<set attributeName="onmouseover" to="alert(1)"/>',
        '<rect fill="url(https://evil.example/#p)"/>',
        '<rect fill="url(#p)" filter="url(#f)" clip-path="url(#c)" mask="url(#m)"/>',
        '<rect style="fill:url(https://evil.example/#p);background:url(x)"/>',
        '<rect style="width:expression(alert(1))"/>',
        '<path d="M0 0&quot; onload=&quot;alert(1)"/>',
        '<text font-family="x&quot; onload=&quot;alert(1)">t</text>',
        '<text x="1"><![CDATA[<script>alert(1)</script>]]></text>',
        "<text>&lt;script&gt;alert(1)&lt;/script&gt;</text>",
        "<!-- <script>alert(1)</script> --><?xml-stylesheet href='https://evil.example/'?>",
        "<title>&lt;script&gt;</title><metadata>x</metadata><desc>javascript:</desc>",
        '<svg viewBox="0 0 1 1"><script>alert(1)</script></svg>',
        "<x:script xmlns:x='http://www.w3.org/2000/svg'>alert(1)</x:script>",
        "<iframe xmlns='http://www.w3.org/1999/xhtml' src='https://evil.example/'/>",
        '<g xml:base="https://evil.example/" xlink:href="x" class="y" id="z"/>',
        "<switch><foreignObject/></switch><defs><script/></defs><handler/><listener/>",
    ],
)
def test_what_can_act_or_load_is_left_out(attack: str) -> None:
    left = cleaned(attack + RECT)
    root = ElementTree.fromstring(left)
    assert root.findall(f"{SPACE}rect[@width='30']"), "the drawing around it survives"
    allowed = {f"{SPACE}{name}" for name in ("svg", "g", "path", "rect", "text", "tspan")}
    for element in root.iter():
        assert element.tag in allowed, left
        for name, value in element.attrib.items():
            assert name in svg.FORMS or (element is root and name == "viewBox"), left
            assert "url(" not in value, left
            assert ":" not in value, left
    assert "evil" not in left
    assert "<script" not in left
    assert not any(name.startswith("on") for each in root.iter() for name in each.attrib)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "storey.no_svg"),
        (b"<html><script>alert(1)</script></html>", "storey.no_svg"),
        (b"<svg viewBox='0 0 1 1'/>", "storey.no_svg"),
        (drawing(RECT)[:-3], "storey.no_svg"),
        (b'<!DOCTYPE svg SYSTEM "https://evil.example/x.dtd">' + drawing(RECT), "storey.entities"),
        (
            b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            + drawing("<text>&x;</text>"),
            "storey.entities",
        ),
        (
            b'<!DOCTYPE l [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;">]>'
            + drawing("<text>&b;</text>"),
            "storey.entities",
        ),
        (drawing("<g>" * 1000 + "</g>" * 1000), "storey.too_much"),
        (drawing("<metadata>" + "<x>" * 200 + "</x>" * 200 + "</metadata>"), "storey.too_much"),
        (drawing("<g/>" * (svg.MOST_ELEMENTS + 1)), "storey.too_much"),
        (drawing(RECT, 'viewBox="0 0 0 5"'), "storey.bad_size"),
        (drawing(RECT, 'viewBox="0 0 1 1000"'), "storey.bad_size"),
        (drawing(RECT, 'viewBox="0 0 1e300 1e300"'), "storey.bad_size"),
        (drawing(RECT, ""), "storey.bad_size"),
        (b'<?xml version="1.0" encoding="no-such"?>' + drawing(RECT), "storey.no_svg"),
        (b"\x89PNG\r\n\x1a\n", "storey.no_png"),
    ],
)
def test_what_is_no_plan_is_refused_with_a_reason(content: bytes, why: str) -> None:
    with pytest.raises(BadPicture, match=f"^{why}$"):
        picture_of(content)


def test_another_encoding_is_read_and_written_as_utf_8() -> None:
    text = drawing("<text>厨房</text>").decode()
    written = '<?xml version="1.0" encoding="UTF-16"?>' + text
    left = svg.harmless(written.encode("utf-16")).content
    assert "厨房" in left.decode()


@pytest.mark.parametrize(
    "long",
    [
        '<rect transform="' + "rotate(1)  ,  " * 20_000 + 'x"/>',
        '<rect width="' + "1" * 200_000 + 'x"/>',
        '<rect rx="' + "1e" * 100_000 + 'x"/>',
        '<polyline points="' + "1 " * 200_000 + 'x"/>',
        '<path d="' + "M0 " * 200_000 + '&quot;"/>',
        '<g style="' + ";fill:red" * 50_000 + '"/>',
        '<rect fill="rgb(' + "1," * 100_000 + '"/>',
    ],
)
def test_a_long_attribute_does_not_keep_the_console_busy(long: str) -> None:
    began = time.process_time()
    cleaned(long + RECT)
    # Backtracking over such texts takes hours, reading them milliseconds.
    assert time.process_time() - began < 30


@given(st.text(), st.sampled_from(["fill", "d", "style", "transform", "font-family", "points"]))
def test_no_value_breaks_out_of_its_attribute(value: str, name: str) -> None:
    escaped = "".join(f"&#{ord(char)};" for char in value if char >= " ")
    try:
        left = cleaned(f'<rect {name}="{escaped}"/>')
    except BadPicture:
        return  # a sign that XML does not allow
    (rect,) = ElementTree.fromstring(left)
    assert set(rect.attrib) <= set(svg.FORMS)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def picture(width: int = 4, height: int = 2, *more: bytes) -> bytes:
    rows = zlib.compress((b"\0" + b"\x80" * width) * min(height, 100))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"".join([png.SIGNATURE, head, *more, chunk(b"IDAT", rows), chunk(b"IEND", b"")])


def test_a_png_keeps_only_what_draws() -> None:
    hidden = [chunk(b"tEXt", b"Author\0Wang"), chunk(b"eXIf", b"somewhere")]
    dirty = picture(4, 2, *hidden) + b"<script>alert(1)</script>"
    found = picture_of(dirty)
    assert (found.media, found.width, found.height) == (PNG, 4, 2)
    assert found.content == picture()


@pytest.mark.parametrize(
    "damaged",
    [
        picture()[:-5],
        picture().replace(b"IDAT", b"IDAX"),
        picture()[:40] + b"\xff" + picture()[41:],
        png.SIGNATURE + chunk(b"IEND", b""),
        picture(4, 2, chunk(b"IHDR", bytes(13))),
        picture(4, 2, chunk(b"ABCD", b"")),
        picture(4, 2)[:16] + b"\xff\xff\xff\xff" + picture()[20:],
    ],
)
def test_a_damaged_png_is_refused(damaged: bytes) -> None:
    with pytest.raises(BadPicture, match="storey"):
        picture_of(damaged)


@pytest.mark.parametrize(("width", "height"), [(0, 5), (50_000, 50_000), (1, 1000)])
def test_a_png_that_is_no_plan_is_refused(width: int, height: int) -> None:
    with pytest.raises(BadPicture, match=r"storey\.bad_size"):
        picture_of(picture(width, height))
