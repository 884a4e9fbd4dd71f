"""Re-uploads as screenshots: feeds, chats, stories, galleries and browser pages."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from benchmarks.reuploads.canvas import BLACK, WHITE, Colour, Size, covering, font, other_of, wrapped
from benchmarks.reuploads.kind import family_of, seeded
from benchmarks.reuploads.sheet import DARK, LIGHT, Sheet, Theme

_DESKTOPS: Final[tuple[Size, ...]] = ((1280, 800), (1366, 768), (1100, 900))
_BUBBLE: Final[dict[bool, Colour]] = {True: (0, 120, 100), False: (215, 250, 200)}


def feed(
    picture: Image.Image,
    rng: np.random.Generator,
    others: Sequence[Image.Image] = (),
    *,
    theme: Theme,
) -> Image.Image:
    """Return a social feed on a phone with the picture as a post, and the next post, one of `others`, below it."""
    page = Sheet.phone(theme, rng)
    page.status_bar()
    page.text(5, 12, "Picturewall", 6.5)
    page.ring(82, 12, 2.4)
    page.ring(92, 12, 2.4)
    page.box(0, 17, 100, 0.4, page.theme.panel)
    y = _post_head(page, 18)
    y += page.picture(picture, 0, y, 100, 110)
    y = _post_foot(page, y)
    page.box(0, y, 100, 1.5, page.theme.panel)
    if y + 20 < page.height - 15:
        start = _post_head(page, y + 2)
        page.box(0, start, 100, max(0.0, page.height - start), page.theme.panel)
        if others:
            page.picture(other_of(others, rng), 0, start, 100, 140)
    page.box(0, page.height - 15, 100, 15, page.theme.ground)
    page.icons(page.height - 9, 5)
    return page.canvas


def _post_head(page: Sheet, y: float) -> float:
    page.avatar(9, y + 7, 5)
    page.text(17, y + 5, page.words(2, 2), 4)
    page.text(17, y + 9.5, page.words(1, 3), 3, ink=page.theme.dim)
    page.text(94, y + 6, "...", 5, anchor="rm")
    return y + 14


def _post_foot(page: Sheet, y: float) -> float:
    for x in (7, 17, 27):
        page.ring(x, y + 6, 2.6)
    page.box(91, y + 3, 4, 6, page.theme.panel)
    page.text(4, y + 13, f"{page.rng.integers(2, 9000)} likes", 3.8)
    for line in wrapped(page.words(6, 20), font(36), 900)[:3]:
        page.text(4, y + 19, line, 3.6)
        y += 5
    page.text(4, y + 19, "View all comments", 3.4, ink=page.theme.dim)
    return y + 24


def chat(
    picture: Image.Image | None, rng: np.random.Generator, *, theme: Theme, page: Sheet | None = None
) -> Image.Image:
    """Return a conversation on a phone with the picture in a bubble between messages, or messages only."""
    page = Sheet.phone(theme, rng) if page is None else page
    y = 22.0
    spare = 1 if picture is None else int(page.rng.integers(0, 4))
    for _ in range(spare):
        y = _message(page, y)
    if picture is not None:
        y = _bubble(page, picture, y)
    while y < page.height - 22:
        y = _message(page, y)
    _chat_bars(page)
    return page.canvas


def _chat_bars(page: Sheet) -> None:
    page.box(0, 0, 100, 19, page.theme.panel)
    page.status_bar()
    page.text(4, 12.5, "<", 7)
    page.avatar(15, 12.5, 4.6)
    page.text(22, 11, page.words(2, 2), 4.2)
    page.text(22, 15.4, "online", 3, ink=page.theme.dim)
    page.box(0, page.height - 17, 100, 17, page.theme.ground)
    page.box(4, page.height - 14, 78, 10, page.theme.panel, radius=5)
    page.text(9, page.height - 9, "Message", 3.8, ink=page.theme.dim)
    page.disc(91, page.height - 9, 5, page.theme.accent)


def _message(page: Sheet, y: float) -> float:
    own = bool(page.rng.random() < 0.5)
    lines = wrapped(page.words(2, 16), font(36), 620)
    width = 6 + max(font(36).getlength(line) for line in lines) / 10
    left = 96 - width if own else 4
    height = 5 + 5 * len(lines)
    page.box(left, y, width, height, _own(page) if own else page.theme.panel, radius=3)
    for number, line in enumerate(lines):
        page.text(left + 3, y + 4 + 5 * number, line, 3.6)
    page.text(
        left + width - 2,
        y + height - 2,
        f"{page.rng.integers(10, 24)}:{page.rng.integers(10, 60)}",
        2.2,
        ink=page.theme.dim,
        anchor="rm",
    )
    return y + height + 3


def _own(page: Sheet) -> Colour:
    return _BUBBLE[page.theme is DARK]


def _bubble(page: Sheet, picture: Image.Image, y: float) -> float:
    own = bool(page.rng.random() < 0.5)
    width = page.rng.uniform(62, 78)
    height = min(95.0, width * picture.height / picture.width)
    width = height * picture.width / picture.height
    left = 94 - width if own else 4
    page.box(left, y, width + 2, height + 7, _own(page) if own else page.theme.panel, radius=2)
    page.picture(picture, left + 1, y + 1, width, height)
    page.text(
        left + width,
        y + height + 4.2,
        f"{page.rng.integers(10, 24)}:{page.rng.integers(10, 60)}",
        2.4,
        ink=page.theme.dim,
        anchor="rm",
    )
    return y + height + 10


def story(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return a story on a phone: the picture filling most of a dark page, progress bars, a name and a reply box."""
    page = Sheet.phone(DARK, rng)
    soft = covering(picture, (45, 98)).filter(ImageFilter.GaussianBlur(4)).resize(page.canvas.size)
    page.canvas.paste(ImageEnhance.Brightness(soft).enhance(rng.uniform(0.35, 0.7)))
    inner = 100 * picture.height / picture.width
    page.picture(picture, 0, max(0.0, (page.height - inner) * rng.uniform(0.35, 0.6)), 100, page.height)
    bars = int(rng.integers(2, 7))
    for number in range(bars):
        width = 96 / bars - 1
        page.box(
            2 + number * 96 / bars, 7.5, width, 0.8, WHITE if number == 0 else (150, 150, 150), radius=0.4
        )
    page.status_bar(WHITE)
    page.avatar(8, 15, 4.5)
    page.text(15, 15, f"{page.words(1, 1)}  {rng.integers(1, 23)}h", 4, ink=WHITE)
    page.text(94, 15, "x", 6, ink=WHITE, anchor="rm")
    page.box(4, page.height - 18, 74, 11, (60, 62, 68), radius=5)
    page.text(9, page.height - 12.5, "Send message", 3.8, ink=(200, 200, 200))
    page.ring(86, page.height - 12.5, 3, WHITE)
    return page.canvas


