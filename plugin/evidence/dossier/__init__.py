"""The processing dossier: what a configuration means in law and practice, each legal sentence with its source."""
