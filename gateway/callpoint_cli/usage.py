"""What click says of a command line that is wrong, in the language of the command."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Final

import click

from callpoint_cli.language import language

# What click says, and the same in Chinese; the groups are data.
_SAID: Final = {
    r"Invalid value for (.+?): ": r"\1 的值无效：",
    r"Invalid value: ": "值无效：",
    r"Missing (?:argument|parameter) (.+?)\.": r"缺少参数 \1。",
    r"Missing option (.+?)\.": r"缺少选项 \1。",
    r"Missing command\.": "缺少命令。",
    r"No such option:? (.+?)\.": r"没有选项 \1。",
    r"No such command (.+?)\.": r"没有命令 \1。",
    r"\(Did you mean one of: (.+?)\?\)": r"（是否指：\1）",
    r"Did you mean (.+?)\?": r"是否指 \1？",
    r"\(Possible options: (.+?)\)": r"（可能是：\1）",
    r"(.+?) is not a valid (?:integer range|integer)\.": r"\1 不是整数。",
    r"(.+?) is not a valid (?:float range|float)\.": r"\1 不是数字。",
    r"(.+?) is not in the range (.+?)\.": r"\1 不在范围 \2 内。",
    r"(.+?) is not one of (.+?)\.": r"\1 不是 \2 之一。",
    r"(.+?) does not match the formats? (.+?)\.": r"\1 不符合格式 \2。",
    r"(?:File|Directory|Path) (.+?) does not exist\.": r"\1 不存在。",
    r"(?:File|Directory|Path) (.+?) is a (?:file|directory)\.": r"\1 类型不符。",
    r"(?:File|Directory|Path) (.+?) is not (?:readable|writable)\.": r"无权访问 \1。",
    r"Option (.+?) requires an argument\.": r"选项 \1 须带值。",
    r"Option (.+?) does not take a value\.": r"选项 \1 不带值。",
    r"Got unexpected extra arguments? \((.+?)\)": r"多余的参数（\1）",
    r"Choose from:": "可选：",
}


class _Mistake(click.UsageError):
    """A usage error in Chinese."""

    def show(self, file: IO[Any] | None = None) -> None:
        file = file or sys.stderr
        if self.ctx is not None:
            click.echo(self.ctx.get_usage(), file=file)
            click.echo(f"请用“{self.ctx.command_path} --help”查看帮助。\n", file=file)
        click.echo(f"错误：{self.format_message()}", file=file)


def in_chinese(text: str) -> str:
    """Return what click says in Chinese; a text that is not known here stays as it is."""
    for pattern, chinese in _SAID.items():
        text = re.sub(pattern, chinese, text)
    return text.replace("。 ", "。")


@contextmanager
def in_own_language() -> Iterator[None]:
    """Say what is wrong with a command line in the language of the command."""
    try:
        yield
    except click.UsageError as error:
        if language() != "zh":
            raise
        raise _Mistake(in_chinese(error.format_message()), error.ctx) from error
