"""The brain extraction network that the extra "deepbet" brings: engine.DeepBet."""
