"""What the site plan and labels say, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

PLAN: Final[Mapping[str, Text]] = {
    # The table
    "plan.line": Text("line {line}: {what}", "第 {line} 行：{what}"),
    "plan.cell": Text(
        "line {line}, column {number} ({head}): {what}",
        "第 {line} 行第 {number} 列（{head}）：{what}",
    ),
    "plan.more": Text("and {count} more", "另有 {count} 处"),
    "plan.too_large": Text("more than {most} MiB", "文件超过 {most} MiB"),
    "plan.too_many": Text("more than {most} lines", "超过 {most} 行"),
    "plan.empty": Text("the table has no line", "表中没有内容"),
    "plan.cells": Text(
        "line {line}: {count} cells, {heads} columns", "第 {line} 行：{count} 格，应为 {heads} 列"
    ),
    "plan.form": Text(
        "line {line}: not CSV ({why}); save the table again as CSV",
        "第 {line} 行：不是 CSV（{why}）；请重新另存为 CSV",
    ),
    "plan.no_head": Text(
        "column {number} has no head; delete the column or name it",
        "第 {number} 列没有列名；请删除该列或填写列名",
    ),
    "plan.persons": Text(
        "column {number} ({head}): people do not belong in a plan; delete the column and use: "
        "callpoint contact import",
        "第 {number} 列（{head}）：规划表不得含人员信息；请删除该列，并使用："
        "callpoint contact import",
    ),
    "plan.head": Text(
        "column {number} ({head}): no such column; delete it or name it as one of: {known}",
        "第 {number} 列（{head}）：没有这一列；请删除，或改为以下之一：{known}",
    ),
    "plan.head_twice": Text(
        "column {number} ({head}): there twice", "第 {number} 列（{head}）：重复"
    ),
    "plan.no_places": Text(
        "there is no column with places, such as building, unit, room",
        "没有地点列，例如楼栋、单元、房号",
    ),
    # Its cells
    "plan.text": Text("at most {most} printable characters", "最多 {most} 个可打印字符"),
    "plan.formula": Text("may not begin with = + - @", "不得以 = + - @ 开头"),
    "plan.one_of": Text("'{given}' is none of {valid}", "“{given}”不在以下之列：{valid}"),
    "plan.degrees": Text("not a number from -{most} to {most}", "应为 -{most} 至 {most} 的数"),
    "plan.account": Text("not 3 to 16 hex digits", "应为 3 至 16 位十六进制数字"),
    "plan.role": Text("no role; one of {roles}", "不是角色；应为以下之一：{roles}"),
    "plan.place_id": Text(
        "'/', '.', '-', blank, letters and digits, at most 64; give the place an id in a column "
        "'place'",
        "最多 64 个字母、汉字、数字、“/”、“.”、“-”和空格；请在“地点编号”列中填写编号",
    ),
    "plan.no_place": Text("this line names no place", "本行没有地点"),
    "plan.no_device": Text(
        "no id can be made of this place; give the device one of a-z 0-9 - _",
        "无法由地点得出设备编号；请填写由 a-z 0-9 - _ 组成的编号",
    ),
    "plan.no_wiring": Text(
        "a board needs a wiring, such as: panic + tamper", "有板型须填写接线，例如：panic + tamper"
    ),
    "plan.wiring": Text(
        "'{text}' is no wiring; such as: panic, door@relay/no, smoke@loop1:2k2",
        "“{text}”不是接线；例如：panic、door@relay/no、smoke@loop1:2k2",
    ),
    "plan.no_kind": Text(
        "no kind '{name}'; near it: {near}", "没有类型“{name}”；相近的有：{near}"
    ),
    "plan.no_cell": Text(
        "not a part of this place; near it: {near}", "不是本地点的一级；相近的有：{near}"
    ),
    "plan.twice": Text(
        "as in line {line}; give each device an id of its own",
        "与第 {line} 行相同；请为每个设备填写不同的编号",
    ),
    "plan.near_twice": Text(
        "line {line} has nearly the same (full width, case, blanks or dashes); write both alike "
        "or make them differ",
        "与第 {line} 行几乎相同（仅全角、大小写、空格或连字符不同）；请统一写法或区分开",
    ),
    "plan.near_known": Text(
        "the register has nearly the same: '{id}'; write it alike",
        "登记表中有几乎相同的“{id}”；请统一写法",
    ),
    "plan.replaced": Text(
        "this board is out: '{new}' has its place; write that, or take the table of: callpoint "
        "plan export",
        "此板卡已被“{new}”替换；请改写为该编号，或使用 callpoint plan export 导出的表",
    ),
    "plan.merged": Text(
        "empty, and '{above}' is above it; of merged cells only the first has the text: write it "
        "in every line, or give the place an id in a column 'place'",
        "空白，而上一行为“{above}”；合并单元格只有首行有内容：请在每行填写，或在“地点编号”列中填写编号",
    ),
    "plan.place_differs": Text(
        "place '{id}' is another in line {line}; one place has one set of parts",
        "地点“{id}”与第 {line} 行不一致；同一地点各级须相同",
    ),
    "plan.same_parts": Text(
        "place '{id}' in line {line} has the same parts; give one of them a label",
        "第 {line} 行的地点“{id}”各级相同；请为其中之一填写上报名称",
    ),
    # Compared with the site
    "plan.by_hand": Text(
        "zone {zone} of {device} has settings made by hand in the register, which this would "
        "drop; remove them there first",
        "{device} 的防区 {zone} 在登记表中有手工设置，此改动会将其丢弃；请先在登记表中删除",
    ),
    "plan.register_refused": Text(
        "the register would be refused: {why}", "登记表将无法使用：{why}"
    ),
    "plan.register_form": Text(
        "{file}: what has to change is written in a form that only a person can change; write "
        "tables as [[place]], [[device]], [[device.zone]], one key a line",
        "{file}：需要更改的内容写法特殊，只能手工修改；请写成 [[place]]、[[device]]、"
        "[[device.zone]]，每行一个键",
    ),
    "plan.record": Text("damaged; put it back from a backup", "已损坏；请从备份恢复"),
    "plan.staging": Text(
        "an import was cut off and this file is damaged; move its folder away, put register and "
        "authority back from a backup, and import again",
        "导入曾中断，且此文件已损坏；请移走其文件夹，从备份恢复登记表和证书颁发机构，然后重新导入",
    ),
    "plan.identity": Text("identity of {device}: {why}", "{device} 的设备身份：{why}"),
    "plan.no_network": Text(
        "no such [[network]] in the boards' file; near it: {near}",
        "板卡文件中没有该 [[network]]；相近的有：{near}",
    ),
    "plan.network_twice": Text("there twice", "重复"),
    "plan.no_boards": Text(
        "{why}; write what all boards are told, as shown by: callpoint plan example --boards",
        "{why}；请填写各板卡的共同设置，示例见：callpoint plan example --boards",
    ),
    "plan.no_authority": Text(
        "boards need certificates; set [renewal] certificates_dir, or give --certificates",
        "板卡需要证书；请设置 [renewal] certificates_dir，或使用 --certificates",
    ),
    "plan.has_key": Text(
        "{device} has a key already, and its identity is no longer on this machine; with "
        "--new-keys it gets another one and must be flashed again",
        "{device} 已有密钥，其设备身份已不在本机；使用 --new-keys 可生成新密钥，之后须重新烧录",
    ),
    "plan.broker_late": Text(
        "done, but the broker has not been told yet: {why}; run the command again",
        "已完成，但尚未通知 MQTT 服务器：{why}；请重新运行本命令",
    ),
    # What commands say
    "plan.waiting": Text(
        "another command works on this site; this one goes on when that has ended",
        "另一条命令正在处理本站点；待其结束后继续",
    ),
    "plan.place": Text("place", "地点"),
    "plan.device": Text("device", "设备"),
    "plan.set": Text("{name}: {old} -> {new}", "{name}：{old} → {new}"),
    "plan.zones": Text("zones: {old} -> {new}", "防区：{old} → {new}"),
    "plan.new_identity": Text("new identity", "新的设备身份"),
    "plan.counts": Text(
        "{added} added, {changed} changed, {removed} no longer in the plan, {same} as they were",
        "新增 {added}，更改 {changed}，规划表中已没有 {removed}，不变 {same}",
    ),
    "plan.kept": Text(
        "what is no longer in the plan stays; --remove takes it away and revokes its certificates",
        "规划表中已没有的仍保留；使用 --remove 可删除并吊销其证书",
    ),
    "plan.nothing": Text("nothing to change", "没有需要更改的内容"),
    "plan.dry": Text("nothing was written", "未写入任何内容"),
    "plan.built": Text(
        "{count} identities in {folder}; write them to boards with: callpoint flash {folder}; "
        "then delete them: they hold keys",
        "{folder} 中有 {count} 个设备身份；烧录：callpoint flash {folder}；内含密钥，烧录后请删除",
    ),
    "plan.reload": Text("to use the register: callpoint reload", "使登记表生效：callpoint reload"),
    "plan.exported": Text("{file}: {count} lines", "{file}：{count} 行"),
    "plan.exists": Text("exists already; it is not overwritten", "已存在，不会被覆盖"),
    "plan.waits": Text("identity not flashed yet", "设备身份尚未烧录"),
    "plan.flashed": Text("identity made", "已生成设备身份"),
    "plan.no_identity": Text("no identity by the plan", "规划表未生成设备身份"),
    "plan.by_hand_too": Text(
        "{count} devices and {places} places of the register are not of the plan",
        "登记表中有 {count} 个设备、{places} 个地点不属于规划表",
    ),
    "plan.responders": Text("{cell}: {role}: {count}", "{cell}：{role}：{count} 人"),
    "plan.nobody": Text(
        "{cell}: nobody is {role} yet; run: callpoint contact add",
        "{cell}：尚无{role}；请运行：callpoint contact add",
    ),
    "plan.board": Text("board", "板型"),
    "plan.wired": Text("wiring", "接线"),
    "plan.state": Text("identity", "设备身份"),
    # Orders that wait, and another Wi-Fi network
    "order.in_clear": Text(
        "the broker is on another machine and the connection has no TLS: a password would go in "
        "clear; set ca_file in [broker]",
        "MQTT 服务器不在本机且连接未使用 TLS，密码将以明文传输；请在 [broker] 中设置 ca_file",
    ),
    "order.no_network": Text(
        "an SSID has 1 to 32 bytes, a password none or 8 to 64",
        "SSID 为 1 至 32 字节；密码为空或 8 至 64 字节",
    ),
    "order.not_kept": Text("the order cannot be kept: {why}", "无法保存命令：{why}"),
    "device.waits": Text(
        "{device}: {order}: waits until it reports, at most {hours:g} h; see: callpoint orders",
        "{device}：{order}：等待设备上报，最长 {hours:g} 小时；查看：callpoint orders",
    ),
    "orders.none": Text("no order waits", "没有等待中的命令"),
    "orders.number": Text("number", "编号"),
    "orders.order": Text("order", "命令"),
    "orders.state": Text("state", "状态"),
    "orders.until": Text("until", "截止"),
    "orders.asleep": Text("waits for the device", "等待设备上线"),
    "orders.later": Text("from {time} on", "{time} 起"),
    "orders.sent": Text("sent", "已发送"),
    "orders.obeyed": Text("obeyed", "已执行"),
    "orders.withdrawn": Text("order {number} is withdrawn", "命令 {number} 已撤回"),
    "orders.unknown": Text(
        "no order {number} waits; see: callpoint orders",
        "没有编号为 {number} 的等待命令；查看：callpoint orders",
    ),
    "wifi.which": Text("name devices, or give --all", "请给出设备，或使用 --all"),
    "wifi.told": Text(
        "{count} devices get the network {ssid} when they listen; see: callpoint wifi status",
        "{count} 台设备上线时将收到网络 {ssid}；查看：callpoint wifi status",
    ),
    "wifi.none": Text("no device was told of another network", "未向任何设备下发新网络"),
    "wifi.waits": Text("has it, and tries it when its own is lost", "已收到，原网络中断时使用"),
    "wifi.used": Text(
        "uses it; the old one is the fall-back for a day", "已使用；原网络保留一天备用"
    ),
    "wifi.vain": Text("tried in vain; uses the old one", "尝试失败，仍用原网络"),
    "wifi.counts": Text(
        "{used} use it, {waits} have it, {vain} in vain, {open} have not got it yet",
        "已使用 {used}，已收到 {waits}，失败 {vain}，尚未收到 {open}",
    ),
    # callpoint labels
    "labels.drawn": Text(
        "{file}: {pages} pages of {size}; print at full size, without margins",
        "{file}：{pages} 页，规格 {size}；请按实际大小、无边距打印",
    ),
    "labels.pages_off": Text(
        "the public pages are off, so the codes lead nowhere yet: set public_pages in [console]",
        "公开页面未启用，扫码暂无内容：请在 [console] 中设置 public_pages",
    ),
    "labels.kind": Text(
        "labels are written as .html or .svg; a browser makes a PDF of .html",
        "标签可写为 .html 或 .svg；PDF 可由浏览器从 .html 生成",
    ),
    "labels.size": Text("one of {sizes}", "应为以下之一：{sizes}"),
    "labels.no_address": Text(
        "labels need the address under which phones reach the console: set public_url in "
        "[console], with a certificate that phones trust",
        "标签需要手机访问控制台的地址：请在 [console] 中设置 public_url，并使用手机信任的证书",
    ),
    "labels.none": Text("no place there has devices", "该处没有装有设备的地点"),
}
