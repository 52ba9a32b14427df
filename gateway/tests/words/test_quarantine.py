"""A reason that a message is in quarantine is read by everybody in a language of their own."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Quarantine
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.words.decoding import quarantine_reason
from callpoint_gateway.words.quarantine import QUARANTINE
from callpoint_gateway.words.shared_checks import SHARED_CHECKS
from callpoint_protocol import topics
from callpoint_protocol.seal import SEAL, Sealer

# As they stand in journals of earlier versions.
STORED = {
    "v: not version 1 (missing)": "v：不是版本 1（缺少此键）",
    "z: not a whole number from 0 to 255": "z：应为 0 至 255 的整数",
    "s: not one of 1 (online), 2 (offline)": "s：应为下列之一：1 (online), 2 (offline)",
    "s: 6 is not allowed for panic: one of 1 (alarm)": (
        "s：紧急求助不允许状态 6，应为下列之一：1 (alarm)"
    ),
    "d: 4 has no meaning for panic alarm": "d：4 对紧急求助报警没有意义",
    "z: zone 9 (panic) of door-1 is not in the register": (
        "z：登记表中没有 door-1 的防区 9（紧急求助）"
    ),
    "z: zone 1 of door-1 is door in the register, not smoke": (
        "z：door-1 的防区 1 登记为 门，不是 烟雾"
    ),
    "body: longer than 1024 bytes": "消息内容：超过 1024 字节",
    "body: not JSON (Input data was truncated)": "消息内容：不是 JSON（内容不完整）",
    "body: no CoAP message": "不是 CoAP 消息",
    "device: x has no key for serial/roof": "设备 x 没有用于 serial/roof 的密钥",
    "site: a is not this gateway's site b": "站点 a 不是本网关的站点 b",
    "site: 1 to 32 of a-z 0-9 - _": "site：应为 1 至 32 个 a-z 0-9 - _ 字符",
    "topic: not callpoint/v1/<site>/<device>/<channel>": (
        "topic：应为 callpoint/v1/<site>/<device>/<channel>"
    ),
    "rate: too fast": "发送过于频繁",
    "HTTP 400: no such bucket": "HTTP 400: no such bucket",
}


@pytest.mark.parametrize(("text", "chinese"), STORED.items())
def test_a_stored_reason_is_said_in_both_languages(text: str, chinese: str) -> None:
    assert quarantine_reason(text).in_("zh") == chinese
    assert str(quarantine_reason(text)) == text.replace(
        "Input data was truncated", "the text ends too early"
    )


@pytest.mark.parametrize("code", [*QUARANTINE, *SHARED_CHECKS])
def test_every_reason_is_found_by_its_english_text(code: str) -> None:
    text = {**QUARANTINE, **SHARED_CHECKS}[code]
    assert quarantine_reason(text.en).code == code


@pytest.mark.parametrize("topic", ["", "a/b", "callpoint/v1/A!/x/event", "callpoint/v1/a/x/none"])
def test_what_a_topic_lacks_is_known(topic: str) -> None:
    with pytest.raises(ValueError) as wrong:  # noqa: PT011
        topics.split(topic)
    assert quarantine_reason(str(wrong.value)).code == "field"


@pytest.mark.parametrize("sealed", [b"", bytes(SEAL + 2)])
def test_what_a_seal_lacks_is_known(sealed: bytes) -> None:
    with pytest.raises(ValueError) as wrong:  # noqa: PT011
        Sealer(bytes(32)).open("callpoint/v1/a/x/event", sealed)
    assert quarantine_reason(str(wrong.value)).code in ("shared.unsealed", "shared.seal")


def test_the_quarantine_is_shown_in_the_language_of_its_reader(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "alarms.db", SystemClock(), chained=True)
    for text in STORED:
        journal.submit([Quarantine("mqtt", "a/b", text, b"{}")])
    journal.close()

    def shown(language: str, *more: str) -> str:
        typed = ["events", "--quarantine", *more, "--lang", language, "--state-dir", str(tmp_path)]
        return CliRunner().invoke(main, typed).stdout

    chinese, english, for_programs = shown("zh"), shown("en"), shown("zh", "--json")
    for text, told in STORED.items():
        assert told in chinese
        assert str(quarantine_reason(text)) in english
        assert text in for_programs
