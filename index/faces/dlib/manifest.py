"""The manifest of the built-in engine, which works without a download.

Its assurance is low; see the calibration. docs/decisions/0010-face-threshold.md gives the reasons why dlib's customary
threshold is not used. An installed engine (`index.faces.library`) is better.
"""

from typing import Final

from index.faces.engine import Alignment, Assurance, Calibration, EngineManifest, FaceGates, ModelFile

NETWORK_NAME: Final = "dlib-resnet-1.onnx"
NETWORK_SHA256: Final = bytes.fromhex("bc6c1c0aa3e6eebb3215ff10c3fe3d86c9f67aa865adf7b70ac67d301f3eb94e")
NETWORK_SIZE: Final = 22_439_073  # bytes

DEFAULT_ENGINE: Final = "dlib-resnet-1"

DEFAULT_MANIFEST: Final = EngineManifest(
    id=DEFAULT_ENGINE,
    title="dlib ResNet (HOG detector, five points)",
    licence="CC0-1.0 (models), BSL-1.0 (dlib)",
    licence_url="https://github.com/davisking/dlib-models",
    assurance=Assurance.LOW,
    dimension=128,
    alignment=Alignment.DLIB_150,
    detector=None,
    embedder=ModelFile(name=NETWORK_NAME, sha256=NETWORK_SHA256, size=NETWORK_SIZE),
    # On 1,765 pictures of LFW these keep a face in 99.2 % (East-Asian names: 99.3 %). Blurred by a Gaussian of 2
    # pixels, faces of 108 pixels have a sharpness of 6.6 and a cosine of 0.983 to themselves; reduced to 20 pixels,
    # 0.962, which is no more than two different people may have.
    gates=FaceGates(min_side_px=30.0, min_score=0.25, min_sharpness=7.0),
    # The limits of LFW's precision, and the cost of other thresholds: docs/recall_faces.md.
    calibration=Calibration(
        cosine=0.691,
        far=1.1e-5,
        far_low=4.3e-7,
        far_high=3.5e-5,
        far_by_group=(("East-Asian names", 1.9e-4, 0.0, 8.7e-4), ("others", 1.1e-5, 0.0, 4.1e-5)),
        tar=0.656,
        evidence=(
            "scripts/calibrate_faces on the developers' half of LFW (deep-funnelled), 1765 pictures of 531 identities"
            " (89 East-Asian names, 442 others), 2026-11-27: mean of 1 and of 3 photographs against one, the stricter;"
            " 95 % bootstrap intervals by identity. The centring was made from the same pictures; on halves that it was"
            " not made from TAR at FAR 1e-4 is .845 (docs/decisions/0010)."
        ),
    ),
)
