"""The sentences of storey plans, in both languages."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

STOREYS: Final[Mapping[str, Text]] = {
    "storey.title": Text("Storey plans", "楼层平面图"),
    "storey.of": Text("Storey {name}", "楼层 {name}"),
    "storey.alt": Text(
        "Plan of storey {name}; its devices are in the table", "楼层 {name} 平面图，设备见表格"
    ),
    "storey.part": Text("Part of storey {name} around {device}", "楼层 {name} 中 {device} 附近"),
    "storey.marker": Text("{device}: {state}", "{device}：{state}"),
    "storey.none": Text("There is no such storey plan", "没有此楼层平面图"),
    "storey.no_building": Text("There is no such building here", "没有此楼栋"),
    "storey.change": Text("Change the storey plans", "修改楼层平面图"),
    "storey.place": Text("Place devices", "布置设备"),
    "storey.upload": Text("Upload a plan", "上传平面图"),
    "storey.name": Text("Name of the storey", "楼层名称"),
    "storey.file": Text("File (SVG or PNG, at most 2 MiB)", "文件（SVG 或 PNG，最大 2 MiB）"),
    "storey.about": Text(
        "Of an SVG file only shapes, texts and colours are kept. A file with the same name takes "
        "the place of the one before; the devices stay where they are.",
        "SVG 文件仅保留图形、文字和颜色。同名楼层的新文件将替换旧文件，设备位置不变。",
    ),
    "storey.send": Text("Upload", "上传"),
    "storey.keys": Text(
        "Choose a device, then click on the plan; or go to the plan and use the arrow keys; or "
        "type its position in percent from the left and the top.",
        "选择设备后在图上点击；或聚焦平面图后使用方向键；或输入其距左侧、顶部的百分比。",
    ),
    "storey.plan": Text("Plan: arrow keys move the device", "平面图：方向键移动设备"),
    "storey.device": Text("Device", "设备"),
    "storey.x": Text("From the left (%)", "距左侧（%）"),
    "storey.y": Text("From the top (%)", "距顶部（%）"),
    "storey.save": Text("Place it there", "保存位置"),
    "storey.where": Text("Place", "地点"),
    "storey.state": Text("State", "状态"),
    "storey.position": Text("Position", "位置"),
    "storey.take_off": Text("Take off the plan", "移出平面图"),
    "storey.empty": Text("No device is on it yet", "尚无设备"),
    "storey.delete": Text("Delete this plan", "删除此平面图"),
    "storey.delete_sure": Text(
        "The plan and the positions on it are then gone.", "平面图及其设备位置将被删除。"
    ),
    "storey.bad_name": Text(
        "The name of a storey has 1 to 32 signs.", "楼层名称须为 1 至 32 个字符。"
    ),
    "storey.no_file": Text("Choose a file first.", "请先选择文件。"),
    "storey.bad_device": Text("This building has no such device.", "本楼栋没有此设备。"),
    "storey.bad_position": Text("A position is from 0 to 100 %.", "位置须为 0 至 100%。"),
    "storey.no_svg": Text(
        "The file is neither an SVG nor a PNG file that can be read.",
        "文件不是可读取的 SVG 或 PNG。",
    ),
    "storey.no_png": Text("The PNG file is damaged.", "PNG 文件已损坏。"),
    "storey.entities": Text(
        "The SVG file has a DTD or entities; save it as plain SVG.",
        "SVG 文件含有 DTD 或实体，请另存为普通 SVG。",
    ),
    "storey.bad_size": Text(
        "The picture is too large, or far too narrow, to be a plan.", "图片过大或过于狭长。"
    ),
    "storey.too_much": Text(
        "The drawing has too many parts; leave out what is not needed.",
        "图形元素过多，请删除不需要的内容。",
    ),
    "storey.too_many": Text("This building has too many plans.", "本楼栋的平面图过多。"),
}
