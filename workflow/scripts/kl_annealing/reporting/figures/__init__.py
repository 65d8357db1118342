"""Figures: one file each, `draw(study) -> Figure`."""
