"""Constancy: a reference series is drawn by a schedule and compared with a baseline: keeper.ConstancyKeeper."""
