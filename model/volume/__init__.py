"""Decoded slices to a volume: load.load_volume, canonical for networks' axes."""
