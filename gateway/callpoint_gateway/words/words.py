"""The texts of one language, as a page or a command uses them."""

from callpoint_gateway.words import entries, facts, parts, people
from callpoint_gateway.words.said import NOTHING, TEXTS, Said


class Words:
    """All texts of one language."""

    def __init__(self, language: str) -> None:
        """``language`` is one of ``text.LANGUAGES``."""
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its values filled in. KeyError: there is no such text."""
        return TEXTS[key].in_(self.language).format(**values)

    def kind(self, kind: int) -> str:
        """Return the name of a kind, or its number if it has no name."""
        return facts.kind(kind, self.language)

    def event(self, kind: int, state: int, detail: int = 0) -> str:
        """Return the text of an event: `smoke alarm`, `line cut`."""
        try:
            return facts.event(kind, state, detail, self.language)
        except KeyError:
            return f"{kind}/{state}/{detail}"

    def state(self, state: int) -> str:
        """Return the name of a state alone."""
        known = facts.STATES.get(state)
        return known.in_(self.language) if known else str(state)

    def detail(self, kind: int, state: int, detail: int) -> str | None:
        """Return the text of an event's detail alone; None: it has none."""
        return facts.detail(kind, state, detail, self.language)

    def reading(self, key: str) -> str:
        """Return the name of a telemetry reading, or its key if it has no name."""
        known = facts.READINGS.get(key)
        return known.in_(self.language) if known else key

    def reset_cause(self, value: int) -> str:
        """Return why a device has started, or the number if it has no name."""
        known = facts.RESET_CAUSES.get(value)
        return known.in_(self.language) if known else str(value)

    def row_kind(self, value: str) -> str:
        """Return the name of an entry that is no event."""
        return entries.KINDS[value].in_(self.language)

    def row_state(self, value: str) -> str:
        """Return the state of an entry that is no event."""
        known = entries.STATES.get(value)
        return known.in_(self.language) if known else value

    def condition(self, value: str) -> str:
        """Return the name of an alarm's condition."""
        return people.CONDITIONS[value].in_(self.language)

    def handling(self, value: str) -> str:
        """Return the name of an alarm's handling."""
        return people.HANDLING[value].in_(self.language)

    def action(self, value: str) -> str:
        """Return what a person did about an alarm."""
        return people.ACTIONS[value].in_(self.language)

    def mark(self, value: str) -> str:
        """Return the name of a mark: real, drill or walk test."""
        return people.MARKS[value].in_(self.language)

    def level(self, value: int) -> str:
        """Return the name of a response level, 1 to 4."""
        return people.LEVELS[value].in_(self.language)

    def profile(self, value: str) -> str:
        """Return what a place is used as."""
        return people.PROFILES[value].in_(self.language)

    def cause(self, value: str) -> str:
        """Return the name of an alarm's cause."""
        return people.CAUSES[value].in_(self.language)

    def deadline(self, what: str, rest_ms: int) -> str:
        """Return the text of a deadline with the time left, or overdue (``rest_ms`` < 0)."""
        texts = people.TO_DO if rest_ms >= 0 else people.OVERDUE
        return texts[what].in_(self.language).format(age=self.age(abs(rest_ms)))

    def stage(self, value: str) -> str:
        """Return the column of a report for one stage of an alarm."""
        return people.STAGES[value].in_(self.language)

    def partition(self, state: str, mode: str | None) -> str:
        """Return the name of a partition's state."""
        called = people.MODES[mode].in_(self.language) if mode else ""
        return people.PARTITIONS[state].in_(self.language).format(mode=called)

    def supervised(self, state: str) -> str:
        """Return the name of a supervised part's state."""
        return parts.SUPERVISED[state].in_(self.language)

    def grade(self, value: str) -> str:
        """Return the grade of a finding, as wide as every other."""
        return parts.GRADES[value].in_(self.language)

    def silence(self, how: str) -> str:
        """Return the text of a device's kind of silence."""
        return parts.SILENCES[how].in_(self.language)

    def source(self, source: str) -> str:
        """Return the name of a supervised part."""
        return parts.source(source, self.language)

    def told(self, text: Said) -> str:
        """Return what was said, in this language."""
        return text.in_(self.language)

    def fault(self, source: str, reason: Said = NOTHING, remedy: Said = NOTHING) -> str:
        """Return the meaning of a fault, with its reason and its remedy."""
        meaning = parts.fault(source, self.language)
        why = self.told(reason)
        text = self("with_reason", what=meaning, why=why) if why else meaning
        return f"{text} -> {self.told(remedy)}" if remedy else text

    def consumer(self, name: str) -> str:
        """Return the name of a reader of the journal."""
        return parts.consumer(name, self.language)

    def age(self, ms: int) -> str:
        """Return a duration in its two largest units; a negative one counts as 0."""
        seconds = max(0, ms) // 1000
        if seconds < 60:
            return self("seconds", count=seconds)
        if seconds < 3600:
            return f"{self('minutes', count=seconds // 60)} {self('seconds', count=seconds % 60)}"
        if seconds < 86_400:
            minutes = seconds % 3600 // 60
            return f"{self('hours', count=seconds // 3600)} {self('minutes', count=minutes)}"
        hours = seconds % 86_400 // 3600
        return f"{self('days', count=seconds // 86_400)} {self('hours', count=hours)}"
