"""The help of commands about accounts in Chinese, by the English paragraph at the command."""

from collections.abc import Mapping
from typing import Final

HELP_OF_PEOPLE_ZH: Final[Mapping[str, str]] = {
    "Keep the accounts of the console.": "管理控制台的账号。",
    (
        "The console may run meanwhile. A login name is an operator's id in the journal: never a "
        "person's name."
    ): "控制台可以同时运行。登录名即日志库中的操作员编号，不得使用姓名。",
    (
        "Make an account, and print the one-time link by which its owner chooses a password."
    ): "创建账号，并给出本人用来设置密码的一次性链接。",
    (
        "viewer, manager, technician, operator, supervisor or admin; with @ and a place's id, or "
        "the beginning of its text, at that place only."
    ): (
        "`viewer`、`manager`、`technician`、`operator`、`supervisor` 或 `admin`；"
        "其后加 @ 和位置编号（或位置名称的开头）则仅限该位置。"
    ),
    "Language of the account's pages, if not the configuration's.": "账号的语言，默认取配置。",
    "For a screen on a wall: it shows and never acts.": "用于墙面大屏：只显示，不能操作。",
    (
        "Give an account roles, or take roles away; what is taken away counts at once."
    ): "添加或移除账号的角色；移除立即生效。",
    "A role as `list` shows it.": "`list` 所显示的角色。",
    (
        "Sign an account out, forget its password, and print a one-time link for a new one."
    ): "使账号退出登录并清除密码，给出用于设置新密码的一次性链接。",
    "Also forget the lost second factor.": "同时清除已丢失的第二重验证。",
    "Show every account.": "显示所有账号。",
    (
        "Keep an account from signing in, and end its sessions at once; also a screen's."
    ): "停用账号并立即终止其会话，大屏亦同。",
    "Let a disabled account sign in again.": "重新启用已停用的账号。",
    "End every session of an account.": "终止账号的全部会话。",
    (
        "Show who looked at people's records at the console, when and why."
    ): "显示何人何时因何在控制台查看了人员资料。",
    "Only of this account.": "仅此账号。",
    "Only at this place, by its id.": "仅此位置（位置编号）。",
    "How many, the newest first.": "条数，最新的在前。",
    "Tell people outside of alarms and faults.": "向站外人员通知报警和故障。",
    "It reads the journal and writes only a file of its own; the gateway does not need it.": (
        "只读取日志库，只写自己的文件；网关不依赖它。"
    ),
    "Show what was sent, what waits, and why.": "显示已发送和待发送的通知及原因。",
    "Exit code 4: somebody could not be told yet.": "退出码 4：尚有人未能通知到。",
    "Only messages about this alarm.": "仅关于此报警的通知。",
    "Have the running notifier send a message of test to PERSON (an id), or to --all.": (
        "让运行中的通知程序向 PERSON（编号）或 --all 发送测试通知。"
    ),
    "To every contact.": "发送给所有联系人。",
    (
        "See whether every channel can be used and every role has somebody; nothing is sent."
    ): "检查各渠道是否可用、各角色是否有人；不发送任何消息。",
    "Exit code 4: somebody would not be told.": "退出码 4：有人将无法收到通知。",
    "Over this channel, instead of each one's first.": "使用此渠道，代替各人的首选渠道。",
}
