"""The index alone: Hamming search, vector search and bulk enrolment."""
