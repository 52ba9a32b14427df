"""A browser without pictures: it keeps cookies and sends requests to an application in memory."""

import asyncio
import re
from typing import Any

import httpx2
from starlette.types import ASGIApp

HERE = "http://127.0.0.1"


class Web:
    """One browser. ``headers`` are sent with each request."""

    def __init__(self, app: ASGIApp, base: str = HERE, address: str = "192.0.2.7") -> None:
        self.app, self._base, self._address = app, base, address
        self.cookies = httpx2.Cookies()
        self.headers: dict[str, str] = {"User-Agent": "Firefox on the desk"}

    def request(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Send one request and return the answer; a redirect is not followed."""
        more["headers"] = {**self.headers, **dict(more.get("headers") or {})}
        return asyncio.run(self.send(method, path, **more))

    async def send(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Send one request from an event loop."""
        transport = httpx2.ASGITransport(self.app, client=(self._address, 50_000))
        async with httpx2.AsyncClient(
            transport=transport, base_url=self._base, cookies=self.cookies
        ) as client:
            answer = await client.request(method, path, **more)
            self.cookies = client.cookies
            return answer

    def get(self, path: str, **more: Any) -> httpx2.Response:
        """Open a page."""
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx2.Response:
        """Send a form as it is."""
        return self.request("POST", path, **more)

    def submit(self, path: str, page: str = "", **fields: str) -> httpx2.Response:
        """Open a page, fill its form in and send it, as a person does."""
        shown = self.get(page or path)
        assert shown.status_code == 200, (shown.status_code, shown.headers.get("location"))
        found = re.search(r'name="csrf_token" value="([^"]*)"', shown.text)
        data = {"csrf_token": found[1] if found else "", **fields}
        return self.post(path, data=data, headers={"Origin": self._base})
