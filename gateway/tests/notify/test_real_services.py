"""Real parts: Apprise over HTTP and SMTP, requests to gateways, processes that are killed."""

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from callpoint_gateway.configuration.notify import Channel
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.writer import Journal
from callpoint_notify.channels.build import sender
from callpoint_notify.channels.channel import ChannelUnusable, Outgoing, Undelivered
from callpoint_people.notifications import MessageState
from callpoint_protocol import names
from callpoint_rig.receivers.robot import DingTalk, HttpService

from .notify_process import NotifySite, private
from .smtp_sink import Smtp

CANARY, NUMBER = "Canary Quillfeather", "13912345678"
MAIL = "canary.quillfeather@example.com"
TELL = 'tell = [["guard"], ["guard"], ["guard"], ["guard"]]\ndigest_s = 0\n'
SMS = '[[notify.channel]]\nname = "sms"\nrequest_file = "sms.toml"\naddress = "phone"\n'
ROBOT = '[[notify.channel]]\nname = "robot"\nurl_file = "robot.url"\n'
POST = '[[notify.channel]]\nname = "mail"\nurl_file = "mail.url"\naddress = "email"\n'
MESSAGE = Outgoing("estate-7", "【紧急】", '一 "二"\n三', "13800138000")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def site(stack: ExitStack, folder: Path, notify: str, robot_port: int = 0) -> NotifySite:
    made = NotifySite(folder, notify, robot_port)
    stack.callback(made.close)
    return made


@pytest.mark.parametrize(
    ("content_type", "template", "expected"),
    [
        (
            "application/json",
            '{"to": "{address}", "text": "{title}{body}", "id": "{id}"}',
            {"to": "13800138000", "text": '【紧急】一 "二"\n三', "id": "estate-7"},
        ),
        (
            "application/x-www-form-urlencoded",
            "to={address}&id={id}",
            "to=13800138000&id=estate-7",
        ),
        ("text/xml", "<m>{body}</m>", "<m>一 &quot;二&quot;\n三</m>"),
    ],
)
def test_a_request_is_filled_in_as_its_content_type_wants(
    stack: ExitStack, tmp_path: Path, content_type: str, template: str, expected: object
) -> None:
    service = stack.enter_context(HttpService().running())
    service.answer = b'{"code":0}'
    path = tmp_path / "sms.toml"
    private(
        path,
        f'url = "http://127.0.0.1:{service.port}/"\ncontent_type = "{content_type}"\n'
        f"body = '{template}'\nsuccess = '\"code\": *0'\n",
    )
    sms = sender(Channel(name="sms", request_file=str(path), address="phone"))
    sms.send(MESSAGE)
    (body,) = service.bodies
    assert (json.loads(body) if isinstance(expected, dict) else body) == expected
    service.answer = b'{"code":7}'
    with pytest.raises(Undelivered, match="success"):
        sms.send(MESSAGE)
    service.status = 503
    with pytest.raises(Undelivered, match="HTTP 503"):
        sms.send(MESSAGE)


@pytest.mark.parametrize("fixed", ["", "?key=secret"])
def test_a_gateway_that_takes_only_a_get(stack: ExitStack, tmp_path: Path, fixed: str) -> None:
    service = stack.enter_context(HttpService().running())
    service.answer = b"OK:7"
    path = tmp_path / "sms.toml"
    private(
        path,
        f'url = "http://127.0.0.1:{service.port}/send{fixed}"\nmethod = "GET"\n'
        'query = "to={address}&text={title}{body}&ref={id}"\nsuccess = "^OK"\n',
    )
    sms = sender(Channel(name="sms", request_file=str(path), address="phone"))
    sms.send(MESSAGE)
    ((_, asked, body),) = service.taken
    assert body == ""
    where = urlsplit(asked)
    assert where.path == "/send"
    assert dict(parse_qsl(where.query)) == {
        **({"key": "secret"} if fixed else {}),
        "to": MESSAGE.address,
        "text": f"{MESSAGE.title}{MESSAGE.body}",
        "ref": MESSAGE.id,
    }
    service.answer = b"ERR"
    with pytest.raises(Undelivered) as refused:
        sms.send(MESSAGE)
    assert MESSAGE.address not in str(refused.value)


