"""Pictures of contours over the image, in the planes that a viewer shows."""
