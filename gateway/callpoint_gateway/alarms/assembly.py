"""Opens the desk."""

from callpoint_gateway.alarms.desk import Desk
from callpoint_gateway.configuration.levels import AlarmSettingsByLevel
from callpoint_gateway.configuration.site import Site
from callpoint_gateway.ingest.acknowledgements import Acknowledgements
from callpoint_gateway.sources.downlink import Downlink


async def open_desk(site: Site, acknowledgements: Acknowledgements, downlink: Downlink) -> Desk:
    """Return the desk, with the open alarms of earlier runs."""
    desk = Desk(
        site.id,
        site.journals.alarms,
        site.register,
        AlarmSettingsByLevel(site.config.alarms, site.config.level),
        site.clock,
        acknowledgements.operator,
        downlink.publish,
        site.journals.telemetry,
        site.config.consumers,
    )
    site.journals.when_closed(desk.close)
    await desk.prepare()
    return desk
