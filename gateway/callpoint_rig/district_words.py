"""What a person reads in ``callpoint demo --district``, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

DISTRICT: Final[Mapping[str, Text]] = {
    "district.intro": Text(
        "Three estates, each with a virtual board, a broker, a gateway and an alarm\n"
        "receiver, tell one district: nats-server with TLS, PostgreSQL and two processes\n"
        "that keep alarms. It ends in under a minute, writes into a temporary folder only\n"
        "and leaves no process behind.",
        "三个小区各有一块虚拟板、MQTT 服务器、网关和接警接收机，均上报同一个区：\n"
        "启用 TLS 的 nats-server、PostgreSQL 和两个保存报警的进程。约需一分钟，\n"
        "只写入临时文件夹，结束后不留下任何进程。",
    ),
    "district.step.press": Text(
        "the panic button of each estate is pressed and released", "各小区的紧急按钮按下并松开"
    ),
    "district.step.engine": Text(
        "the engine (nats-server) is killed (-9) while the buttons are pressed",
        "按下按钮时消息引擎（nats-server）被强行终止（-9）",
    ),
    "district.step.wiped": Text(
        "the engine is killed and loses everything that it has kept",
        "消息引擎被强行终止，并丢失其保存的全部数据",
    ),
    "district.step.database": Text(
        "the database (PostgreSQL) crashes while the buttons are pressed",
        "按下按钮时数据库（PostgreSQL）崩溃",
    ),
    "district.step.process": Text(
        "one of the district's two processes is killed (-9); the other goes on",
        "区的两个进程之一被强行终止（-9），另一个继续工作",
    ),
    "district.step.acknowledge": Text(
        "an operator of the district acknowledges; the lamps of the buttons show it",
        "区值机员确认报警，按钮的指示灯随之变化",
    ),
    "district.arrived": Text(
        "     {gateway}: event {seq} is kept by the district, {took} after the button moved",
        "     {gateway}：事件 {seq} 已由区保存，距按钮动作 {took}",
    ),
    "district.missing": Text(
        "     {gateway}: event {seq} has NOT arrived at the district",
        "     {gateway}：事件 {seq} 未到达区",
    ),
    "district.acknowledged": Text(
        "     {gateway}: {printed}",
        "     {gateway}：{printed}",
    ),
    "district.again": Text(
        "     {gateway}: alarm {alarm} is tried again: {printed}",
        "     {gateway}：报警 {alarm} 正在重试：{printed}",
    ),
    "district.refused": Text(
        "     {gateway}: alarm {alarm} was NOT acknowledged: {printed}",
        "     {gateway}：报警 {alarm} 未能确认：{printed}",
    ),
    "district.keys": Text(
        "1 2 3 press/release a button  e engine kill/start  d database crash/start  q quit",
        "1 2 3 按下/松开按钮  e 终止/启动消息引擎  d 数据库崩溃/启动  q 退出",
    ),
    "district.whole": Text("hash chains whole", "哈希链完整"),
    "district.broken": Text("hash chains BROKEN", "哈希链已损坏"),
    "district.verdict": Text(
        "verdict: raised {raised}, arrived at the district {arrived}, twice {twice}, lost {lost}; "
        "{chains}; acknowledged from the district {acknowledged} of {alarms} alarms, back at the "
        "district {back}, lamps {lamps} of {buttons}",
        "结论：触发 {raised}，到达区 {arrived}，重复 {twice}，丢失 {lost}；{chains}；"
        "区已确认 {acknowledged}/{alarms} 条报警，回到区 {back}，指示灯 {lamps}/{buttons}",
    ),
}
