"""The sentences of ``callpoint user``, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

TEXTS: Final[Mapping[str, Text]] = {
    "added": Text(
        "account {login} is made; give this link to that person only (once, for 24 hours): {link}",
        "已创建账号 {login}；请仅将此链接交给本人（只能使用一次，24 小时内有效）：{link}",
    ),
    "added_screen": Text(
        "screen {login} is made; open this link on it (once, for 24 hours): {link}",
        "已创建大屏 {login}；请在该屏幕上打开此链接（只能使用一次，24 小时内有效）：{link}",
    ),
    "roles": Text("{login}: {roles}", "{login}：{roles}"),
    "reset": Text(
        "{login} is signed out and has no password now; the link for a new one (once, for 24 "
        "hours): {link}",
        "{login} 已退出登录，密码已清除；设置新密码的链接（只能使用一次，24 小时内有效）：{link}",
    ),
    "disabled": Text(
        "{login} cannot sign in any more; sessions ended: {count}",
        "{login} 已停用，不能再登录；终止会话 {count} 个",
    ),
    "enabled": Text("{login} can sign in again", "{login} 已启用，可以登录"),
    "logged_out": Text("{login}: sessions ended: {count}", "{login}：终止会话 {count} 个"),
    "none": Text(
        "there is no account yet; make one: callpoint user add admin --role admin",
        "还没有账号；请创建：callpoint user add admin --role admin",
    ),
    "no_looks": Text("nobody has looked", "没有查看记录"),
    # Heads of tables
    "login": Text("login", "登录名"),
    "kind": Text("for", "类型"),
    "person": Text("person", "人员"),
    "screen": Text("screen", "大屏"),
    "grants": Text("roles", "角色"),
    "factor": Text("second factor", "第二重验证"),
    "yes": Text("yes", "有"),
    "no": Text("no", "无"),
    "state": Text("state", "状态"),
    "in_force": Text("in force", "启用"),
    "off": Text("disabled", "已停用"),
    "unset": Text("no password yet", "尚未设置密码"),
    "at": Text("at", "时间"),
    "account": Text("account", "账号"),
    "what": Text("what", "内容"),
    "place": Text("place", "位置"),
    "people": Text("people", "人数"),
    "why": Text("why", "原因"),
    "alarm": Text("alarm {number}", "报警 {number}"),
    # What is refused
    "bad_login": Text(
        "'{login}' is no login name: 1 to 32 of a-z 0-9 . _ -, a letter first, no telephone "
        "number",
        "“{login}”不能作登录名：1 至 32 个 a-z 0-9 . _ - 字符，以字母开头，不能是电话号码",
    ),
    "bad_role": Text(
        "'{text}' is no role; write one of {roles}, and @place behind it for a part of the site",
        "“{text}”不是角色；请写 {roles} 之一，需限定范围时在其后加 @位置",
    ),
    "bad_place": Text(
        "the register has no place '{place}'; write an id of it, or the beginning of a text",
        "登记表中没有位置“{place}”；请写位置编号或位置名称的开头",
    ),
    "bad_area": Text(
        "no gateway has told a place in '{place}'; write an area, such as City / District, or "
        "site:GATEWAY, as callpoint district status shows it. Enrol gateways before accounts",
        "没有网关上报过“{place}”内的地点；请写区域（如 城市 / 区县），或 site:网关，"
        "见 callpoint district status。请先登记网关，再建账户",
    ),
    "only_viewer": Text(
        "a screen is a viewer and nothing else; write --role viewer or viewer@place",
        "大屏只能是 viewer；请写 --role viewer 或 viewer@位置",
    ),
    "taken": Text(
        "there is an account {login} already; see: callpoint user list",
        "账号 {login} 已存在；请查看：callpoint user list",
    ),
    "gone": Text(
        "there is no account {login}; see: callpoint user list",
        "没有账号 {login}；请查看：callpoint user list",
    ),
    "last_admin": Text(
        "nobody could manage accounts afterwards; make somebody else admin first",
        "此操作后将没有人能管理账号；请先指定另一名管理员",
    ),
    "not_had": Text(
        "{login} has no role '{text}'; it has {roles}",
        "{login} 没有角色“{text}”；现有角色：{roles}",
    ),
    "nothing": Text(
        "say what to change: --add ROLE or --remove ROLE",
        "请指明更改内容：--add 角色 或 --remove 角色",
    ),
}
