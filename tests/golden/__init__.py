"""Pictures that were looked at and are kept."""
