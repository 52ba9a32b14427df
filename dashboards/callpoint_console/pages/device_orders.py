"""``POST /device/<id>/order/<order>``: an order to a device, and whether it has obeyed."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from callpoint_console.desk import ORIGIN
from callpoint_console.pages.places import ORDERS
from callpoint_console.pages.requests import console_of
from callpoint_console.rendering import language_of, words_in
from callpoint_console.security.endpoints import for_roles
from callpoint_console.visitor import visitor_of
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.client import Unanswered
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.ingest.questions import (
    GiveOrder,
    LookAtOrder,
    OrderStage,
    OrderState,
    TakeOrderBack,
)
from callpoint_protocol import names

WAIT_S: Final = 8.0
LOOK_S: Final = 0.2
IDENTIFY_S: Final = 30
_CODES: Final = {name: code for code, name in names.COMMANDS.items()}


@for_roles(GiveOrder.may)
async def order(request: Request) -> Response:
    """Give the order and wait up to 8 s; the answer is a text for the page."""
    console, words = console_of(request), words_in(language_of(request))
    name, what = request.path_params["device"], request.path_params["order"]
    sensed = console.map.devices.get(name)
    if what not in ORDERS or sensed is None:
        return PlainTextResponse(words("place.no_device"), 404)
    visitor = visitor_of(request)
    role = console.map.role(visitor.scope, GiveOrder.may, sensed.place)
    if role is None:
        return PlainTextResponse(words("act.not_yours"), 403)
    by = By(visitor.login, role, ORIGIN) if visitor.login else None
    try:
        stage = await _obeyed(request, name, what, by)
    except QuestionRefused as refused:
        return PlainTextResponse(words.told(refused.why), 409)
    except Unanswered as unanswered:
        return PlainTextResponse(words("act.no_answer", why=words.told(unanswered.why)), 503)
    told = {OrderStage.OBEYED: "order.obeyed", OrderStage.ASLEEP: "order.asleep"}
    text = words(told.get(stage, "order.silent"), order=words(f"order.{what}"))
    return PlainTextResponse(text)


async def _obeyed(request: Request, device: str, what: str, by: By | None) -> OrderStage:
    """Return the last stage of the order, which is taken back unless the device has obeyed."""
    desk = console_of(request).desk
    seconds = IDENTIFY_S if what == "identify" else 0
    question = GiveOrder(device=device, command=_CODES[what], wait_s=WAIT_S, seconds=seconds)
    state: OrderState = await desk.ask(question, by)
    last = state.stage
    try:
        async with asyncio.timeout(WAIT_S):
            while last in (OrderStage.ASLEEP, OrderStage.SENT):
                await asyncio.sleep(LOOK_S)
                now = (await desk.ask(LookAtOrder(number=state.number), by)).stage
                if now is OrderStage.ENDED:
                    break
                last = now
    except TimeoutError:
        pass
    if last is not OrderStage.OBEYED:
        await desk.ask(TakeOrderBack(number=state.number), by)
    return last


ROUTES = [Route("/device/{device}/order/{order}", order, methods=["POST"])]
