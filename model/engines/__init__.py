"""What draws organs on a volume: registry.engine gives the engine of a model by its name."""
