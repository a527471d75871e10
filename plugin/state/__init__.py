"""The state directory: its lock, the database and its numbered tables, backup."""
