"""The fields of an answered check, which are the same for every upload (promise 5)."""

ANSWER = {
    "check_id",
    "verdict",
    "band",
    "kinds",
    "reasons",
    "boxes",
    "segments",
    "altered",
    "policy_version",
}
