"""Two structure sets of one series side by side, ROI by ROI: comparison.Comparison is the answer."""