def gallery(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return a phone's picture viewer: the picture in the middle of a plain page, bars above and below."""
    page = Sheet.phone(DARK if rng.random() < 0.6 else LIGHT, rng)
    page.canvas.paste(BLACK if page.theme is DARK else WHITE, (0, 0, *page.canvas.size))
    inner = min(page.height - 50, 100 * picture.height / picture.width)
    page.picture(picture, 0, (page.height - inner) / 2, 100, page.height - 50)
    page.status_bar()
    page.text(4, 13, "<", 7)
    page.text(
        50, 11.5, f"{rng.integers(1, 29)} {page.words(1, 1)} {rng.integers(2015, 2027)}", 4, anchor="mm"
    )
    page.text(50, 16, f"{rng.integers(0, 24)}:{rng.integers(10, 60)}", 3, ink=page.theme.dim, anchor="mm")
    for number in range(12):
        shade = int(rng.integers(60, 200))
        page.box(2 + 8 * number, page.height - 31, 7.4, 9, (shade, shade, int(rng.integers(60, 200))))
    page.icons(page.height - 12, 4)
    return page.canvas


def browser(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Draw a desktop browser that shows the picture in an article, with a heading, text and a side column around it."""
    page = Sheet.of(_DESKTOPS[int(rng.integers(len(_DESKTOPS)))], LIGHT if rng.random() < 0.7 else DARK, rng)
    _browser_bars(page)
    page.text(6, 11.5, page.words(4, 7), 2.4)
    page.text(6, 14.5, page.words(3, 6), 1.2, ink=page.theme.dim)
    width = rng.uniform(46, 60)
    y = 17 + page.picture(picture, 6, 17, width, page.height - 26)
    page.text(6, y + 1.6, page.words(5, 9), 1.1, ink=page.theme.dim)
    _paragraph(page, 6, y + 4, width)
    for number in range(6):
        top = 12 + 10 * number
        page.box(72, top, 8, 7, (int(rng.integers(90, 220)), int(rng.integers(90, 220)), 170))
        _paragraph(page, 81.5, top + 1.2, 15, lines=3)
    return page.canvas


def _browser_bars(page: Sheet) -> None:
    page.box(0, 0, 100, 6.4, page.theme.panel)
    for number, colour in enumerate(((255, 95, 86), (255, 189, 46), (39, 201, 63))):
        page.disc(1.6 + 1.6 * number, 1.5, 0.5, colour)
    page.box(8, 0.5, 18, 2.4, page.theme.ground, radius=0.5)
    page.text(9, 1.7, page.words(2, 3), 1.1)
    page.box(8, 3.4, 78, 2.4, page.theme.ground, radius=1.2)
    page.text(10, 4.6, f"https://www.{page.words(1, 1).lower()}.example/{page.rng.integers(10**6)}", 1.2)
    page.text(2, 4.6, "<  >", 1.6)
    page.box(0, 6.4, 100, 3, page.theme.accent)
    page.text(6, 7.9, page.words(6, 8), 1.3, ink=WHITE)


def _paragraph(page: Sheet, x: float, y: float, width: float, lines: int = 40) -> None:
    text = wrapped(page.words(90, 120), font(36), round(width * 36 / 1.25))
    for number, line in enumerate(text[:lines]):
        page.text(x, y + 1.9 * number, line, 1.25)


SCREENS: Final = family_of(
    "screenshot",
    feed_light=partial(feed, theme=LIGHT),
    feed_dark=partial(feed, theme=DARK),
    chat_light=seeded(partial(chat, theme=LIGHT)),
    chat_dark=seeded(partial(chat, theme=DARK)),
    story=seeded(story),
    gallery=seeded(gallery),
    browser=seeded(browser),
)
