"""Chromium of this machine, driven by Playwright."""

import shutil
from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium():
    """A headless Chromium; skips the test where this machine has none."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser on this machine: none of {', '.join(NAMES)}")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser, site, *, before=""):
    """A page of a site in a browser context of its own; `before` runs in it before its own scripts."""
    context = browser.new_context()
    try:
        page = context.new_page()
        if before:
            page.add_init_script(before)
        page.goto(site.address)
        page.wait_for_function("window.isReady")
        yield page
    finally:
        context.close()
