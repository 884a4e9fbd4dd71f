"""Drawn uploads whose shape hides pictures: pages of a chat or of text, strips and contact sheets."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WORDS = (
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "a",
    "lazy",
    "dog",
    "while",
    "nobody",
    "looks",
    "at",
    "text",
)


def soft(seed, width, height):
    """A picture without straight edges of its own."""
    random = np.random.default_rng(seed)
    canvas = np.full((height, width), random.uniform(90, 150))
    for cells in (3, 6, 12, 24, 48):
        noise = random.normal(0, 170 / cells**0.7, (cells, cells)).astype(np.float32)
        canvas += np.asarray(Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC))
    return Image.fromarray(canvas.clip(4, 235).astype(np.uint8))


def strip(tiles, gap=0, ground=250):
    """The pictures below each other, with gaps."""
    height = sum(tile.height + gap for tile in tiles) + gap
    sheet = Image.new("L", (max(tile.width for tile in tiles), height), ground)
    places = []
    top = gap
    for tile in tiles:
        sheet.paste(tile, (0, top))
        places.append((0, top, tile.width, top + tile.height))
        top += tile.height + gap
    return sheet, places


def contact_sheet(tiles, columns, gap=0, ground=250):
    """Pictures of one size in rows, with gaps."""
    wide, high = tiles[0].size
    rows = -(-len(tiles) // columns)
    sheet = Image.new("L", (columns * (wide + gap) + gap, rows * (high + gap) + gap), ground)
    places = []
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        left, top = gap + column * (wide + gap), gap + row * (high + gap)
        sheet.paste(tile, (left, top))
        places.append((left, top, left + wide, top + high))
    return sheet, places


def page(width, height, pictures=(), *, ground=250, ink=30, size=34, seed=0):
    """Text over the whole page, and pictures at these places (left, top) with a margin around each."""
    sheet = Image.new("L", (width, height), ground)
    pen, random = ImageDraw.Draw(sheet), np.random.default_rng(seed)
    font = ImageFont.load_default(size)
    for top in range(size, height - 2 * size, round(1.5 * size)):
        line = " ".join(random.choice(WORDS, 60))
        while font.getlength(line) > width - 3 * size:
            line = line.rsplit(" ", 1)[0]
        pen.text((size, top), line, fill=ink, font=font)
    for picture, (left, top) in pictures:
        pen.rectangle((0, top - size, width, top + picture.height + size), fill=ground)
        sheet.paste(picture, (left, top))
    return sheet


def app_screen(town, degrees):
    """A weather app's screen for one town; sky, hills and panels are those of the app."""
    sky = np.linspace(120, 170, 640)[:, None].repeat(360, axis=1)
    screen = Image.fromarray(sky.astype(np.uint8)).convert("RGB")
    pen = ImageDraw.Draw(screen)
    for row, tops in enumerate(((150, 90, 170, 120, 190, 110), (260, 300, 210, 290, 240, 310))):
        track = [(72 * place, top) for place, top in enumerate(tops)]
        pen.polygon([*track, (360, 640), (0, 640)], fill=(60 - 30 * row,) * 3)
    pen.text((180, 60), town, fill="white", font_size=30, anchor="mm")
    pen.text((180, 120), f"{degrees}°", fill="white", font_size=50, anchor="mm")
    for top, height in ((250, 110), (380, 230)):
        pen.rounded_rectangle((20, top, 340, top + height), 16, fill=(235, 238, 242))
    for hour in range(6):
        x = 50 + 52 * hour
        pen.ellipse(
            (x - 12, 290, x + 12, 314), fill=(180, 150, 60) if (hour + degrees) % 2 else (130, 140, 175)
        )
        pen.text((x, 335), f"{degrees + hour}°", fill="black", font_size=16, anchor="mm")
    for day in range(5):
        y = 405 + 43 * day
        pen.text((40, y), f"{degrees - day}°", fill="black", font_size=18, anchor="lm")
        pen.rounded_rectangle((120, y - 6, 280, y + 6), 6, fill=(90, 120, 160))
        pen.rounded_rectangle((120, y - 6, 180 + 12 * ((day + degrees) % 5), y + 6), 6, fill=(230, 160, 60))
        pen.text((320, y), f"{degrees + day}°", fill="black", font_size=18, anchor="rm")
    return screen
