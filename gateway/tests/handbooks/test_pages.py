"""Both languages of the handbooks have the same pages, headings and commands; links hold."""

from pathlib import Path

import pytest

from .handbook import DOCS, LANGUAGES, anchor, blocks, headings, links, pages

MOST_BYTES = 150_000
ENGLISH, CHINESE = (pages(language) for language in LANGUAGES)


def test_both_languages_have_the_same_pages() -> None:
    assert "README.md" in ENGLISH
    assert ENGLISH.keys() == CHINESE.keys()


@pytest.mark.parametrize("page", ENGLISH)
def test_a_page_has_the_same_parts_in_both_languages(page: str) -> None:
    one, other = ENGLISH[page], CHINESE[page]
    assert [level for level, _ in headings(one)] == [level for level, _ in headings(other)]
    assert blocks(one) == blocks(other)
    rows = [[line for line in text.splitlines() if line.startswith("|")] for text in (one, other)]
    assert len(rows[0]) == len(rows[1])
    assert len(links(one)) == len(links(other))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_reached_from_the_index(language: str) -> None:
    found = pages(language)
    assert {*links(found["README.md"])} >= found.keys() - {"README.md"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_hold(language: str) -> None:
    for page, text in pages(language).items():
        for link in links(text):
            name, _, part = link.partition("#")
            target = (DOCS / language / name).resolve() if name else DOCS / language / page
            assert target.is_file(), f"{page}: {link}"
            if part:
                titles = [anchor(title) for _, title in headings(target.read_text("utf-8"))]
                assert part in titles, f"{page}: {link}"


def test_pictures_are_small_and_each_is_shown() -> None:
    folder = DOCS / "pictures"
    shown = {
        (DOCS / language / link).resolve()
        for language in LANGUAGES
        for text in pages(language).values()
        for link in links(text)
        if link.endswith(".png")
    }
    there: set[Path] = {path.resolve() for path in folder.iterdir()}
    assert there == shown
    assert all(path.stat().st_size <= MOST_BYTES for path in there)
