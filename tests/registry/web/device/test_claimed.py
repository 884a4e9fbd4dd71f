"""What a browser makes of a picture is registered without an account, and found."""

import io

from PIL import Image

from benchmarks.browsers.chromium import shown
from benchmarks.browsers.site import served
from registry.domain.roles import Role
from tests.support.media.pictures import saved, scene


def test_a_picture_of_the_device_is_found_by_its_crop(service, browser):
    """A picture is registered by the codes and windows of a real browser; a crop and the picture itself are held."""
    picture = saved(scene(8_800), "jpeg", quality=90)
    with served({"picture": picture}) as site, shown(browser, site) as page:
        page.evaluate("names => load(names)", ["picture"])
        page.evaluate("open()")
        made = page.evaluate("describe(['picture'])")["picture"]
    asked = {"codes": made["codes"], "windows": made["windows"], "consents": ["fingerprints"]}
    answer = service.with_key(None).post("/v1/claims", json=asked)
    assert answer.status_code == 201, answer.text
    platform = service.newcomer(Role.PLATFORM)
    with Image.open(io.BytesIO(picture)) as image:
        crop = saved(image.crop((200, 100, 800, 520)), "jpeg", quality=80)
    assert platform.checks(crop)["verdict"] == "review"
    assert platform.checks(picture)["verdict"] == "review"
    assert platform.checks(saved(scene(8_801), "jpeg", quality=90))["verdict"] == "allow"
