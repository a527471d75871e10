"""The test of precision: a network draws real images in fp32 and in less, and each structure must come out alike."""
