"""Why the demo, the simulated devices and the tests end with a fault, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.said import Said, either
from callpoint_gateway.words.text import LANGUAGES, Text
from callpoint_rig.demo_words import DEMO
from callpoint_rig.district_words import DISTRICT

TEXTS: Final[Mapping[str, Text]] = {
    "tool.checkout": Text(
        "{name} is not on the PATH; run: make {target}",
        "PATH 中没有 {name}；请运行：make {target}",
    ),
    "tool.package": Text(
        "{name} is not on the PATH; install the package {package}",
        "PATH 中没有 {name}；请安装软件包 {package}",
    ),
    "tool.receiver": Text(
        "pysiaalarm is not installed; run: pip install 'callpoint[rig]'",
        "未安装 pysiaalarm；请运行：pip install 'callpoint[rig]'",
    ),
    "tool.boards": Text(
        "callpoint_boards is not installed; install Callpoint again",
        "未安装 callpoint_boards；请重新安装 Callpoint",
    ),
    "simulate.site": Text("--site: 1 to 32 of a-z 0-9 - _", "--site：1 至 32 个 a-z 0-9 - _ 字符"),
    "simulate.no_broker": Text(
        "no MQTT broker can be used at {where} ({why}); start it, or give --host and --port",
        "{where} 上没有可用的 MQTT 服务器（{why}）；请启动，或给出 --host 和 --port",
    ),
    "simulate.silent": Text(
        "no answer to MQTT within {seconds:g} s", "{seconds:g} 秒内无 MQTT 应答"
    ),
    "simulate.refuses": Text("it refuses: {why}", "拒绝连接：{why}"),
    "simulate.no_answers": Text(
        "it does not let devices read their answers", "不允许设备读取应答"
    ),
    "simulate.not_stored": Text(
        "{count} events were not stored; is a gateway of site '{site}' running, and are the "
        "devices in its register (see --register)?",
        "{count} 条事件未被存储；站点“{site}”的网关是否在运行，设备是否在其登记表中"
        "（见 --register）？",
    ),
    "part.ended": Text("{name} has ended: {printed}", "{name} 已退出：{printed}"),
    "part.silent": Text(
        "{name} is not up after {seconds:g} s: {printed}",
        "{name} 在 {seconds:g} 秒后仍未就绪：{printed}",
    ),
    "part.stays": Text(
        "{name} did not end after SIGTERM: {printed}", "{name} 收到 SIGTERM 后没有退出：{printed}"
    ),
    "part.off": Text("{name} is not running", "{name} 没有运行"),
    "part.account": Text("no account could be made: {printed}", "无法建立账户：{printed}"),
    "board.refuses": Text("{name} refuses: {why}", "{name} 拒绝：{why}"),
    **DEMO,
    **DISTRICT,
    "chaos.again": Text("{wrong}; to repeat it: {command}", "{wrong}；重现：{command}"),
    "chaos.not_kept": Text(
        "{count} obligations were not kept; seed {seed}", "{count} 项义务未履行；种子 {seed}"
    ),
}


def rig_said(key: str, /, **values: object) -> Said:
    """Return one of ``TEXTS`` with its values, which may be ``Said``."""
    return either(Text(*(_filled(key, values, language) for language in LANGUAGES)))


def _filled(key: str, values: Mapping[str, object], language: str) -> str:
    filled = {
        name: value.in_(language) if isinstance(value, Said) else value
        for name, value in values.items()
    }
    return TEXTS[key].in_(language).format(**filled)
