"""How CAP classes an event, and in which languages a message tells of it."""

from typing import Final, NamedTuple

from callpoint_protocol import names

# CAP's name of a language, and ours.
LANGUAGES: Final = (("zh-CN", "zh"), ("en", "en"))


class Class(NamedTuple):
    """CAP's words (OASIS CAP-v1.2, 3.2.2)."""

    category: str
    severity: str


CLASSES: Final = {
    names.PANIC: Class("Security", "Extreme"),
    names.MEDICAL: Class("Health", "Extreme"),
    names.SMOKE: Class("Fire", "Extreme"),
    names.DOOR: Class("Security", "Minor"),
    names.INTRUSION: Class("Security", "Severe"),
    names.TAMPER: Class("Security", "Moderate"),
    names.GAS: Class("Fire", "Extreme"),
    names.WATER: Class("Infra", "Severe"),
    names.DEVICE: Class("Infra", "Minor"),
    names.BATTERY: Class("Infra", "Minor"),
    names.SUPERVISION: Class("Infra", "Minor"),
    names.TEST: Class("Other", "Minor"),
}
