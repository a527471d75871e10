"""The test of precision: a network draws real images in fp32 and in bf16, and each structure must come out alike."""
