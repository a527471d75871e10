"""What draws organs on a volume, an engine a folder; model.registry gives the engine of a model by its name."""
