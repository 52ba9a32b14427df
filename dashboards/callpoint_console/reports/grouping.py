"""Groups places by their building, as reports show them."""

from callpoint_gateway.configuration.register import Place, Register


def building_of(place: Place) -> str:
    """Return the text of the building that a place is in, or the place's own without one."""
    parts = (place.city, place.district, place.street, place.community, place.building)
    return " / ".join(part for part in parts if part) or str(place)


class PlaceNames:
    """The names of places, also of those that have left the register."""

    def __init__(self, register: Register | None) -> None:
        """``register`` None: places are shown by their ids."""
        self._places = {place.id: place for place in register.places()} if register else {}

    def place(self, place_id: str) -> str:
        """Return a place's text."""
        place = self._places.get(place_id)
        return str(place) if place else place_id

    def building(self, place_id: str) -> str:
        """Return the text of its building."""
        place = self._places.get(place_id)
        return building_of(place) if place else place_id
