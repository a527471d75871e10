"""The facts of a series that rules may ask for: series.facts_of."""
