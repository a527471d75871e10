"""Contours get their patient back: restore.restore."""
