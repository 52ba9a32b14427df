"""The sentences of the pages about accounts, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

ACCOUNTS: Final[Mapping[str, Text]] = {
    # Signing in
    "sign_in.title": Text("Sign in", "登录"),
    "sign_in.login": Text("Login name", "登录名"),
    "sign_in.password": Text("Password", "密码"),
    "sign_in.do": Text("Sign in", "登录"),
    "sign_in.wrong": Text("Login name or password is wrong.", "登录名或密码错误。"),
    "sign_in.wrong_code": Text("The code is wrong or was used before.", "验证码错误或已使用过。"),
    "sign_in.wait": Text(
        "Too many tries; try again in {seconds} s.", "尝试次数过多，请在 {seconds} 秒后重试。"
    ),
    "sign_in.busy": Text(
        "Many people sign in at this moment; try again.", "当前登录人数较多，请重试。"
    ),
    "sign_in.forgotten": Text(
        "Password forgotten or telephone lost? An admin of this site gives you a new link.",
        "忘记密码或丢失手机？请向本站点的管理员索取新的链接。",
    ),
    "sign_in.first": Text(
        "Nobody can sign in yet. Type this on the machine of the console, and open the link that "
        "it prints:",
        "目前还没有账号。请在控制台所在的机器上输入以下命令，然后打开它给出的链接：",
    ),
    # Second factor
    "factor.title": Text("Second factor", "第二重验证"),
    "factor.code": Text("Code of your authenticator", "身份验证器的验证码"),
    "factor.or_recovery": Text(
        "Six digits, or one of your recovery codes.", "六位数字，或一个恢复码。"
    ),
    "factor.go_on": Text("Go on", "继续"),
    "factor.other": Text("Sign in as somebody else", "使用其他账号登录"),
    "factor.set_up": Text("Set up the second factor", "设置第二重验证"),
    "factor.why": Text(
        "Operators, supervisors and admins sign in with a second factor: a password that was "
        "watched is then worth nothing.",
        "值机员、值班长和管理员登录时需要第二重验证，这样即使密码被他人看到也无法使用。",
    ),
    "factor.scan": Text(
        "Scan this picture with an authenticator on your telephone, or type the key into it. Then "
        "type the code that it shows.",
        "用手机上的身份验证器扫描此图，或在其中输入密钥，然后输入它显示的验证码。",
    ),
    "factor.picture": Text("The key as a picture", "密钥二维码"),
    "factor.key": Text("Key: {secret}", "密钥：{secret}"),
    "factor.recovery": Text("Recovery codes", "恢复码"),
    "factor.keep": Text(
        "Print these codes or write them down, and lock them away. Each takes the place of your "
        "telephone once. They are shown only now.",
        "请打印或抄写这些恢复码并妥善保管。每个恢复码可代替手机使用一次，且只在此刻显示。",
    ),
    "factor.kept": Text("I have them", "我已保存"),
    "factor.is_set": Text(
        "It is set up; {count} recovery codes are left.", "已设置；剩余恢复码 {count} 个。"
    ),
    "factor.is_not_set": Text("It is not set up.", "未设置。"),
    "factor.new_codes": Text("New recovery codes", "生成新的恢复码"),
    "factor.anew": Text("Set up anew", "重新设置"),
    # Passwords
    "password.title": Text("Change the password", "修改密码"),
    "password.welcome": Text("Choose a password", "设置密码"),
    "password.of": Text("Your login name is {login}.", "您的登录名是 {login}。"),
    "password.old": Text("Present password", "当前密码"),
    "password.new": Text("New password", "新密码"),
    "password.again": Text("New password once more", "再次输入新密码"),
    "password.rule": Text(
        "At least {least} characters. Several words are easy to remember and hard to guess.",
        "至少 {least} 个字符。由多个词组成的密码好记且难猜。",
    ),
    "password.set": Text("Set the password", "确定"),
    "password.wrong": Text("The present password is wrong.", "当前密码错误。"),
    "password.differ": Text("The two are not the same.", "两次输入的密码不一致。"),
    "password.short": Text("It is too short.", "密码太短。"),
    "password.long": Text("It is too long.", "密码太长。"),
    "password.login": Text("Your login name makes up most of it.", "密码的大部分是登录名。"),
    "password.common": Text(
        "Everybody tries this one first: it is made of common words, rows of keys or digits.",
        "这个密码太常见：由常用词、键盘顺序或连续数字组成。",
    ),
    "password.same": Text("It is the present one.", "新密码与当前密码相同。"),
    # Links
    "link.over": Text("This link was used or is too old", "链接已使用或已过期"),
    "link.ask": Text("Ask an admin for a new link.", "请向管理员索取新的链接。"),
    "screen.title": Text("Screen on a wall", "墙面大屏"),
    "screen.about": Text(
        "This browser will show the site without a password, until an admin disables the account "
        "{login}. It can do nothing else.",
        "此浏览器将免密码显示本站点，直到管理员停用账号 {login}；除显示外不能执行任何操作。",
    ),
    "screen.begin": Text("Show the site on this screen", "在此屏幕上显示"),
    # My account
    "mine.title": Text("My account", "我的账号"),
    "mine.roles": Text("Roles", "角色"),
    "mine.sign_out": Text("Sign out", "退出登录"),
    "mine.sessions": Text("Where I am signed in", "登录的设备"),
    "mine.this": Text("this browser", "当前浏览器"),
    "mine.from": Text("Address", "地址"),
    "mine.browser": Text("Browser", "浏览器"),
    "mine.since": Text("Since", "登录时间"),
    "mine.used": Text("Last used", "最近使用"),
    "mine.end": Text("End", "终止"),
    "mine.end_others": Text("End all others", "终止其他全部"),
    # All accounts
    "accounts.title": Text("Accounts", "账号"),
    "accounts.login": Text("Login name", "登录名"),
    "accounts.kind": Text("For", "类型"),
    "accounts.person": Text("a person", "人员"),
    "accounts.screen": Text("a screen", "大屏"),
    "accounts.roles": Text("Roles", "角色"),
    "accounts.roles_are": Text(
        "Roles separated by commas, such as operator, manager@b3. Roles are {roles}; @ and a "
        "place's id or the beginning of its text limit one to that place.",
        "角色用逗号分隔，如 值机员, 物业经理@b3。可用角色：{roles}；"
        "@ 加位置编号或位置名称的开头可限定范围。",
    ),
    "accounts.language": Text("Language", "语言"),
    "accounts.factor": Text("Second factor", "第二重验证"),
    "accounts.yes": Text("yes", "有"),
    "accounts.no": Text("no", "无"),
    "accounts.state": Text("State", "状态"),
    "accounts.in_force": Text("in force", "启用"),
    "accounts.disabled": Text("disabled", "已停用"),
    "accounts.unset": Text("has no password yet", "尚未设置密码"),
    "accounts.change": Text("Change", "操作"),
    "accounts.set_roles": Text("Set roles", "修改角色"),
    "accounts.log_out": Text("Sign out everywhere", "强制退出"),
    "accounts.disable": Text("Disable", "停用"),
    "accounts.enable": Text("Enable", "启用"),
    "accounts.reset": Text("New link", "新链接"),
    "accounts.reset_factor": Text("New link, without second factor", "新链接并清除第二重验证"),
    "accounts.add": Text("Add an account", "添加账号"),
    "accounts.do_add": Text("Add", "添加"),
    "accounts.link": Text(
        "Give {login} this link, by a way that only they read. It works once, for 24 hours:",
        "请以只有本人能看到的方式把此链接交给 {login}。链接只能使用一次，24 小时内有效：",
    ),
    "accounts.bad_login": Text(
        "A login name has 1 to 32 of a-z 0-9 . _ -, begins with a letter, and is no telephone "
        "number.",
        "登录名为 1 至 32 个 a-z 0-9 . _ - 字符，以字母开头，且不能是电话号码。",
    ),
    "accounts.bad_role": Text(
        "'{text}' is no role; write a role or role@place. Roles are {roles}.",
        "“{text}”不是角色；请写角色或 角色@位置。可用角色：{roles}。",
    ),
    "accounts.bad_place": Text(
        "The register has no place '{place}'.", "登记表中没有位置“{place}”。"
    ),
    "accounts.no_role": Text("Give at least one role.", "请至少填写一个角色。"),
    "accounts.only_viewer": Text("A screen is a viewer and nothing else.", "大屏只能是 viewer。"),
    "accounts.taken": Text("There is an account {login} already.", "账号 {login} 已存在。"),
    "accounts.gone": Text("There is no account {login}.", "没有账号 {login}。"),
    "accounts.last_admin": Text(
        "Nobody could manage accounts afterwards; make somebody else admin first.",
        "此操作后将没有人能管理账号；请先指定另一名管理员。",
    ),
    # Looks
    "looks.title": Text("Who looked at people's records", "人员资料查看记录"),
    "looks.at": Text("When", "时间"),
    "looks.account": Text("Account", "账号"),
    "looks.what": Text("What", "内容"),
    "looks.place": Text("Place", "位置"),
    "looks.persons": Text("People", "人数"),
    "looks.why": Text("Why", "原因"),
    "looks.alarm": Text("alarm {number}", "报警 {number}"),
    "looks.show": Text("Show", "查询"),
    "looks.older": Text("Older", "更早"),
    "looks.none": Text("Nobody has looked.", "没有查看记录。"),
}
