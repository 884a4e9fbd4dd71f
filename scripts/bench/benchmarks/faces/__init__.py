"""Detection, recognition and mistakes of a face engine (`scripts/bench/faces`, `scripts/calibrate_faces`)."""
