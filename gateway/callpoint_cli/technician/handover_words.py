"""The sentences of ``callpoint handover``."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

TEXTS: Final[Mapping[str, Text]] = {
    "none": Text("there is no hand-over report yet", "尚无移交报告"),
    "number": Text("report", "报告"),
    "made": Text("made", "生成时间"),
    "who": Text("account", "账号"),
    "tested": Text("tested", "已测试"),
    "left": Text("left", "未测试"),
    "good": Text(
        "{file}: unchanged since it was signed; {tested} of {devices} devices tested",
        "{file}：签名后未被更改；已测试 {tested} / {devices} 台设备",
    ),
    "incomplete": Text("NOT COMPLETE, left: {left}", "未完成，剩余：{left}"),
    "key": Text("signed with the key {fingerprint}", "签名公钥：{fingerprint}"),
    "compare": Text(
        "compare it with the key that the site shows, or give that with --key",
        "请与站点显示的公钥核对，或用 --key 指定公钥",
    ),
    "unsigned": Text("{file}: no signed hand-over report", "{file}：不是签名的移交报告"),
    "changed": Text("{file}: CHANGED after it was signed", "{file}：签名后被更改"),
    "foreign": Text(
        "{file}: signed with another key, {fingerprint}", "{file}：由其他公钥签名：{fingerprint}"
    ),
    "wrong.form": Text(
        "byte {what} is not as the signed file has it", "第 {what} 字节与签名文件不符"
    ),
    "wrong.format": Text("the format is {what}", "格式为 {what}"),
    "wrong.part": Text("{what} was changed", "{what} 被更改"),
    "wrong.added": Text("{what} was added", "{what} 是后来添加的"),
    "wrong.missing": Text("{what} was taken out", "{what} 被删除"),
    "wrong.signature": Text(
        "the signature does not fit the list of digests", "签名与摘要清单不符"
    ),
    "bad_key": Text(
        "{file}: no Ed25519 public key as PEM", "{file}：不是 PEM 格式的 Ed25519 公钥"
    ),
}
