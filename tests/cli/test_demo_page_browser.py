"""The page of the demonstration in a real browser: any width, light and dark, keyboard alone, contrast of AA."""

import base64
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

from servicecrm.demo import a_year, manager_page
from servicecrm.storage import MemoryStore
from tests.analytics.test_page_browser import BROWSERS, Browser

CONTRAST = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => [r, g, b]
    .map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, n) => sum + part * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const found = rgb(getComputedStyle(each).backgroundColor);
      if (found[3] === 255) return found;
    }
    return rgb("canvas");
  };
  const ratios = [];
  for (const element of document.querySelectorAll("body *")) {
    const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!says || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const text = luminance(rgb(element.closest("svg") ? style.fill : style.color));
    const behind = luminance(ground(element));
    ratios.push((Math.max(text, behind) + 0.05) / (Math.min(text, behind) + 0.05));
  }
  return Math.min(...ratios);
})()
"""
"""The least contrast between a text and what lies behind it, as WCAG 2.2 counts it."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "year.html"
    file.write_text(manager_page(a_year(MemoryStore())), encoding="utf-8")
    return file


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    program = next(filter(None, map(which, BROWSERS)), None)
    if program is None:
        pytest.skip("needs Chromium: Debian's package `chromium`")
    browser = Browser(program, tmp_path / "profile")
    try:
        target = browser.do("Target.createTarget", url="about:blank")["targetId"]
        browser.session = browser.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            browser.do(f"{domain}.enable")
        yield browser
    finally:
        browser.close()


def show(browser: Browser, page: Path, *, width: int, scheme: str = "light") -> None:
    browser.do("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    browser.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.do("Page.navigate", url=page.as_uri())
    browser.wait_for("Page.loadEventFired")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_the_page_can_be_read_on_every_screen(  # C113
    browser: Browser, page: Path, tmp_path: Path, width: int, scheme: str
) -> None:
    show(browser, page, width=width, scheme=scheme)
    shot = browser.do("Page.captureScreenshot", captureBeyondViewport=True)["data"]
    (tmp_path / f"{width}-{scheme}.png").write_bytes(base64.b64decode(shot))

    assert browser.value("document.documentElement.scrollWidth") <= width
    texts = "[...document.querySelectorAll('svg text')]"
    assert browser.value(f"Math.max(...{texts}.map(t => t.getBoundingClientRect().right))") <= width
    assert browser.value(f"Math.min(...{texts}.map(t => parseFloat(getComputedStyle(t).fontSize)))") >= 12
    assert browser.value(CONTRAST) >= 4.5
    names = "[...document.querySelectorAll('.scroll th[scope=row]')].filter(t => t.offsetParent)"
    assert browser.value(f"Math.min(...{names}.map(t => t.getBoundingClientRect().width))") > 100
    assert browser.told("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown") == []
    asked = [event["request"]["url"] for event in browser.told("Network.requestWillBeSent")]
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
    assert sum(url.startswith("file:") for url in asked) == 1


def test_the_keyboard_alone_reaches_every_section_and_table(browser: Browser, page: Path) -> None:
    show(browser, page, width=400)
    wanted = browser.value("document.querySelectorAll('a, summary').length")

    seen = set()
    for _ in range(80):
        browser.press("Tab")
        where = "document.activeElement"
        if browser.value(f"{where}.tagName") == "BODY":
            break
        index = f"[...document.querySelectorAll('a, summary')].indexOf({where})"
        seen.add(browser.value(index))
    assert len(seen - {-1}) == wanted
