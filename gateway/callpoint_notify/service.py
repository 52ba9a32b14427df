"""The running notifier: follows the journal, asks who is responsible, and sends.

It is a process of its own and writes only its own file, so it can neither delay nor lose an alarm.
"""

import asyncio
import fcntl
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callpoint_gateway.alarms.site_state import SiteState
from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.notify import Channel
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.notify import Notify
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.journal.reader import JournalError
from callpoint_gateway.words.said import either, joined, of, said, said_by
from callpoint_notify.channels.build import sender
from callpoint_notify.channels.channel import ChannelUnusable, Sender
from callpoint_notify.dispatcher import Dispatcher
from callpoint_notify.follower import Follower
from callpoint_notify.lane import Lane
from callpoint_notify.outbox import Message, Outbox
from callpoint_notify.recipients import Recipients
from callpoint_notify.signs_of_life import SignsOfLife
from callpoint_notify.stories import Teller, work_story
from callpoint_notify.texts import Writer
from callpoint_notify.timing import Timing
from callpoint_people.links import Link
from callpoint_people.outbox_file import LOCK, OutboxUnusable, path_in
from callpoint_people.store import PeopleStore
from callpoint_people.words import PeopleError

LOOK_S: Final = 0.2
JOURNAL_AWAY_S: Final = 2.0
TIDY_S: Final = 3600.0
#: The page of the console that a link opens; the token follows.
LINK_PATH: Final = "/a/"
#: Its page of a work order, whose number follows; whoever opens it signs in.
WORK_PATH: Final = "/work-orders/"

MakeSender = Callable[[Channel], Sender]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Notifier:
    """The parts of a notifier."""

    config: Config
    outbox: Outbox
    recipients: Recipients
    dispatcher: Dispatcher
    unusable: dict[str, ChannelUnusable]  # channels that cannot be used, with the reason
    clock: Clock
    register: Register

    def answer_asked(self) -> None:
        """Put into the outbox what the console asks for: messages of test, news of work orders."""
        for number, person, channel in self.outbox.asked():
            tests = self.recipients.tests(person, channel, self.clock.wall_ms())
            self.outbox.answer(number, tests)
        for news in self.outbox.news():
            story = work_story(news, self.register)
            told = self.recipients.work(news, story, self.clock.wall_ms())
            self.outbox.tell(news, told)


def _links(config: Config, people: PeopleStore, clock: Clock) -> Callable[[Message], str]:
    if config.console.public_url is None:
        return lambda message: ""
    base, life_s = config.console.url, config.notify.link_s

    def link(message: Message) -> str:
        if message.story.order:
            return f"{base}{WORK_PATH}{message.story.order}"
        if not message.story.alarm:
            return ""
        # Of the message's own time, so that a repeat has the same link.
        expires_s = message.made_ms // 1000 + life_s
        return (
            base + LINK_PATH + people.links.token(Link(message.story.alarm, message.id, expires_s))
        )

    return link


@contextmanager
def open_notifier(
    config: Config, register: Register, clock: Clock, make: MakeSender = sender
) -> Iterator[Notifier]:
    """Yield the parts of a notifier. ServiceError: it cannot start; the text says why."""
    state_dir, settings, zone = Path(config.gateway.state_dir), config.notify, config.gateway.zone
    lanes: list[Lane] = []
    unusable: dict[str, ChannelUnusable] = {}
    for channel in settings.channel:
        try:
            lanes.append(Lane(channel, make(channel)))
        except ChannelUnusable as error:
            # The others go on: a notifier that does not start tells nobody anything.
            log.error("channel %s: %s", channel.name, error)
            unusable[channel.name] = error
    if not lanes:
        why = [either(problem.text) for problem in unusable.values()]
        raise ServiceError(
            said("notifier.no_channel", why=joined(why) if why else said("notifier.add_channel"))
        )
    with ExitStack() as stack:
        try:
            stack.enter_context(only_one(state_dir))
            people = stack.enter_context(PeopleStore(state_dir, clock=clock))
            outbox = stack.enter_context(closing(Outbox(state_dir, clock)))
        except PeopleError as error:
            raise ServiceError(either(error.text)) from error
        except OutboxUnusable as error:
            raise ServiceError(error.why) from error
        usable = [lane.settings for lane in lanes]
        recipients = Recipients(people, register, zone, settings, usable, outbox)
        writer = Writer(config.gateway.site, zone, _links(config, people, clock))
        timing = Timing(settings, zone)
        dispatcher = Dispatcher(
            config.gateway.site, outbox, lanes, recipients, timing, writer, clock
        )
        yield Notifier(config, outbox, recipients, dispatcher, unusable, clock, register)


