"""The segmentation service: serve starts it, app has its routes, transfers its work."""
