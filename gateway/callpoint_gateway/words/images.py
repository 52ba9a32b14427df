"""What is wrong with an image file for a board, and what to do."""

from collections.abc import Mapping
from typing import Final

from callpoint_gateway.words.text import Text

IMAGES: Final[Mapping[str, Text]] = {
    "image.text": Text(
        "this is a text or a web page, no image; take the .bin file that the page offers",
        "这是文本或网页，不是映像；请下载该页面提供的 .bin 文件",
    ),
    "image.other_format": Text(
        "this is a {format} file; take the .bin file of the same release",
        "这是 {format} 文件；请使用同一版本的 .bin 文件",
    ),
    "image.nothing": Text(
        "this is no image of MicroPython for an ESP32; take the .bin file from its download page",
        "不是 ESP32 的 MicroPython 映像；请从其下载页面获取 .bin 文件",
    ),
    "image.application_alone": Text(
        "this is the application alone, without boot loader; take the .bin file, not .app-bin",
        "这只是应用程序，没有引导程序；请使用 .bin 文件，而不是 .app-bin",
    ),
    "image.whole_flash": Text(
        "this is an image of the whole flash; an update is the application alone: micropython.bin "
        "of the build, not firmware.bin",
        "这是整个闪存的映像；升级只需应用程序：构建得到的 micropython.bin，而不是 firmware.bin",
    ),
    "image.no_application": Text(
        "this is no application of an ESP32; take micropython.bin of the build",
        "不是 ESP32 应用程序；请使用构建得到的 micropython.bin",
    ),
    "image.dump": Text(
        "this was read from a board's flash; take the file as it was downloaded",
        "这是从设备闪存读出的内容；请使用下载的原始文件",
    ),
    "image.other_table": Text(
        "its partition table is not that of this firmware; build it with the board definition of "
        "firmware/boards",
        "其分区表不是本固件的分区表；请用 firmware/boards 的板型定义构建",
    ),
    "image.ota": Text(
        "this is the OTA variant; take the plain image of the same board",
        "这是 OTA 变体；请使用同一板型的普通映像",
    ),
    "image.wrong_chip": Text(
        "this image is for {found}, not for {wanted}", "此映像用于 {found}，不适用于 {wanted}"
    ),
    "image.unknown_chip": Text(
        "this image is for a chip that is not supported (number {number})",
        "此映像用于不支持的芯片（编号 {number}）",
    ),
    "image.truncated": Text(
        "the file ends too early ({size} bytes are there); download it again",
        "文件不完整（只有 {size} 字节）；请重新下载",
    ),
    "image.damaged": Text(
        "{part}: does not fit its checksum; download the file again",
        "{part}：与校验值不符；请重新下载文件",
    ),
    "image.not_micropython": Text(
        "this image holds no MicroPython; take the .bin file from its download page",
        "此映像中没有 MicroPython；请从其下载页面获取 .bin 文件",
    ),
    "image.version": Text(
        "MicroPython {version}; the firmware needs {oldest} or later, below 2",
        "MicroPython {version}；固件需要 {oldest} 或更高版本，且低于 2",
    ),
    "image.too_large": Text(
        "{size} bytes of application, {room} fit", "应用程序 {size} 字节，最多 {room} 字节"
    ),
    "image.slot_full": Text(
        "the compiled firmware needs {needed} bytes, its slot has {room}",
        "编译后的固件需要 {needed} 字节，槽位只有 {room} 字节",
    ),
    "image.not_compiled": Text("does not compile: {why}", "无法编译：{why}"),
    "image.extra": Text(
        "needs the extra technician; run: pip install 'callpoint[technician]'",
        "须安装扩展 technician；请运行：pip install 'callpoint[technician]'",
    ),
    "image.stock_or_frozen": Text(
        "give either --stock or --frozen", "--stock 和 --frozen 请给出其中之一"
    ),
    "image.folder_used": Text(
        "holds files already; name a folder that is new or empty",
        "已有文件；请指定新的或空的文件夹",
    ),
    "image.head": Text(
        "MicroPython {version} of {made} for {chip}, SHA-256 {digest}",
        "MicroPython {version}（{made}），适用于 {chip}，SHA-256 {digest}",
    ),
    "image.build": Text(
        "firmware {version}, sequence {sequence}", "固件 {version}，序号 {sequence}"
    ),
    "image.erased": Text("erased", "擦除"),
}
