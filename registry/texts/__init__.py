"""Texts that people are shown, as data files: versioned, in Korean and English."""

from registry.texts.consents import LANGUAGES, ConsentText, consent_texts, current_text
from registry.texts.helplines import Helpline, helplines

__all__ = ["LANGUAGES", "ConsentText", "Helpline", "consent_texts", "current_text", "helplines"]
