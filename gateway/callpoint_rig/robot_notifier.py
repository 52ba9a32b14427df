"""``callpoint notify`` with Apprise's DingTalk at an address of this machine, for tests.

Arguments: the configuration, and the port of the robot (0: Apprise is left as it is).
"""

import sys
from importlib import import_module

from callpoint_cli.main import main


def _robot_at(port: int) -> None:
    robot = import_module("apprise.plugins.dingtalk").NotifyDingTalk
    robot.notify_url = f"http://127.0.0.1:{port}/robot/send?access_token={{token}}"


if __name__ == "__main__":
    if int(sys.argv[2]):
        _robot_at(int(sys.argv[2]))
    main(["notify", "-c", sys.argv[1]])
