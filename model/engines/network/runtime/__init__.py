"""What computes a tile on the CPU."""
