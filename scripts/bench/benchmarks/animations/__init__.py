"""Animations and files of pages: cost of a check, and the places at which a registered picture is found."""
