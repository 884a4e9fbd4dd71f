"""What an answered check says, whatever it is about (promise 5): no field more."""

ANSWER = {
    "check_id",
    "verdict",
    "band",
    "kinds",
    "reasons",
    "boxes",
    "segments",
    "as_of",
    "policy_version",
}
