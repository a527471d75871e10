"""What all trained networks share: device, resampling, sliding window, labels to structures."""
