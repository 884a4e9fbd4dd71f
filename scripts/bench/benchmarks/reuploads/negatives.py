"""Hard negatives: pairs of files with the same layout that show unrelated things, so that no match may be found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import numpy as np
from PIL import Image

from benchmarks.reuploads.canvas import any_colour, covering, feathered_ellipse, fitted, gradient, others_of
from benchmarks.reuploads.dressed import barred, boxed, frame_blurred, meme, polaroid, subtitled
from benchmarks.reuploads.graphics.papers import calendar_page, playing_card, sheet_music, square_code
from benchmarks.reuploads.graphics.patterns import bricks, chequers, flag, logo, tiles
from benchmarks.reuploads.graphics.screens import game, icons, identity_card, news, weather
from benchmarks.reuploads.graphics.things import caption_block, character, dialog, product
from benchmarks.reuploads.kind import USUAL, Save, Seeded, written
from benchmarks.reuploads.mixed import grid, of_screen
from benchmarks.reuploads.negatives_pages import chart, chat_page, document, spreadsheet, street_map
from benchmarks.reuploads.overlays import corner_logo, stickered, tiled_watermark
from benchmarks.reuploads.plain import dimmed
from benchmarks.reuploads.screens import browser, chat, feed, gallery, story
from benchmarks.reuploads.sheet import DARK, LIGHT, PHONES, Sheet, Theme

Pair: TypeAlias = tuple[Image.Image, Image.Image]
Pairs: TypeAlias = Callable[[Image.Image, Image.Image, np.random.Generator, Sequence[Image.Image]], Pair]

_TILES: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative:
    """A way in which unrelated pictures look alike.

    With `same_person`, the two pictures must be different photographs of one person; otherwise they must be unrelated.
    """

    name: str
    pair: Pairs
    save: Save = USUAL
    same_person: bool = False

    def make_pair(
        self, a: Image.Image, b: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image] = ()
    ) -> tuple[bytes, bytes]:
        """Return the files of a reference and an upload. Tiles of grids come from `others`, or are parts of a and b."""
        reference, upload = self.pair(a, b, rng, others)
        return written(reference, self.save, rng), written(upload, self.save, rng)


def _twice(dress: Seeded) -> Pairs:
    """Apply one layout with one seed to both pictures, so that even its texts are the same."""

    def pair(
        a: Image.Image, b: Image.Image, rng: np.random.Generator, _others: Sequence[Image.Image]
    ) -> Pair:
        seed = int(rng.integers(2**32))
        reference = dress(a, np.random.default_rng(seed))
        return reference, dress(_shaped(b, a), np.random.default_rng(seed))

    return pair


def _shaped(picture: Image.Image, model: Image.Image) -> Image.Image:
    """Return the picture in the shape of another one, so that a layout falls on the same places."""
    return covering(picture, model.size)


def _pages(draw: Callable[[np.random.Generator], Image.Image]) -> Pairs:
    """Return two pages of one program with different contents; the pictures are not used."""
    return lambda _a, _b, rng, _others: (draw(rng), draw(rng))


def _designed(draw: Callable[[np.random.Generator, np.random.Generator], Image.Image]) -> Pairs:
    """Return two drawings of one design with different contents; the pictures are not used."""

    def pair(
        _a: Image.Image, _b: Image.Image, rng: np.random.Generator, _others: Sequence[Image.Image]
    ) -> Pair:
        seed = int(rng.integers(2**32))
        return draw(np.random.default_rng(seed), rng), draw(np.random.default_rng(seed), rng)

    return pair


def _around(
    draw: Callable[[np.random.Generator, np.random.Generator, Image.Image], Image.Image],
) -> Pairs:
    """Return one design drawn over or around each of the two pictures, with different contents."""

    def pair(
        a: Image.Image, b: Image.Image, rng: np.random.Generator, _others: Sequence[Image.Image]
    ) -> Pair:
        seed = int(rng.integers(2**32))
        return draw(np.random.default_rng(seed), rng, a), draw(np.random.default_rng(seed), rng, b)

    return pair


def _drawn_twice(
    a: Image.Image, b: Image.Image, rng: np.random.Generator, _others: Sequence[Image.Image]
) -> Pair:
    """Return two chats of one phone, with different people, texts and pictures."""
    theme, size = _theme(rng), PHONES[int(rng.integers(len(PHONES)))]
    reference = chat(a, rng, theme=theme, page=Sheet.of(size, theme, rng))
    return reference, chat(b, rng, theme=theme, page=Sheet.of(size, theme, rng))


def _texts(
    _a: Image.Image, _b: Image.Image, rng: np.random.Generator, _others: Sequence[Image.Image]
) -> Pair:
    theme, size = _theme(rng), PHONES[int(rng.integers(len(PHONES)))]
    return chat_page(rng, theme, size), chat_page(rng, theme, size)


def _theme(rng: np.random.Generator) -> Theme:
    return LIGHT if rng.random() < 0.5 else DARK


def _grids(a: Image.Image, b: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]) -> Pair:
    """Return two 3 x 3 grids with the same gap and cell size and no common picture."""
    seed = int(rng.integers(2**32))
    drawn = others_of(others, rng, 2 * _TILES - 2) if len(others) >= 2 * _TILES - 2 else []
    tiles = (
        ([a, *drawn[: _TILES - 1]], [b, *drawn[_TILES - 1 :]]) if drawn else (_parts(a, rng), _parts(b, rng))
    )
    reference, upload = (grid(each, 3, (220, 220), np.random.default_rng(seed)) for each in tiles)
    return reference, upload


def _parts(picture: Image.Image, rng: np.random.Generator) -> list[Image.Image]:
    """Return nine parts of one picture at random places, each of half its sides."""
    half = (picture.width // 2, picture.height // 2)
    starts = [(int(rng.integers(half[0])), int(rng.integers(half[1]))) for _ in range(_TILES)]
    return [picture.crop((x, y, x + half[0], y + half[1])) for x, y in starts]


def _small_objects(
    a: Image.Image, b: Image.Image, rng: np.random.Generator, _others: Sequence[Image.Image]
) -> Pair:
    """Return two pictures with one plain background; a small part of each picture is in the middle."""
    near = np.array(any_colour(rng)) // 2 + 110
    ground = gradient((480, 360), _colour(near), _colour(near - 25), rng.uniform(0, 6))
    share = rng.uniform(0.12, 0.22)
    return _placed(a, ground, share), _placed(b, ground, share)


def _colour(values: np.ndarray) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in values)
    return red, green, blue


def _placed(picture: Image.Image, ground: Image.Image, share: float) -> Image.Image:
    thing = fitted(picture, (round(ground.width * share * 1.4), round(ground.height * share * 1.4)))
    radii = (thing.width / 2 - 2, thing.height / 2 - 2)
    mask = feathered_ellipse(thing.size, (thing.width / 2, thing.height / 2), radii, 1)
    sheet = ground.copy()
    sheet.paste(thing, ((sheet.width - thing.width) // 2, round((sheet.height - thing.height) * 0.55)), mask)
    return sheet


def _of_screens(
    a: Image.Image, b: Image.Image, rng: np.random.Generator, others: Sequence[Image.Image]
) -> Pair:
    """Return two photographs of one screen, taken from one place, with different pictures on the screen."""
    seed = int(rng.integers(2**32))
    room = others or [gradient((400, 300), any_colour(rng), any_colour(rng), 1)]
    reference = of_screen(a, np.random.default_rng(seed), room)
    return reference, of_screen(_shaped(b, a), np.random.default_rng(seed), room)


def _as_they_are(
    a: Image.Image, b: Image.Image, _rng: np.random.Generator, _others: Sequence[Image.Image]
) -> Pair:
    return a, b


def _dressed(name: str, dress: Seeded) -> Negative:
    return Negative(name=name, pair=_twice(dress))


NEGATIVES: Final[tuple[Negative, ...]] = (
    _dressed("caption", partial(barred, above=True)),
    _dressed("meme", meme),
    _dressed("subtitles", subtitled),
    _dressed("feed_light", partial(feed, theme=LIGHT)),
    _dressed("feed_dark", partial(feed, theme=DARK)),
    _dressed("story", story),
    _dressed("gallery", gallery),
    _dressed("browser", browser),
    _dressed("watermark", tiled_watermark),
    _dressed("logo", corner_logo),
    _dressed("stickers", partial(stickered, share=0.2)),
    _dressed("frame_blurred", frame_blurred),
    _dressed("letterbox", partial(boxed, beside=False)),
    _dressed("polaroid", polaroid),
    Negative(name="chat", pair=_drawn_twice),
    Negative(name="chat_texts", pair=_texts),
    Negative(name="grids", pair=_grids),
    Negative(
        name="dark", pair=_twice(lambda picture, _rng: dimmed(picture, 0.06)), save=Save(quality=(85, 95))
    ),
    Negative(name="small_object", pair=_small_objects),
    Negative(name="photo_of_screen", pair=_of_screens),
    Negative(name="same_person", pair=_as_they_are, same_person=True),
    Negative(name="spreadsheet", pair=_pages(spreadsheet), save=Save(format="PNG")),
    Negative(name="document", pair=_pages(document)),
    Negative(name="chart", pair=_pages(chart), save=Save(format="PNG")),
    Negative(name="map", pair=_pages(street_map)),
    Negative(name="weather_app", pair=_designed(weather), save=Save(format="PNG")),
    Negative(name="chequers", pair=_designed(chequers)),
    Negative(name="flag", pair=_designed(flag)),
    Negative(name="bricks", pair=_designed(bricks)),
    Negative(name="tiles", pair=_designed(tiles)),
    Negative(name="logo_page", pair=_designed(logo)),
    Negative(name="app_icons", pair=_designed(icons), save=Save(format="PNG")),
    Negative(name="playing_card", pair=_designed(playing_card)),
    Negative(name="square_code", pair=_designed(square_code), save=Save(format="PNG")),
    Negative(name="sheet_music", pair=_designed(sheet_music)),
    Negative(name="calendar", pair=_around(calendar_page)),
    Negative(name="identity_card", pair=_around(identity_card)),
    Negative(name="game", pair=_around(game)),
    Negative(name="news", pair=_around(news)),
    Negative(name="dialog", pair=_around(dialog)),
    Negative(name="character", pair=_around(character)),
    Negative(name="product", pair=_around(product)),
    Negative(name="caption_block", pair=_around(caption_block)),
)
