"""Settings of a path that no frame could carry are refused when it is made."""

from typing import Any

import pytest

from callpoint_gateway.centres.dc09.path import Dc09Path
from callpoint_gateway.protocols.dc09.errors import FrameError


@pytest.mark.parametrize("settings", [{"account": "12"}, {"prefix": ""}, {"receiver": "xyz"}])
def test_settings_that_no_frame_could_carry(settings: dict[str, Any]) -> None:
    with pytest.raises(FrameError):
        Dc09Path("h", 1, settings.pop("account", "1234"), now=lambda: 0.0, **settings)


@pytest.mark.parametrize("settings", [{"encoding": "SIA"}, {"key": b"short"}])
def test_settings_that_do_not_exist(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"SIA|key"):
        Dc09Path("h", 1, "1234", now=lambda: 0.0, **settings)
