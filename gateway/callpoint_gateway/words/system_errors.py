"""What the operating system says of an error, and the same in Chinese.

The English texts are those of glibc's ``strerror`` and ``gai_strerror``; a text that is not here
stays as it is.
"""

from typing import Final

SYSTEM_ERRORS_ZH: Final = {
    # Files.
    "Bad file descriptor": "文件描述符无效",
    "Device or resource busy": "设备正忙",
    "Directory not empty": "文件夹不为空",
    "Disk quota exceeded": "超出磁盘配额",
    "File exists": "文件已存在",
    "File name too long": "文件名过长",
    "File too large": "文件过大",
    "Input/output error": "读写错误",
    "Invalid argument": "参数无效",
    "Is a directory": "是文件夹，不是文件",
    "No space left on device": "磁盘空间不足",
    "No such device": "没有此设备",
    "No such file or directory": "文件或文件夹不存在",
    "Not a directory": "不是文件夹",
    "Operation not permitted": "操作不被允许",
    "Permission denied": "权限不足",
    "Read-only file system": "文件系统只读",
    "Stale file handle": "文件句柄已失效",
    "Structure needs cleaning": "文件系统需要修复",
    "Too many open files": "打开的文件过多",
    # Connections.
    "Address already in use": "地址已被占用",
    "Broken pipe": "连接已断开",
    "Cannot assign requested address": "本机没有此地址",
    "Connection refused": "连接被拒绝",
    "Connection reset by peer": "连接被对方中断",
    "Connection timed out": "连接超时",
    "Host is down": "对方主机已停机",
    "Network is down": "网络已断开",
    "Network is unreachable": "网络不可达",
    "No route to host": "无法到达对方主机",
    "Software caused connection abort": "连接被本机中止",
    "Transport endpoint is not connected": "尚未连接",
    "timed out": "超时",
    # Names.
    "Name or service not known": "无法解析该名称",
    "No address associated with hostname": "该名称没有对应的地址",
    "Temporary failure in name resolution": "名称解析暂时失败",
}
