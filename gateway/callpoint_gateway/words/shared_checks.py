"""What the checks say that the host shares with a device's firmware, in both languages.

The firmware has no tables of texts: the check returns the English text, and here is its code.
"""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

SHARED_CHECKS: Final[Mapping[str, Text]] = {
    "shared.bytes": Text("a text of {low} to {high} bytes", "应为 {low} 至 {high} 字节的文本"),
    "shared.letters": Text("1 to {high} letters", "应为 1 至 {high} 个字母"),
    "shared.static": Text(
        "IPv4 addresses: own, mask, gateway, DNS", "应为 IPv4 地址：本机、掩码、网关、DNS"
    ),
    "shared.local": Text(
        "a name that ends in .local is not looked up; give the address or a name in DNS",
        "以 .local 结尾的名称不会被解析；请填写 IP 地址或 DNS 名称",
    ),
    "shared.host": Text(
        "an IPv4 address or a name, without scheme, port or blank",
        "应为 IPv4 地址或名称，不含协议、端口或空格",
    ),
    "shared.preset": Text(
        "1k 2k2 4k7 5k6, each also with -nc or -no; or 1k-fault",
        "应为 1k 2k2 4k7 5k6，均可加 -nc 或 -no；或 1k-fault",
    ),
    "shared.pullup": Text(
        "with {ohms} ohms the windows of {preset} are too narrow",
        "上拉电阻为 {ohms} 欧姆时，{preset} 的各档电压范围过窄",
    ),
    "shared.id": Text("1 to 32 of a-z 0-9 - _", "应为 1 至 32 个 a-z 0-9 - _ 字符"),
    "shared.topic": Text(
        "not {root}/<site>/<device>/<channel>", "应为 {root}/<site>/<device>/<channel>"
    ),
    "shared.unsealed": Text("seal: missing", "缺少密钥校验码"),
    "shared.seal": Text("seal: wrong", "密钥校验码错误"),
}
