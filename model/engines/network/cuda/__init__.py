"""The way of a network on a CUDA device, in torch: way.OnDevice. Only imported where torch is wanted."""
