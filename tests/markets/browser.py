"""Headless Chromium for the tests of the pages: errors, requests, accessibility."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
SERIOUS = ("serious", "critical")


@contextmanager
def chromium(profile: Path) -> Iterator[Any]:
    """A fresh browser with its logs on; skips the test where Chromium or selenium is not installed."""
    import pytest

    webdriver = pytest.importorskip("selenium.webdriver")
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield browser
    finally:
        browser.quit()


def open_page(browser: Any, path: Path, *, width: int = 1440, height: int = 1000, dark: bool = False) -> None:
    """Load a page at a size and a colour scheme, forgetting what the last page logged."""
    browser.get_log("browser"), browser.get_log("performance")
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    browser.get(path.as_uri())


def scroll_through(browser: Any) -> None:
    """Bring every part of the page into view once, so that charts drawn late are drawn, and go back up."""
    browser.execute_async_script(
        "const done = arguments[0]; let y = 0; const step = () => { window.scrollTo(0, y); y += 500;"
        " if (y < document.body.scrollHeight + 500) setTimeout(step, 15); else { window.scrollTo(0, 0); setTimeout(done, 150); } }; step();"
    )


def wait_for(browser: Any, selector: str) -> None:
    """Wait until the page holds something that matches; an error after twenty seconds."""
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 20).until(lambda page: page.find_elements("css selector", selector))


def console(browser: Any) -> list[str]:
    """Errors and warnings of the page since it was opened."""
    return [
        entry["message"] for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")
    ]


def requests(browser: Any) -> list[str]:
    """Addresses asked for since the page was opened that are neither files nor data inside the page (Chromium's own are left out)."""
    asked = []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.append(message["params"]["request"]["url"])
    return [address for address in asked if not address.startswith(("file:", "data:", "blob:", "chrome:"))]


def unreadable(browser: Any) -> list[str]:
    """Serious and critical findings of axe-core."""
    browser.execute_script(files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = browser.execute_async_script(
        "const done = arguments[0]; axe.run({resultTypes: ['violations']}).then((r) => done(r.violations), (e) => done([{impact: 'critical', id: String(e), nodes: []}]));"
    )
    return [
        f"{issue['id']}: {[node['html'][:120] for node in issue['nodes'][:3]]}"
        for issue in found
        if issue["impact"] in SERIOUS
    ]