@contextmanager
def only_one(state_dir: Path) -> Iterator[None]:
    """Hold the notifier's lock: two notifiers would tell everything twice.

    ServiceError: another one holds it. OutboxUnusable: there is no room for it.
    """
    path = path_in(state_dir).with_name(LOCK)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = path.open("a")
    except OSError as error:
        raise OutboxUnusable(of(str(path), said_by(error))) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ServiceError(said("notifier.another", folder=str(state_dir))) from error
        yield


async def _open_journal(notifier: Notifier, register: Register) -> Follower:
    """Return the follower, as soon as the gateway has made its journal."""
    config = notifier.config
    said = False

    def teller(state: SiteState) -> Teller:
        return Teller(state, config.alarms, register)

    while True:
        try:
            return Follower(
                Path(config.gateway.state_dir) / "alarms.db",
                notifier.outbox,
                teller,
                lambda story: notifier.recipients.messages(story, notifier.clock.wall_ms()),
            )
        except (JournalError, sqlite3.Error, OSError) as error:
            if not said:
                log.warning("the journal cannot be read yet: %s", error)
            said = True
            notifier.dispatcher.look()
            await asyncio.sleep(JOURNAL_AWAY_S)


async def follow(notifier: Notifier, register: Register, looked: Callable[[], None]) -> None:
    """Tell what the journal says until cancelled. ``looked`` is called after each look."""
    follower = await _open_journal(notifier, register)
    log.info("follows the journal")
    away = False
    try:
        while True:
            try:
                follower.look()
                if away:
                    log.info("the journal can be read again")
                away = False
                looked()
            except (JournalError, sqlite3.Error, OSError) as error:
                if not away:
                    log.warning("the journal or the outbox cannot be read: %s", error)
                away = True
            try:
                notifier.answer_asked()
                notifier.dispatcher.look()
            except sqlite3.Error as error:
                log.warning("the outbox cannot be used now: %s", error)
                await asyncio.sleep(JOURNAL_AWAY_S)
            await asyncio.sleep(LOOK_S)
    finally:
        follower.close()


async def _tidy(outbox: Outbox) -> None:
    while True:
        try:
            outbox.forget_old()
        except sqlite3.Error as error:
            log.warning("what is old cannot be removed: %s", error)
        await asyncio.sleep(TIDY_S)


async def serve(
    config: Config, register: Register, clock: Clock, make: MakeSender = sender
) -> None:
    """Run the notifier until cancelled. ServiceError: it cannot start."""
    if not config.notify.enabled:
        raise ServiceError(said("notifier.off"))
    systemd = Notify()
    with open_notifier(config, register, clock, make) as notifier:
        log.info("site %s: %d channels", config.gateway.site, len(config.notify.channel))
        systemd.tell("READY=1")
        signs = SignsOfLife(config, notifier.dispatcher, sorted(notifier.unusable), clock)

        def looked() -> None:
            systemd.tell("WATCHDOG=1")
            signs.looked()

        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(follow(notifier, register, looked))
                group.create_task(signs.run())
                group.create_task(_tidy(notifier.outbox))
        finally:
            systemd.tell("STOPPING=1")
            await notifier.dispatcher.close()
