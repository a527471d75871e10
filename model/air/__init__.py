"""The test of air: a network draws real images with and without its tiles of air, and no voxel may differ."""
