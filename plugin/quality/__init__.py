"""Quality in production: what people made of our contours, and whether a model still draws as it was commissioned."""
