"""What the console says to whom it refuses something, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

REFUSALS: Final[Mapping[str, Text]] = {
    "stranger.host": Text(
        "The console is not reachable under this address; it is the one of public_url in "
        "[console] of gateway.toml.",
        "此地址无法访问控制台；正确的地址是 gateway.toml 中 [console] 的 public_url。",
    ),
    "stranger.scheme": Text(
        "Type https:// before the address. If you did: the proxy must send X-Forwarded-Proto, and "
        "its address must stand in proxies in [console] of gateway.toml.",
        "请在地址前输入 https://。若已输入：代理必须发送 X-Forwarded-Proto，且其地址须列入 "
        "gateway.toml 中 [console] 的 proxies。",
    ),
    "stranger.origin": Text(
        "Another site sent this form, so nothing was done. Open the console and try again.",
        "该表单由其他网站提交，未执行任何操作。请自行打开控制台后重试。",
    ),
    "refused.title": Text("Not possible", "无法执行"),
    "refused.role": Text(
        "Your account may not do this. An admin can give it a role that may.",
        "您的账号无权执行此操作。管理员可以为您的账号添加相应角色。",
    ),
    "refused.csrf": Text(
        "This page was open too long, so nothing was done. Go back, load it again and repeat.",
        "此页面打开时间过长，未执行任何操作。请返回并刷新页面后重试。",
    ),
    "refused.large": Text(
        "What you sent is too large: at most {kib} KiB.", "提交的内容过大：最多 {kib} KiB。"
    ),
    "refused.slow": Text(
        "What you sent did not arrive in time; try again.", "提交的内容未能及时送达，请重试。"
    ),
    "refused.malformed": Text(
        "What you sent is no form of this console.", "提交的内容不是本控制台的表单。"
    ),
    "refused.database": Text(
        "The console's file of accounts cannot be used at this moment; nothing was done. An admin "
        "finds the reason in the console's log.",
        "控制台的账号文件当前无法使用，未执行任何操作。管理员可在控制台的运行日志中查看原因。",
    ),
    "refused.session": Text("Sign in first.", "请先登录。"),
    "refused.back": Text("Back to the overview", "返回总览"),
}
