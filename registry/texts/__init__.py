"""Texts that people are shown, as data files: versioned, in Korean and English."""

from registry.texts.consents import LANGUAGES, ConsentText, consent_texts, current_text

__all__ = ["LANGUAGES", "ConsentText", "consent_texts", "current_text"]