def test_the_number_in_an_address_reaches_no_log_of_the_notifier(
    stack: ExitStack, tmp_path: Path
) -> None:
    sms = stack.enter_context(HttpService().running())
    house = site(stack, tmp_path, f"{TELL}{SMS}")
    request = f'url = "http://127.0.0.1:{sms.port}/sms"\nmethod = "GET"\n'
    private(tmp_path / "sms.toml", request + 'query = "to={address}&text={body}"\n')
    house.guard(CANARY, NUMBER)
    house.started()
    sms.status = 500
    house.press()
    house.until(lambda: house.notifications.newest()[:1] and house.notifications.newest()[0].tries)
    sms.status = 200
    house.until(lambda: sms.taken)
    house.until(lambda: not house.notifications.not_sent())
    assert house.stop() == 0
    house.journal.close()
    assert NUMBER in sms.taken[0][1]
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert NUMBER.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ('url = "http://x/{address}"\nbody = ""\n', 0o600, "belong into the body"),
        ('url = "http://x/"\nbody = ""\n', 0o644, "chmod 600"),
        ('url = "http://x/"\nbody = ""\nsuccess = "("\n', 0o600, "no regular expression"),
        ('url = "http://x/"\n', 0o600, "body"),
        ('url = "http://x/"\nmethod = "GET"\n', 0o600, "query"),
        ('url = "http://x/"\nbody = ""\nquery = ""\n', 0o600, "query"),
        ('url = "http://x/"\nmethod = "GET"\nquery = ""\nbody = ""\n', 0o600, "body"),
        ('url = "http://x/"\nmethod = "PUT"\nbody = ""\n', 0o600, "method"),
        ('url = "http://x/"\nbody = ""\ncontent_type = "image/png"\n', 0o600, "content_type"),
    ],
)
def test_a_request_that_cannot_be_used_is_named(
    tmp_path: Path, text: str, mode: int, words: str
) -> None:
    path = tmp_path / "sms.toml"
    private(path, text)
    path.chmod(mode)
    with pytest.raises(ChannelUnusable, match=words):
        sender(Channel(name="sms", request_file=str(path), address="phone"))


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_apprise_sends_and_its_refusals_are_seen(stack: ExitStack, tmp_path: Path) -> None:
    ntfy = stack.enter_context(HttpService().running())
    smtp = stack.enter_context(Smtp().running())
    private(tmp_path / "ntfy.url", f"ntfy://127.0.0.1:{ntfy.port}/alarms\n")
    private(
        tmp_path / "mail.url",
        f"mailto://127.0.0.1:{smtp.port}?from=gw@example.com&to={{address}}\n",
    )
    push = sender(Channel(name="push", url_file=str(tmp_path / "ntfy.url")))
    push.send(MESSAGE)
    assert json.loads(ntfy.bodies[0])["message"] == MESSAGE.body
    ntfy.status = 429
    with pytest.raises(Undelivered, match="HTTP 429"):
        push.send(MESSAGE)
    mail = sender(Channel(name="mail", url_file=str(tmp_path / "mail.url"), address="email"))
    mail.send(Outgoing("estate-8", "Alarm", "panic", "who+x@example.com"))
    assert smtp.mails[0][0] == "who+x@example.com"
    with pytest.raises(Undelivered):
        mail.send(Outgoing("estate-8", "Alarm", "panic", "nobody"))


def test_a_robot_that_refuses_with_status_200_loses_nothing(
    stack: ExitStack, tmp_path: Path
) -> None:
    robot = stack.enter_context(DingTalk(most=1).running())
    smtp = stack.enter_context(Smtp().running())
    house = site(stack, tmp_path, f"{TELL}{ROBOT}per_minute = 60\n{POST}", robot.port)
    private(tmp_path / "robot.url", "dingtalk://abcdefghijklmnop/\n")
    private(
        tmp_path / "mail.url",
        f"mailto://127.0.0.1:{smtp.port}?from=gw@example.com&to={{address}}\n",
    )
    house.guard(email=MAIL)
    house.started()
    house.press("flat-1")
    house.until(lambda: robot.texts)
    house.press("flat-2")
    house.until(lambda: smtp.mails)
    assert robot.times_blocked == 1
    house.until(lambda: not house.notifications.not_sent())
    assert "flat-1" in robot.texts[0]
    assert house.stop() == 0


def test_kills_at_any_moment_forget_nothing_and_repeat_at_most_what_was_under_way(
    stack: ExitStack, tmp_path: Path
) -> None:
    chance = random.Random(20261129)
    service = stack.enter_context(HttpService().running())
    service.delay_s = lambda: chance.uniform(0, 0.15)
    house = site(stack, tmp_path, f"{TELL}{SMS}per_minute = 6000\n")
    house.sms(service.port)
    house.guard()
    house.started()
    house.stop()
    pressed, kills = [], 8
    for _ in range(kills):
        house.start()
        before = len(service.taken)
        for _ in range(12):
            place = f"flat-{len(pressed)}"
            pressed.append(place)
            house.press(place=place)
        house.until(lambda before=before: len(service.taken) > before)  # type: ignore[misc]
        for _ in range(chance.randrange(6)):
            place = f"flat-{len(pressed)}"
            pressed.append(place)
            house.press(place=place)
        house.kill()
    house.start()
    house.until(lambda: not house.notifications.not_sent() and _told(service) >= set(pressed))
    house.stop()
    sends = [json.loads(body) for body in service.bodies]
    repeats = Counter(send["id"] for send in sends)
    assert sum(repeats.values()) - len(repeats) <= kills
    by_place: dict[str, set[str]] = {}
    texts: dict[str, set[str]] = {}
    for send in sends:
        texts.setdefault(send["id"], set()).add(send["text"])
        for place in re.findall(r"flat-\d+", send["text"]):
            by_place.setdefault(place, set()).add(send["id"])
    assert sorted(by_place) == sorted(pressed)  # nothing forgotten
    assert all(len(ids) == 1 for ids in by_place.values())  # nothing under another number
    assert all(len(said) == 1 for said in texts.values())  # a repeat is the same message


