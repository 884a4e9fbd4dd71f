"""Chromium of this machine, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.browsers.site import Site

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")


class NoBrowser(Exception):
    """This machine has no such browser."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless Chromium.

    Raises:
        NoBrowser: this machine has none.
    """
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        raise NoBrowser(f"no browser on this machine: none of {', '.join(NAMES)}")
    with sync_playwright() as driver:
        # Within a container there is no other sandbox than the container's.
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def shown(browser: Browser, site: Site) -> Iterator[Page]:
    """Open the page of a site in a context of its own."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(site.address)
        page.wait_for_function("window.isReady")
        yield page
    finally:
        context.close()
