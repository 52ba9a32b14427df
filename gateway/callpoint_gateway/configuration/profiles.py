"""What a place is used as, by which people act differently there."""

from enum import StrEnum


class Profile(StrEnum):
    """The ``profile`` of a place."""

    ESTATE = "estate"
    SCHOOL = "school"
    KINDERGARTEN = "kindergarten"
    HOSPITAL = "hospital"
    BANK = "bank"
    KIOSK = "kiosk"  # a shop or kiosk that serves as alarm point
