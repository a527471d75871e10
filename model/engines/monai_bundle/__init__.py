"""Networks of MONAI bundles: engine.MonaiBundle."""
