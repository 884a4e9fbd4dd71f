"""The fields of an answered check, which are the same for every upload (promise 5)."""

ANSWER = {
    "check_id",
    "verdict",
    "band",
    "kinds",
    "reason",
    "boxes",
    "segments",
    "policy_version",
}

EXPLANATION = (ANSWER - {"reason"}) | {"reasons", "altered"}
"""The fields of an explanation."""
