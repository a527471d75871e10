"""Charts of how much people change: limits, Nelson's rules, lasting changes; pure functions over points in time."""
