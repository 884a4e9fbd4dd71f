"""Faces: detection, alignment, templates and their engines (design.md section 7). A likeness never blocks by itself."""
