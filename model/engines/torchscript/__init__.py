"""Networks as TorchScript programs: engine.TorchScript."""
