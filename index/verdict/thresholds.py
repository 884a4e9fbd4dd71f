"""The thresholds of matching: each stands here once, with its unit and its source.

Hashing, windows, comparison, clips, the index and matching import them through `index.verdict`. An answer to the same
evidence changes with any of them, so `POLICY_VERSION` of the ladder then changes too. `docs/recall.md` holds the
measurements.
"""

from typing import Final

from index.verdict.vocabulary import Level

# ---------------------------------------------------------------- whole codes

TIGHT_PDQ_BITS: Final = 31
"""PDQ distance up to which two pictures, whole or seen in the registered frame, are the same picture. ThreatExchange
recommends this threshold. An index must find every code so near (`index.search`)."""

LOOSE_PDQ_BITS: Final = 40
"""PDQ distance up to which a picture is worth a review, if dHash-128 agrees."""

MAX_PROPOSED_PDQ_BITS: Final = 64
"""Radius within which an index proposes codes, as far as a held answer may reach. Unrelated codes lie 128 +- 8 bits
apart."""

MAX_DRAWN_PDQ_BITS: Final = 72
"""The same for uploads in few tones, which are compared with photographs as a whole (`index.comparison`)."""

MAX_DHASH_BITS: Final = 20
"""dHash-128 distance up to which it agrees: keeps 99.5 % of true pairs, and passes 0.85 % of near distinct ones."""

MIN_QUALITY: Final = 50
"""PDQ quality, 0 to 100, below which a picture shows too little to be registered by whole codes or to block."""

MAX_FLAT_SHARE: Final = 0.60
"""Share of near-uniform areas, 0 to 1, above which a picture is a template or a page; keeps 98.5 % of true matches."""

PARTLY_FLAT_SHARE: Final = 0.45
PARTLY_FLAT_DHASH_BITS: Final = 12
"""Flat share from which dHash-128 must agree within fewer bits: it has fewer areas to tell by. One cartoon character on
two grounds was tight at 0.60 and 20 bits. None of 189 tight re-uploads of photographs is beyond both."""

GRAPHIC_FEW_LEVELS: Final = 0.78
"""Share of a cell's pixels in its three commonest grey levels, 0 to 1, from which a picture is a graphic: a screen, a
page, a pattern or a drawing. Its flat share counts as 1. None of 548 photographs is one by any sign
(docs/decisions/0014)."""

GRAPHIC_SURE_SIGN: Final = 0.95
"""Hard edges or repetition, 0 to 1 (`index.hashing.graphics`), from which a picture is a graphic by that sign alone."""

GRAPHIC_SOME_LEVELS: Final = 0.50
"""Share of the commonest levels from which a weaker sign makes a graphic. The median of photographs is 0.33."""

GRAPHIC_HARD_EDGES: Final = 0.80
"""Share of strong edges that border a flat area from which they are such a sign. The 95th percentile of photographs is
0.26."""

GRAPHIC_REPETITION: Final = 0.80
"""Highest peak of the autocorrelation from which it is such a sign. The 99th percentile of photographs is 0.63."""

# ---------------------------------------------------------------- anchored windows

MIN_NATS: Final = 20.0
"""Log-likelihood ratio, in nats, from which windows show something of a registered picture; docs/recall.md tells what
strangers reach."""

MIN_COVER: Final = 0.9
"""Share of the registered frame, 0 to 1, that an upload must show to be the same picture. Below, what a rectified view
lacks is filled with its repeated border."""

# ---------------------------------------------------------------- clips

MIN_SUPPORT: Final = 2
"""Number of independent hits from which an upload shows something of a clip."""

MIN_TIGHT_SUPPORT: Final = 3
"""Number of independent tight hits from which an upload shows the same clip."""

MIN_CLIP_SHARE: Final = 0.5
"""Share of a clip's time, 0 to 1, that an upload must show to be the same clip. Less may be a shared intro."""

WHOLE_CLIP_SHARE: Final = 0.9
"""Share of a clip's time, 0 to 1, from which an upload shows all of it."""

MIN_FRAME_NATS: Final = 120.0
"""Log-likelihood ratio, in nats, from which one key frame of several alone is a match; one template gives 90 nats."""

# ---------------------------------------------------------------- faces

MIN_LIKENESS: Final = 0.0
"""How far a face must lie beyond its engine's threshold (`FaceEvidence.likeness`). The engine's own threshold is
calibrated (`index.faces`), so 0."""

MIN_LIKENESS_LEVEL: Final = Level.V2
"""Verification from which a likeness is looked for: somebody has seen that the claim is the subject's own."""

MIN_FACE_LOOKS: Final = 2
"""Number of query frames of a clip that must show the same likeness: one frame alone is a chance hit."""

# ---------------------------------------------------------------- cases

MIN_BLOCK_LEVEL: Final = Level.V1
"""Verification from which a case can block."""

# ---------------------------------------------------------------- probing
# Evidence so near a threshold that it could be used to find it: if it is held, it counts against the tenant's budget of
# held questions. All evidence counts against the budgets of references and uploaders (registry.security.oracle_budget).

NEAR_FROM_PDQ_BITS: Final = 24
"""PDQ distance from which on a question is near a threshold (`TIGHT_PDQ_BITS`, `LOOSE_PDQ_BITS`)."""

NEAR_FROM_DHASH_BITS: Final = 12
"""dHash-128 distance from which on a question is near `MAX_DHASH_BITS`. Re-compressed copies lie at 0 to 4 bits."""

NEAR_UP_TO_NATS: Final = MIN_NATS + 6.0
"""Log-likelihood ratio, in nats, below which a question is near `MIN_NATS`; re-uploads reach hundreds."""

NEAR_UP_TO_FRAME_NATS: Final = MIN_FRAME_NATS + 6.0
"""Log-likelihood ratio, in nats, below which one key frame alone is near `MIN_FRAME_NATS`."""

NEAR_LIKENESS: Final = 0.05
"""Likeness, above the threshold and below it, that is near it."""

REACH_BITS_PER_NAT: Final = 6.0
"""One nat below `MIN_NATS` is as far beyond it as so many bits of PDQ, so that one hidden edge serves both."""

REACH_BITS_PER_LIKENESS: Final = (MAX_PROPOSED_PDQ_BITS - LOOSE_PDQ_BITS) / NEAR_LIKENESS
"""Likewise for likeness: the hidden edge, 40 to 64 bits, spans what is near."""