def _told(service: HttpService) -> set[str]:
    return {place for body in service.bodies for place in re.findall(r"flat-\d+", body)}


def test_nothing_that_is_written_names_a_person(stack: ExitStack, tmp_path: Path) -> None:
    robot = stack.enter_context(DingTalk().running())
    sms = stack.enter_context(HttpService().running())
    smtp = stack.enter_context(Smtp().running())
    order = 'order = ["sms", "mail", "robot"]\n'
    house = site(stack, tmp_path, f"{order}{TELL}{ROBOT}{SMS}{POST}", robot.port)
    house.sms(sms.port)
    private(tmp_path / "robot.url", "dingtalk://abcdefghijklmnop/\n")
    private(
        tmp_path / "mail.url",
        f"mailto://127.0.0.1:{smtp.port}?from=gw@example.com&to={{address}}\n",
    )
    id = house.guard(CANARY, NUMBER, email=MAIL)
    house.started()
    house.press("flat-1")
    house.until(lambda: sms.bodies)
    sms.status = 500  # then the mail, which names the person to the mail server only
    house.press("flat-2", names.WATER)
    house.until(lambda: smtp.mails)
    house.notifications.ask_for_test(0, id, "robot")
    house.until(lambda: robot.texts)
    house.until(lambda: not house.notifications.not_sent())
    assert house.stop() == 0
    house.journal.close()
    assert NUMBER in sms.bodies[0]
    assert CANARY not in "".join([*sms.bodies, *robot.texts, *(text for _, text in smtp.mails)])
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 8
    for path in files:
        content = path.read_bytes()
        for word in (CANARY, NUMBER, MAIL, "Quillfeather", "quillfeather"):
            assert word.encode() not in content, path
            assert word.encode("utf-16-le") not in content, path


def test_a_channel_that_cannot_be_used_stops_no_other(stack: ExitStack, tmp_path: Path) -> None:
    sms = stack.enter_context(HttpService().running())
    house = site(stack, tmp_path, f"{TELL}{ROBOT}{SMS}")
    house.sms(sms.port)
    house.guard()
    house.started()
    alarm = house.press()
    house.until(lambda: sms.bodies)
    assert "robot.url" in house.log.read_text()
    house.until(
        lambda: [one.state for one in house.notifications.of_alarm(alarm)] == [MessageState.SENT]
    )


@pytest.mark.parametrize("already", [False, True])
def test_a_journal_that_was_set_aside_is_followed_in_its_new_file(
    stack: ExitStack, tmp_path: Path, already: bool
) -> None:
    sms = stack.enter_context(HttpService().running())
    house = site(stack, tmp_path, f"{TELL}{SMS}")
    house.sms(sms.port)
    house.guard()
    house.started()
    house.press("flat-1")
    house.until(lambda: "flat-1" in _told(sms))
    if already:
        house.stop()
    house.journal.close()
    for path in tmp_path.glob("state/alarms.db*"):
        path.rename(path.with_name(path.name.replace("alarms", "damaged")))
    file = tmp_path / "state" / "alarms.db"
    house.journal = Journal(file, SystemClock(), chained=True, base=1000)
    assert house.press("flat-2") == 1001
    if already:
        house.start()
    house.until(lambda: "flat-2" in _told(sms))
    assert house.press("flat-3") == 1002
    house.until(lambda: "flat-3" in _told(sms))
    told = "".join(sms.bodies)
    assert [told.count(f"flat-{number}") for number in (1, 2, 3)] == [1, 1, 1]


def test_an_older_copy_that_was_put_back_tells_what_comes_after_it(
    stack: ExitStack, tmp_path: Path
) -> None:
    sms = stack.enter_context(HttpService().running())
    house = site(stack, tmp_path, f"{TELL}{SMS}")
    house.sms(sms.port)
    house.guard()
    house.started()
    house.press("flat-1")
    house.journal.close()
    file = tmp_path / "state" / "alarms.db"
    copy = file.read_bytes()
    house.journal = Journal(file, SystemClock(), chained=True)
    house.press("flat-2")
    house.until(lambda: _told(sms) == {"flat-1", "flat-2"})
    house.stop()
    house.journal.close()
    for path in tmp_path.glob("state/alarms.db*"):
        path.unlink()
    file.write_bytes(copy)
    house.journal = Journal(file, SystemClock(), chained=True)
    house.started()
    house.press("flat-3")
    house.until(lambda: "flat-3" in _told(sms))
    told = "".join(sms.bodies)
    assert [told.count(f"flat-{number}") for number in (1, 2, 3)] == [1, 1, 1]
