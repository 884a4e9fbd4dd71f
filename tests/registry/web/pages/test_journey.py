"""The whole life of a case in a real browser: registered, matched, told, withdrawn, gone."""

import json
import re
from contextlib import contextmanager

import pytest

from registry.domain.roles import Role
from tests.support.media.pictures import saved, scene

PHONE = {"width": 320, "height": 640}
WORDS = {
    "en": {
        "go on": "Continue",
        "offline": "The network is gone",
        "withdraw": "Withdraw",
        "yes": "Yes, withdraw now",
        "look": "Look at my case",
    },
    "ko": {
        "go on": "계속",
        "offline": "네트워크가 끊겼습니다",
        "withdraw": "철회",
        "yes": "네, 지금 철회합니다",
        "look": "내 접수 보기",
    },
}


@contextmanager
def opened(browser, address, language):
    """A page on a small phone, and the requests that it makes."""
    context = browser.new_context(viewport=PHONE, locale=language, accept_downloads=True)
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append((request.method, request.url, request.post_data)))
    page.goto(f"{address}/")
    try:
        yield page, asked
    finally:
        context.close()


def answer(page, words):
    """Answers the first three questions, by keyboard alone."""
    page.keyboard.press("Tab")
    page.locator("button.primary").press("Enter")
    for field in ("adult", "contact", "kind"):
        page.locator(f"[name={field}]").first.press("Space")
        page.get_by_role("button", name=words["go on"]).press("Enter")


def registered(page, words, media):
    """Chooses a picture with the network off, looks at what is sent, and sends it; returns number and words."""
    page.wait_for_selector("#ready:not([hidden])")
    page.context.set_offline(True)
    page.locator("#files").set_input_files(
        {"name": "holiday-secret-name.jpg", "mimeType": "image/jpeg", "buffer": media}
    )
    page.wait_for_selector("#onward:not([disabled])")
    page.locator("#onward").press("Enter")
    body = page.locator("#body").text_content()
    page.locator("#send").press("Enter")
    page.wait_for_selector("#trouble:not([hidden])")  # nothing is agreed to yet
    page.locator("#agree").press("Space")
    page.locator("#mine").press("Space")
    page.locator("#send").press("Enter")
    page.locator("#trouble").get_by_text(words["offline"]).wait_for()
    page.context.set_offline(False)
    page.locator("#send").press("Enter")
    page.wait_for_selector("#receipt:not([hidden])")
    return body, page.locator("#case").text_content(), page.locator("#secret").text_content()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_person_registers_follows_and_withdraws_alone(browser, service, address, language):
    """A crop of the picture is reviewed, the case tells it, and after the withdrawal it is allowed."""
    words = WORDS[language]
    media = saved(scene(90 if language == "en" else 91, 900, 700), "jpeg", quality=92)
    dana = service.newcomer(Role.PLATFORM)
    with opened(browser, address, language) as (page, asked):
        answer(page, words)
        body, number, secret = registered(page, words, media)
        posts = [data for method, url, data in asked if method == "POST" and "/v1/" in url]
        assert [json.loads(data) for data in posts] == [json.loads(body)] * len(posts)
        assert "holiday" not in str(asked)
        assert {url.split("/")[2] for _, url, _ in asked} == {address.split("/")[2]}
        assert dana.checks(media=media)["verdict"] == "review"

        page.get_by_role("link", name=words["look"]).press("Enter")
        page.locator("#case").fill(f" {number.lower()} ")
        page.locator("#secret").fill(secret)
        page.locator("#secret").press("Enter")
        assert page.locator(".months dt").count() == 1
        page.get_by_role("button", name=words["withdraw"], exact=True).press("Enter")
        page.get_by_role("button", name=words["yes"]).press("Enter")
        page.wait_for_selector(".receipt")
        assert dana.checks(media=media)["verdict"] == "allow"


def test_the_exit_blanks_the_page_and_its_place_in_the_history(browser, address):
    """Three times Shift, and nothing is left to go back to."""
    with opened(browser, address, "en") as (page, _):
        page.route(
            re.compile("^https:"),
            lambda route: route.fulfill(body="<p>weather</p>", content_type="text/html"),
        )
        page.goto(f"{address}/register")
        for _press in range(3):
            page.keyboard.press("Shift")
        page.wait_for_url(re.compile("^https:"))
        page.go_back()
        assert page.url == f"{address}/"


def test_a_canvas_with_noise_is_never_used(browser, address):
    """Where pixels are changed and there is no other way to them, the server's way is offered as a choice."""
    noise = """
      const read = OffscreenCanvasRenderingContext2D.prototype.getImageData;
      OffscreenCanvasRenderingContext2D.prototype.getImageData = function (...place) {
        const found = read.apply(this, place);
        found.data[0] ^= 1;
        return found;
      };
      delete self.VideoFrame;
    """
    context = browser.new_context(viewport=PHONE, locale="en")
    page = context.new_page()

    def with_noise(route):
        response = route.fetch()
        route.fulfill(response=response, body=noise + response.text())

    page.route("**/worker.js", with_noise)
    page.goto(f"{address}/register")
    answer_page = page.locator("button.primary")
    for field in ("adult", "contact", "kind"):
        page.locator(f"[name={field}]").first.check()
        answer_page.click()
    page.wait_for_selector("#server.offered")
    assert "changes pixels" in page.locator("#why-server").text_content()
    assert page.locator("#device").is_hidden()
    context.close()
