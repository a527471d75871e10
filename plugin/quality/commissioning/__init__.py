"""Commissioning: a model on cases with approved structure sets, and the range that it was looked at on."""
