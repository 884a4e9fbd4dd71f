"""Every page passes the checks of axe-core, in both languages, on a small phone and on a desk."""

from importlib.resources import files

import pytest

from tests.support.media.pictures import saved, scene

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
SIZES = {"phone": {"width": 320, "height": 640}, "desk": {"width": 1280, "height": 800}}
ANSWERS = {"adult": "yes", "contact": "email", "value": "a@example.org", "kind": "intimate_item"}
MIN_TARGET = 44  # pixels

SUBMIT = """([path, fields]) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: path });
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(form);
  form.submit();
}"""


@pytest.fixture(scope="module")
def proof(service):
    """The number and the words of a case with one picture."""
    asked = {"codes": [{"algorithm": "pdq", "value": "29ac50aec6a18fc29e5bb45e9356ce70" * 2, "quality": 100}]}
    answer = service.with_key(None).post("/v1/claims", json={**asked, "consents": ["fingerprints"]}).json
    return {"case": answer["case"], "secret": answer["secret"]}


def posted(page, path, fields):
    """Sends a form, and waits for its page."""
    with page.expect_navigation():
        page.evaluate(SUBMIT, [path, fields])


def faults(page, where):
    """Returns what axe-core finds, and what is wider than the page."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    told = [(where, one["id"], one["nodes"][0]["html"][:120]) for one in found]
    return told + ([(where, "wider than the page", "")] if wide else [])


def all_pages(page, address, proof, language):
    """Shows each page in turn; yields its name."""
    for path in ("", "register", "help", "case", "case/recovery"):
        page.goto(f"{address}/{path}?language={language}")
        yield path
    for step, changed in (("contact", {}), ("kind", {}), ("age", {"adult": "no"}), ("kind", {"value": ""})):
        posted(page, "/register", {**ANSWERS, **changed, "step": step, "language": language})
        yield f"{step} {changed}"
    wrong = {**proof, "secret": "one two three", "language": language}
    posted(page, "/case", wrong)
    yield "wrong words"
    for path in ("/case", "/case/withdraw", "/case/challenge", "/case/add"):
        posted(page, path, {**proof, "language": language})
        yield path
    posted(page, "/register", {**ANSWERS, "step": "pictures", "language": language})
    page.wait_for_selector("#ready:not([hidden])")
    media = saved(scene(77, 300, 200), "jpeg")
    page.locator("#files").set_input_files(
        [
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": media},
            {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"},
        ]
    )
    page.wait_for_selector("#results .error")
    yield "pictures"
    page.locator("#onward").click()
    yield "everything"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_page_is_accessible(browser, address, proof, language, size):
    """No violation of WCAG, no page wider than the screen; contrast in light and in dark colours."""
    found = []
    for colours in ("light", "dark") if (size, language) == ("phone", "en") else ("light",):
        context = browser.new_context(viewport=SIZES[size], locale=language, color_scheme=colours)
        page = context.new_page()
        for where in all_pages(page, address, proof, language):
            found += faults(page, f"{colours} {where}")
        context.close()
    assert found == []


def test_a_page_that_is_not_would_be_found(browser):
    """The test above can fail."""
    context = browser.new_context()
    page = context.new_page()
    page.set_content('<p style="color: #aaa">faint</p><input><div style="width: 9999px">wide</div>')
    found = {fault for _, fault, _ in faults(page, "made up")}
    assert {"color-contrast", "label", "wider than the page"} <= found
    context.close()


def test_the_exit_stays_in_sight_and_is_large(browser, address, proof):
    """It is on every page at any place of it, and easy to hit."""
    context = browser.new_context(viewport=SIZES["phone"], locale="ko")
    page = context.new_page()
    for _ in all_pages(page, address, proof, "ko"):
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        box = page.locator("#exit").bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= SIZES["phone"]["height"]
        assert min(box["width"], box["height"]) >= MIN_TARGET
    context.close()
