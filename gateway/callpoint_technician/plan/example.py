"""Examples to begin with: a table of units, and the file about all boards."""

import csv
import io
from typing import Final

from callpoint_gateway.words.text import Text
from callpoint_technician.plan import columns
from callpoint_technician.plan.boards_file import FILE

_COMMENTS: Final = Text(
    """\
# One line for each device, or for a place without one. Lines that begin with # do not count.
# Columns may be left out and stand in any order; heads may be Chinese. Leave out what the estate
# does not know: place and device ids are made of the parts of a place.
# board: devkit, c3, s3.
# wiring: panic, medical, smoke, door, intrusion, tamper, gas, water, joined by +, at the usual
#   inputs of the board (WIRING.md). door@relay/no: another input, closing is the alarm (nc:
#   opening is). smoke/nc/relay_fault: with a fault contact. smoke@loop1:2k2: a supervised loop.
# power: mains, battery. cell: the part of the place whose responders are named. No names and no
# telephone numbers of people: those come with callpoint contact import.
""",
    """\
# 每个设备一行；没有设备的地点也可单独一行。以 # 开头的行不计。
# 列可以省略，顺序不限，列名可用中文或英文。不清楚的列可不填：地点编号和设备编号由地点各级得出。
# 板型：devkit、c3、s3。
# 接线：紧急按钮、医疗求助按钮、烟感、门磁、入侵探测器、防拆开关、燃气、漏水，用 + 连接，接在该板的
#   默认输入（见 WIRING.md）。门磁@relay/no：接在其他输入，闭合为报警（nc：断开为报警）。
#   烟感/nc/relay_fault：带故障触点。烟感@loop1:2k2：带线尾电阻的回路。
# 供电：市电、电池。网格：由谁负责到哪一级。不得含姓名和电话：请用 callpoint contact import。
""",
)
_ROWS: Final = (
    {
        "community": Text("Sunshine Garden", "阳光花园"),
        "building": Text("Building 3", "3号楼"),
        "unit": Text("Unit 2", "2单元"),
        "room": Text("301", "301"),
        columns.DEVICE: Text("b3-u2-301", "b3-u2-301"),
        columns.BOARD: Text("c3", "c3"),
        columns.WIRING: Text("panic + tamper", "紧急按钮 + 防拆开关"),
        columns.POWER: Text("mains", "市电"),
        columns.CELL: Text("building", "楼栋"),
        columns.RESPONDERS: Text("grid worker + volunteer", "网格员 + 志愿者"),
    },
    {
        "community": Text("Sunshine Garden", "阳光花园"),
        "building": Text("Building 3", "3号楼"),
        "unit": Text("Unit 2", "2单元"),
        "room": Text("302", "302"),
        columns.DEVICE: Text("b3-u2-302", "b3-u2-302"),
        columns.BOARD: Text("devkit", "devkit"),
        columns.WIRING: Text("panic + smoke", "紧急按钮 + 烟感"),
        columns.POWER: Text("mains", "市电"),
    },
)
_BOARDS: Final = Text(
    f"""\
# {FILE}: what all boards are told. It holds passwords: chmod 600.
host = "192.168.1.10"         # the broker, as boards reach it: an address or a name in DNS
# port = 8883
# ntp = "192.168.1.1"         # where boards get the time
# second_host = "192.168.1.10"  # the gateway, for the second path over CoAP

[[network]]                   # the first is for boards whose line names none
ssid = "estate"
password = "change-me-please"

# [update]                    # as printed by: callpoint firmware key
# keys = ["..."]
# product = "callpoint"
# hardware = 1
""",
    f"""\
# {FILE}：各板卡的共同设置。内含密码：chmod 600。
host = "192.168.1.10"         # 板卡访问的 MQTT 服务器：IP 地址或 DNS 名称
# port = 8883
# ntp = "192.168.1.1"         # 板卡的授时服务器
# second_host = "192.168.1.10"  # 网关，用于 CoAP 备用路径

[[network]]                   # 第一个用于未填写无线网络的板卡
ssid = "estate"
password = "change-me-please"

# [update]                    # 见 callpoint firmware key 的输出
# keys = ["..."]
# product = "callpoint"
# hardware = 1
""",
)


def table(language: str) -> str:
    """Return a commented table of units."""
    text = io.StringIO(newline="")
    used = [column for column in columns.HEADS if any(column in row for row in _ROWS)]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([columns.HEADS[column].in_(language) for column in used])
    for row in _ROWS:
        writer.writerow([row[column].in_(language) if column in row else "" for column in used])
    return _COMMENTS.in_(language) + text.getvalue()


def boards(language: str) -> str:
    """Return a commented file about all boards."""
    return _BOARDS.in_(language)
