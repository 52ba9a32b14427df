"""What is answered to a centre that reads. None: it cannot be answered, and is denied."""

from collections.abc import Sequence
from importlib.metadata import version

from callpoint_gateway.centres.gbt26875.facts import Component, Facts
from callpoint_gateway.centres.gbt26875.settings import GbtSettings
from callpoint_gateway.protocols.gbt26875.codes import DeviceState, Status, Unit
from callpoint_gateway.protocols.gbt26875.objects import (
    Analogue,
    Asked,
    AskedComponent,
    AskedDeviceOperations,
    AskedOperations,
    ComponentState,
    ComponentText,
    DeviceOperation,
    DeviceStatus,
    DeviceVersion,
    Moment,
    Object,
    Operation,
    SystemState,
    SystemText,
    SystemTime,
    SystemVersion,
    Text,
)

# Operators have roles here, and no numbers.
OPERATOR = 1
# At most so many of these stand in one frame, whatever was asked for.
_SYSTEM_RECORDS = 102
_ANALOGUES = 63


class GbtAnswers:
    """Speaks for one gateway to one centre. ``offset_s``: the centre's clock minus ours."""

    def __init__(self, settings: GbtSettings, facts: Facts) -> None:
        """``facts`` is where everything is read."""
        self._settings = settings
        self._facts = facts

    def answer(
        self, unit: Unit, asked: Sequence[Object], now_s: float, offset_s: float
    ) -> tuple[Unit, list[Object]] | None:
        """Return type and objects of the response."""
        now = self._facts.local(now_s + offset_s)
        match unit:
            case Unit.READ_DEVICE_STATUS:
                return Unit.DEVICE_STATUS, [DeviceStatus(self.device_state(), now)]
            case Unit.READ_DEVICE_VERSION:
                return Unit.DEVICE_VERSION, [DeviceVersion(*_version())]
            case Unit.READ_DEVICE_TEXT:
                return Unit.DEVICE_TEXT, [Text(f"Callpoint, {self._extent()}")]
            case Unit.READ_DEVICE_TIME:
                return Unit.DEVICE_TIME, [Moment(now)]
        if not asked:
            return None
        if isinstance(asked[0], AskedComponent):
            wanted = [component for component in asked if isinstance(component, AskedComponent)]
            return self._components(unit, wanted, now_s, offset_s)
        if isinstance(first := asked[0], AskedOperations | AskedDeviceOperations):
            return self._operations(first, offset_s)
        if not all(isinstance(system, Asked) and self._ours(system) for system in asked):
            return None
        system = self._settings.system, self._settings.system_address
        match unit:
            case Unit.READ_SYSTEM_STATUS:
                return Unit.SYSTEM_STATUS, [SystemState(*system, self.system_state(), now)]
            case Unit.READ_SYSTEM_VERSION:
                return Unit.SYSTEM_VERSION, [SystemVersion(*system, *_version())]
            case Unit.READ_SYSTEM_TEXT:
                return Unit.SYSTEM_TEXT, [SystemText(*system, self._extent())]
            case Unit.READ_SYSTEM_TIME:
                return Unit.SYSTEM_TIME, [SystemTime(*system, now)]
        return None

    def system_state(self) -> Status:
        """Return what really stands anywhere.

        Without the normal bit while something is exercised, unless there is a real fire.
        """
        word = Status.NORMAL
        for component in self._facts.all():
            status = self._facts.status(component)
            word |= status if status & Status.NORMAL else Status(0)
        exercising = self._facts.exercising() and not word & Status.FIRE
        return word & ~Status.NORMAL if exercising else word

    def device_state(self) -> DeviceState:
        """Return how the gateway is, and what it has of others."""
        system = self.system_state()
        state = DeviceState.NORMAL if system & Status.NORMAL else DeviceState(0)
        if system & Status.FIRE:
            state |= DeviceState.FIRE
        if system & Status.FAULT:
            state |= DeviceState.FAULT
        return state

    def state_of(self, component: Component, at_s: float, status: Status) -> ComponentState:
        """Return a component's status as it is sent; ``at_s`` is by the centre's clock."""
        settings = self._settings
        if status & Status.FIRE and not settings.normal_bit:
            status &= ~Status.NORMAL
        return ComponentState(
            settings.system,
            settings.system_address,
            settings.component_of(component.kind),
            component.number,
            status,
            component.text,
            self._facts.local(at_s),
        )

    def _ours(self, asked: Asked | AskedComponent | AskedOperations) -> bool:
        ours = self._settings.system, self._settings.system_address
        return (asked.system, asked.address) == ours

    def _extent(self) -> str:
        everything = self._facts.all()
        devices = len({component.device for component in everything})
        return f"{devices} devices, {len(everything) - devices} zones"

    def _components(
        self, unit: Unit, asked: Sequence[AskedComponent], now_s: float, offset_s: float
    ) -> tuple[Unit, list[Object]] | None:
        known = [
            component
            for wanted in asked
            if self._ours(wanted)
            and (component := self._facts.component(wanted.number)) is not None
        ]
        if not known:
            return None
        settings = self._settings
        system = settings.system, settings.system_address
        if unit is Unit.READ_COMPONENT_STATUS:
            at_s = now_s + offset_s
            states = [
                self.state_of(component, at_s, self._facts.status(component))
                for component in known
            ]
            return Unit.COMPONENT_STATUS, [*states]
        if unit is Unit.READ_COMPONENT_TEXT:
            texts = [
                ComponentText(
                    *system,
                    settings.component_of(component.kind),
                    component.number,
                    component.text,
                )
                for component in known
            ]
            return Unit.COMPONENT_TEXT, [*texts]
        values = [
            Analogue(
                *system,
                settings.component_of(component.kind),
                component.number,
                value.quantity,
                value.value,
                self._facts.local(value.at_ms / 1000 + offset_s),
            )
            for component in known
            for value in self._facts.values(component)
        ]
        return (Unit.ANALOGUE, [*values[:_ANALOGUES]]) if values else None

    def _operations(
        self, asked: AskedOperations | AskedDeviceOperations, offset_s: float
    ) -> tuple[Unit, list[Object]] | None:
        since_ms = int((self._facts.unix_s(asked.since) - offset_s) * 1000)
        records = [
            (int(operation.done), OPERATOR, self._facts.local(operation.at_ms / 1000 + offset_s))
            for operation in self._facts.operations(since_ms, asked.count)
        ]
        if not records:
            # The standard has no least number, and there are centres that divide by it.
            return None
        if isinstance(asked, AskedDeviceOperations):
            return Unit.DEVICE_OPERATION, [DeviceOperation(*record) for record in records]
        if not self._ours(asked):
            return None
        system, address = self._settings.system, self._settings.system_address
        done = [Operation(system, address, *record) for record in records[:_SYSTEM_RECORDS]]
        return Unit.OPERATION, [*done]


def _version() -> tuple[int, int]:
    major, minor = version("callpoint").split(".")[:2]
    return int(major), int(minor)
