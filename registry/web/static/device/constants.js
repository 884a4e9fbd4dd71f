/** Constants of the Python modules of these names, written by scripts/make_device_constants. */

export const canary = {
  "SIDE": 48
};

export const choosing = {
  "CHOSEN_BEYOND": 1.15,
  "CONTRAST_THRESHOLD": 0.02,
  "EDGE_THRESHOLD": 10.0,
  "LAYERS": 4,
  "MAX_EDGE_SHARE": 0.62,
  "MAX_POINTS": 2000,
  "MAX_RADIUS": 0.5,
  "OVERHANG": 0.15,
  "RADIUS_PER_SCALE": 8.0,
  "REPEATS_SCALE": 1.35,
  "REPEATS_TURN": 0.5,
  "REPEATS_WITHIN": 0.35,
  "SPREAD_FROM": 2
};

export const decoding = {
  "LUMA_WEIGHTS": [
    0.299,
    0.587,
    0.114
  ]
};

export const describing = {
  "VERSION": "image-4"
};

export const dhash = {
  "HASH_SIDE": 8,
  "PHASH_SIDE": 32
};

export const enrolling = {
  "FOUND_BY_WINDOWS_FROM": 6,
  "GENUINE_SET_BITS": {
    "pdq": [
      96,
      160
    ],
    "dhash128": [
      8,
      120
    ],
    "phash": [
      24,
      40
    ]
  },
  "LOW_INFORMATION_QUALITY": 10,
  "MAX_FLAT_SHARE": 0.6,
  "MIN_QUALITY": 50
};

export const formats = {
  "BRANDS": {
    "avif": "avif",
    "avis": "avif",
    "heic": "heic",
    "heix": "heic",
    "heim": "heic",
    "heis": "heic",
    "hevc": "heic",
    "hevx": "heic"
  },
  "FIRST_BYTES": {
    "\u00ff\u00d8\u00ff": "jpeg",
    "\u0089PNG\r\n\u001a\n": "png",
    "GIF87a": "gif",
    "GIF89a": "gif",
    "BM": "bmp",
    "II*\u0000": "tiff",
    "MM\u0000*": "tiff",
    "II+\u0000": "tiff",
    "MM\u0000+": "tiff"
  },
  "FTYP_SCAN_BYTES": 128
};

export const layout = {
  "APART": 3,
  "LINE_SHARE": 0.125,
  "LINE_STEPS": 0.5,
  "MAX_AREA": 0.92,
  "MAX_JUDGED": 400,
  "MAX_LINES": 14,
  "MAX_PICTURES": 9,
  "MIN_AROUND": 0.05,
  "MIN_PLANE_SIDE": 64,
  "MIN_SIDE": 0.16,
  "MIN_SIDE_SHARE": 0.5,
  "PAGE_SHARE": 0.5,
  "PAGE_TOLERANCE": 8,
  "REPEATED": 0.6,
  "RIDGE_REACH": 3,
  "STEP": 6
};

export const limits = {
  "MAX_BYTES": 33554432,
  "MAX_PIXELS": 52000000,
  "MAX_SIDE": 32768
};

export const pages = {
  "GROUND_LEVELS": 2,
  "GROUND_SHARE": 0.45,
  "MAX_GROUNDS": 3,
  "MIN_CONTRAST": 48,
  "MIN_GROUND": 0.1,
  "MIN_OWN": 8,
  "MIN_PAGE": 0.25,
  "OWN_REACH": 0.5
};

export const patches = {
  "CELLS": 4,
  "CLIP": 0.2,
  "DIRECTIONS": 8,
  "LEVEL_BIAS": 0.3,
  "MIN_AREA_SIDE": 16,
  "MIN_LEVEL_SIDE": 24,
  "MIN_STRETCH": 24,
  "PATCH_SIDE": 16,
  "STRETCH_PERCENTS": [
    1,
    99
  ]
};

export const planes = {
  "MATCHING_SIDE": 512,
  "REDUCING_GAP": 2.0
};

export const profile = {
  "name": "full",
  "ranked_share": 0.3333333333333333,
  "reference_radius": 0.045,
  "reference_windows": 64
};

export const projection = {
  "BITS": 256,
  "VERSION": "anchored-1"
};

export const whole = {
  "FLAT_GRID": 32,
  "FLAT_TOLERANCE": 8,
  "FREQUENCIES": 16,
  "GRADIENT_STEPS": 100,
  "GREY_RANGE": 255,
  "MAX_QUALITY": 100,
  "MIN_SIDE": 5,
  "NOISE_FLOOR": 0.01,
  "QUALITY_DIVISOR": 90,
  "SAMPLES": 64
};

export const windows = {
  "CODE_BYTES": 32,
  "HEAD_BYTES": 5,
  "MAX_RADIUS": 0.52,
  "MIN_RADIUS": 0.02,
  "PLACE_BYTES": 7,
  "SIDE": 160
};
