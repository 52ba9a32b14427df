"""Builds the channels of a configuration."""

from pathlib import Path

from callpoint_gateway.configuration.notify import Channel
from callpoint_notify.channels.apprise_service import AppriseService
from callpoint_notify.channels.channel import Sender
from callpoint_notify.channels.http_request import HttpRequest


def sender(channel: Channel) -> Sender:
    """Return what sends over a channel. ChannelUnusable: its file cannot be used."""
    if channel.request_file is not None:
        return HttpRequest(Path(channel.request_file), channel.timeout_s)
    assert channel.url_file is not None  # checked when the configuration was loaded
    return AppriseService(Path(channel.url_file), channel.timeout_s)
