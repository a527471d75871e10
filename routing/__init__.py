"""Who contours what: rules, Python and Lua, from the facts of a series to a decision; decide.decide."""
