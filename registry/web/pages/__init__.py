"""The pages for people who register their own pictures: no account, no cookie, no media on the server."""

from registry.web.pages import case, register
from registry.web.pages.languages import install_languages

__all__ = ["case", "install_languages", "register"]
