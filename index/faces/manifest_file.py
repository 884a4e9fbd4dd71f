"""The JSON form of an engine's manifest, which `takedown models` reads and writes.

A manifest may come from an untrusted source. Its length is checked first, every field is checked by its own rule,
unknown names are refused, and all faults are reported together, by field and never by value.
"""

import json
from typing import Any, Final

from index.errors import MalformedManifest
from index.faces.engine import Alignment, Assurance, Calibration, EngineManifest, FaceGates, ModelFile
from index.faces.manifest_fields import Fields, Rule

FORMAT: Final = "takedown-face-engine-1"
MAX_MANIFEST_BYTES: Final = 64 * 1024
MAX_MODEL_BYTES: Final = 1 << 30
"""Maximum size of a model file. The largest embedder in use (AuraFace, ResNet-100) has 261 MB."""

_MAX_TEXT_LENGTH: Final = 2000
_MAX_GROUPS: Final = 64
_MAX_DIMENSIONS: Final = 4096
_MAX_PIXELS: Final = 10_000.0
_GROUP_PARTS: Final = 4
_GROUP: Final = "[group, share, low, high], the shares between 0 and 1"
_LOWEST_COSINE: Final = 0.1
"""Minimum threshold. Vectors of any two people may be this similar by chance, so a lower threshold would match
everybody."""

_ID: Final = Rule("[a-z0-9][a-z0-9-]{0,31}", "1 to 32 lower-case letters, digits and hyphens")
_NAME: Final = Rule(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "a file's name of letters, digits, dots, hyphens, underscores"
)
_SHA256: Final = Rule("[0-9a-f]{64}", "64 lower-case hexadecimal digits")
_HTTPS: Final = Rule(
    r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[!-~]{0,1900}", "an address that begins with https://"
)
_TEXT: Final = Rule(f".{{1,{_MAX_TEXT_LENGTH}}}", f"1 to {_MAX_TEXT_LENGTH} printable letters on one line")


def parse_manifest(text: bytes) -> EngineManifest:
    """Read a manifest.

    Raises:
        MalformedManifest: the text is not a manifest. The message names every wrong field and repeats no value.
    """
    if len(text) > MAX_MANIFEST_BYTES:
        raise MalformedManifest(f"a manifest has at most {MAX_MANIFEST_BYTES} bytes")
    try:
        content = json.loads(
            text.decode("utf-8"), object_pairs_hook=_no_name_twice, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise MalformedManifest("the manifest is not JSON in UTF-8, or names something twice") from None
    if not isinstance(content, dict):
        raise MalformedManifest("the manifest is not a JSON object")
    fields = Fields(content)
    manifest = _manifest(fields)
    fields.finish()
    return manifest


def print_manifest(manifest: EngineManifest) -> bytes:
    """Return the JSON of a manifest, ended by a newline. `parse_manifest` returns the same manifest."""
    content = {
        "format": FORMAT,
        "id": manifest.id,
        "title": manifest.title,
        "licence": manifest.licence,
        "licence_url": manifest.licence_url,
        "assurance": manifest.assurance.value,
        "dimension": manifest.dimension,
        "alignment": manifest.alignment.value,
        "detector": None if manifest.detector is None else _printed_file(manifest.detector),
        "embedder": _printed_file(manifest.embedder),
        "gates": {
            "min_side_px": manifest.gates.min_side_px,
            "min_score": manifest.gates.min_score,
            "min_sharpness": manifest.gates.min_sharpness,
        },
        "calibration": None if manifest.calibration is None else _printed_calibration(manifest.calibration),
        "min_photographs": manifest.min_photographs,
        "bgr": manifest.bgr,
        "input_mean": manifest.input_mean,
        "input_scale": manifest.input_scale,
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def is_engine_id(text: str) -> bool:
    """Return True if a text can be the id of an engine, and so the name of a folder."""
    return _ID.holds(text)


def _manifest(fields: Fields) -> EngineManifest:
    fields.choice("format", (FORMAT,))
    detector = fields.optional_inner("detector")
    calibration = fields.optional_inner("calibration")
    gates = fields.inner("gates")
    return EngineManifest(
        id=fields.text("id", _ID),
        title=fields.text("title", _TEXT),
        licence=fields.text("licence", _TEXT),
        licence_url=fields.optional_text("licence_url", _HTTPS),
        assurance=Assurance(fields.choice("assurance", tuple(Assurance))),
        dimension=fields.whole("dimension", 1, _MAX_DIMENSIONS),
        alignment=Alignment(fields.choice("alignment", tuple(Alignment))),
        detector=None if detector is None else _file(detector),
        embedder=_file(fields.inner("embedder")),
        gates=FaceGates(
            min_side_px=gates.number("min_side_px", 0.0, _MAX_PIXELS),
            min_score=gates.number("min_score", -100.0, 100.0),  # HOG's scores are distances, some below 0
            min_sharpness=gates.number("min_sharpness", 0.0, 255.0**2),
        ),
        calibration=None if calibration is None else _calibration(calibration),
        min_photographs=fields.whole("min_photographs", 1, 100, default=3),
        bgr=fields.flag("bgr", default=False),
        input_mean=fields.number("input_mean", -255.0, 255.0, default=127.5),
        input_scale=fields.number("input_scale", 1e-6, 1e6, default=1 / 127.5),
    )


def _file(fields: Fields) -> ModelFile:
    return ModelFile(
        name=fields.text("name", _NAME),
        sha256=bytes.fromhex(fields.text("sha256", _SHA256)),
        size=fields.whole("size", 1, MAX_MODEL_BYTES),
        url=fields.optional_text("url", _HTTPS),
    )


def _calibration(fields: Fields) -> Calibration:
    low, far, high = (fields.number(name, 0.0, 1.0) for name in ("far_low", "far", "far_high"))
    fields.require("far", "between far_low and far_high", holds=low <= far <= high)
    return Calibration(
        cosine=fields.number("cosine", _LOWEST_COSINE, 1.0),
        far=far,
        far_low=low,
        far_high=high,
        far_by_group=fields.rows("far_by_group", _group, most=_MAX_GROUPS, of=_GROUP),
        tar=fields.number("tar", 0.0, 1.0),
        evidence=fields.text("evidence", _TEXT),
    )


def _group(row: list[Any]) -> tuple[str, float, float, float]:
    """Read one row; raise `ValueError`."""
    if len(row) != _GROUP_PARTS:
        raise ValueError
    name, *shares = row
    if not isinstance(name, str) or not _TEXT.holds(name):
        raise ValueError
    if any(
        isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1
        for share in shares
    ):
        raise ValueError
    share, low, high = map(float, shares)
    return name, share, low, high


def _printed_file(file: ModelFile) -> dict[str, Any]:
    return {"name": file.name, "sha256": file.sha256.hex(), "size": file.size, "url": file.url}


def _printed_calibration(calibration: Calibration) -> dict[str, Any]:
    return {
        "cosine": calibration.cosine,
        "far": calibration.far,
        "far_low": calibration.far_low,
        "far_high": calibration.far_high,
        "far_by_group": [list(row) for row in calibration.far_by_group],
        "tar": calibration.tar,
        "evidence": calibration.evidence,
    }


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError
    return content


def _no_constant(_name: str) -> float:
    raise ValueError
