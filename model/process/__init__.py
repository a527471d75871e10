"""What every process does alike: a clean environment, nothing left behind when it dies, its durable-job engine."""
