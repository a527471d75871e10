"""The embedded engine for CT: organs from Hounsfield units; no trained model, review required."""
