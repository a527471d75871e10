"""From slices to a structure set: contour.contour, and draw.draw_series for a worker process."""
