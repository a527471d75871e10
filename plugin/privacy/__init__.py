"""Pseudonymisation, checked by its sender: pseudonymise makes the only CleanSeries."""
