"""Help in the language of the command.

Help stands at each command in English. ``help_texts`` has the same in Chinese, and a copy of the
command gets it; its ``--lang`` is added here, so that every command has it.
"""

import copy
import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar, cast

import click
from rich.cells import cell_len, chop_cells

from callpoint_cli.help_texts import HELP_ZH
from callpoint_cli.help_texts_district import HELP_OF_DISTRICTS_ZH
from callpoint_cli.help_texts_flash import HELP_OF_FLASHING_ZH
from callpoint_cli.help_texts_people import HELP_OF_PEOPLE_ZH
from callpoint_cli.help_texts_setup import HELP_OF_SETUP_ZH
from callpoint_cli.help_texts_technician import HELP_OF_TECHNICIANS_ZH
from callpoint_cli.language import language, language_option

#: Every table of help texts. No text stands in two of them.
TABLES: Final = (
    HELP_ZH,
    HELP_OF_DISTRICTS_ZH,
    HELP_OF_FLASHING_ZH,
    HELP_OF_PEOPLE_ZH,
    HELP_OF_SETUP_ZH,
    HELP_OF_TECHNICIANS_ZH,
)
_ZH: Final = {text: zh for table in TABLES for text, zh in table.items()}
_GroupOrCommand = TypeVar("_GroupOrCommand", bound=click.Command)
# What click itself says.
_HEADINGS: Final = {"Options": "选项", "Commands": "命令", "Arguments": "参数"}
_OWN: Final = {
    "Show this message and exit.": "显示本帮助。",
    "Show the version and exit.": "显示版本。",
}
_EXTRAS: Final = {"default: ": "默认：", "required": "必填", "; ": "；"}
_EXAMPLES: Final = {"Example: ": "示例：", "Examples: ": "示例："}


def english(text: str | None) -> str:
    """Return a help text as ``help_texts`` has it: its lines joined, paragraphs apart."""
    paragraphs = inspect.cleandoc(text or "").replace("\b", "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def chinese(text: str | None) -> str:
    """Return a help text in Chinese; what ``help_texts`` does not have stays English."""
    return "\n\n".join(_paragraph(paragraph) for paragraph in english(text).split("\n\n"))


def _paragraph(text: str) -> str:
    for head, said in _EXAMPLES.items():
        if text.startswith(head):
            return said + text.removeprefix(head)
    return text if not text or text.startswith("callpoint ") else _ZH.get(text, text)


def in_language(command: _GroupOrCommand, name: str) -> _GroupOrCommand:
    """Return a command with ``--lang`` and with its help in a language."""
    made = copy.copy(command)
    made.context_class = LanguageContext
    made.params = [copy.copy(parameter) for parameter in command.params]
    if not any("--lang" in parameter.opts for parameter in made.params):
        made.params.append(language_option())
    if isinstance(made, click.Group) and made.commands:
        made.commands = {
            called: in_language(each, name)
            for called, each in cast(click.Group, command).commands.items()
        }
    if name == "zh":
        made.help = chinese(command.help)
        made.short_help = made.help.split("\n\n")[0].split("。")[0]
        made.options_metavar = "[选项]"
        if isinstance(made, click.Group):
            made.subcommand_metavar = "命令 [参数]..."
        for parameter in made.params:
            if isinstance(parameter, click.Option) and parameter.help:
                parameter.help = chinese(parameter.help)
    return made


class LanguageContext(click.Context):
    """A context whose help page is in the language of the command."""

    def make_formatter(self) -> click.HelpFormatter:
        """Return click's formatter, in Chinese one that knows how wide a character is."""
        # A mistake is shown when its command is no longer the current one.
        if language(self) != "zh":
            return super().make_formatter()
        return _ChineseFormatter(width=self.terminal_width, max_width=self.max_content_width)


class _ChineseFormatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, "用法：" if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':{self.current_indent}}{_HEADINGS.get(heading, heading)}：\n")

    def write_text(self, text: str) -> None:
        width = self.width - self.current_indent
        for number, paragraph in enumerate(text.split("\n\n")):
            if number:
                self.write_paragraph()
            for line in wrapped(paragraph, width):
                self.write(f"{'':{self.current_indent}}{line}\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        rows = list(rows)
        first = min(col_max, max(cell_len(left) for left, _ in rows)) + col_spacing
        margin = f"{'':{self.current_indent}}"
        for left, text in rows:
            lines = list(wrapped(_said_by_click(text), self.width - self.current_indent - first))
            if cell_len(left) > first - col_spacing:
                self.write(f"{margin}{left}\n")
                left = ""
            for line in lines or [""]:
                pad = " " * (first - cell_len(left))
                self.write(f"{margin}{left}{pad}{line}".rstrip() + "\n")
                left = ""


def _said_by_click(text: str) -> str:
    found = re.fullmatch(r"(.*?)((?:  |^)\[.*\])?", text, re.DOTALL)
    assert found is not None
    help_text, extras = found[1], found[2] or ""
    for old, new in _EXTRAS.items():
        extras = extras.replace(old, new)
    return _OWN.get(help_text, help_text) + extras


def wrapped(text: str, width: int) -> Iterator[str]:
    """Yield lines of at most ``width`` columns; a Chinese character has two of them."""
    line = ""
    # A Chinese character may stand at the end of a line, but no sign of punctuation at its head.
    for piece in re.findall(r"[ -~]+?(?: +|$)|[!-~]+|[^ -~][，。；：、）”？！]*|\s", text):
        if line and cell_len(line + piece.rstrip()) > width:
            yield line.rstrip()
            line = ""
        yield from chop_cells(piece, width)[:-1]
        line += chop_cells(piece, width)[-1] if cell_len(piece) > width else piece
    if line.strip():
        yield line.rstrip()
