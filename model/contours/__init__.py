"""Masks to contours and back, exact on every slice: outlines.outline and placement.contour_data."""
