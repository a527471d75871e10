"""Alerts of quality: found in charts, shown in health, told to channels once, and acknowledged by people."""
