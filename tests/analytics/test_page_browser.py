"""The page of a report in a real browser: no request, no complaint on the console, any width, keyboard alone."""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from servicecrm.analytics import CaseRow
from servicecrm.analytics.whole_log import Reopened
from tests.analytics.test_page import page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 120

LAUNCH = """\
import os, sys
into, out = int(sys.argv[1]), int(sys.argv[2])
free = max(into, out, 4) + 1
os.dup2(into, free), os.dup2(out, free + 1)
os.dup2(free, 3), os.dup2(free + 1, 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""
"""Starts a browser that is told what to do on its file 3, and answers on its file 4."""


class Browser:
    """A browser without a window, which is spoken to over two pipes in the protocol of its developer tools."""

    def __init__(self, program: str, folder: Path) -> None:
        orders, self._orders = os.pipe()
        self._answers, answers = os.pipe()
        options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe")
        self._process = subprocess.Popen(
            (sys.executable, "-c", LAUNCH, f"{orders}", f"{answers}", program, *options, f"--user-data-dir={folder}"),
            pass_fds=(orders, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(orders)
        os.close(answers)
        self._count = 0
        self._rest = b""
        self.session: str | None = None
        self.events: list[dict[str, Any]] = []

    def do(self, method: str, **params: Any) -> dict[str, Any]:
        """Give an order, and wait for what comes of it."""
        self._count += 1
        order: dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if self.session:
            order["sessionId"] = self.session
        os.write(self._orders, json.dumps(order).encode() + b"\0")
        while (answer := self._next()).get("id") != self._count:
            self.events.append(answer)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def wait_for(self, method: str) -> None:
        """Wait until something has happened."""
        while all(event.get("method") != method for event in self.events):
            self.events.append(self._next())

    def told(self, *methods: str) -> list[dict[str, Any]]:
        """What has happened so far, of some kinds."""
        return [event["params"] for event in self.events if event.get("method") in methods]

    def value(self, expression: str) -> Any:
        """What an expression gives in the page."""
        return self.do("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        code, text = {"Tab": (9, ""), "Enter": (13, "\r")}[key]
        said = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.do("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **said)
        self.do("Input.dispatchKeyEvent", type="keyUp", **said)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._answers], [], [], SECONDS)
            assert ready, "the browser does not answer"
            got = os.read(self._answers, 2**20)
            assert got, "the browser has ended"
            self._rest += got
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def close(self) -> None:
        """End it, and nothing else."""
        self._process.kill()
        self._process.wait()
        os.close(self._orders)
        os.close(self._answers)


@pytest.fixture(scope="module")
def program() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("needs Chromium: Debian's package `chromium`")
    return found


@pytest.fixture
def browser(program: str, tmp_path: Path) -> Iterator[Browser]:
    browser = Browser(program, tmp_path / "profile")
    try:
        target = browser.do("Target.createTarget", url="about:blank")["targetId"]
        browser.session = browser.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            browser.do(f"{domain}.enable")
        yield browser
    finally:
        browser.close()


def three_years() -> str:
    """A page with all that it may have, and long words."""
    start = datetime(2023, 1, 2, tzinfo=UTC)
    rows = [
        CaseRow(
            state="in_handling" if n % 7 == 0 else "closed",
            open=n % 7 == 0,
            received_at=start + timedelta(days=3 * n),
            closed_at=None if n % 7 == 0 else start + timedelta(days=3 * n + n % 50),
            due_at=start + timedelta(days=3 * n + 25),
            category="Wasserversorgungsunternehmensbeschwerden",
            handler="department-for-" + "x" * 80,
        )
        for n in range(400)
    ]
    months = tuple(Reopened(month=f"{2023 + n // 12}-{n % 12 + 1:02}", closed=9 + n, reopened=n % 5) for n in range(36))
    return page(rows, reopened=months)


def show(browser: Browser, folder: Path, *, width: int, scheme: str = "light") -> None:
    file = folder / "report.html"
    file.write_text(three_years(), encoding="utf-8")
    browser.do("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    browser.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.do("Page.navigate", url=file.as_uri())
    browser.wait_for("Page.loadEventFired")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_the_page_fits_the_screen_asks_for_nothing_and_nothing_is_wrong_with_it(
    browser: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    show(browser, tmp_path, width=width, scheme=scheme)
    shot = browser.do("Page.captureScreenshot", captureBeyondViewport=True)["data"]
    (tmp_path / f"{width}-{scheme}.png").write_bytes(base64.b64decode(shot))

    assert browser.value("document.documentElement.scrollWidth") <= width
    texts = "[...document.querySelectorAll('svg text')]"
    assert browser.value(f"Math.max(...{texts}.map(t => t.getBoundingClientRect().right))") <= width
    assert browser.value(f"Math.min(...{texts}.map(t => parseFloat(getComputedStyle(t).fontSize)))") >= 12
    assert browser.told("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown") == []
    asked = [event["request"]["url"] for event in browser.told("Network.requestWillBeSent")]
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
    assert sum(url.startswith("file:") for url in asked) == 1


def test_a_heading_stands_above_what_it_names(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path, width=1400)

    names = "[...document.querySelectorAll('#figures tr')].map(row => getComputedStyle(row.children[1]).textAlign)"
    assert set(browser.value(f"{names}.join()").split(",")) == {"left"}


def test_the_keyboard_alone_skips_to_the_figures_and_opens_a_table(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path, width=400)

    browser.press("Tab")
    assert browser.value("document.activeElement.className") == "skip"
    assert browser.value("document.activeElement.getBoundingClientRect().left") >= 0
    browser.press("Enter")
    assert browser.value("document.activeElement.id") == "main"
    for _ in range(20):
        browser.press("Tab")
        if browser.value("document.activeElement.tagName") == "SUMMARY":
            break
    browser.press("Enter")
    assert browser.value("document.activeElement.parentElement.open") is True
    browser.press("Tab")
    assert browser.value("document.activeElement.className") == "scroll"
