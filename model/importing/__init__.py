"""Foreign models to model packages: from_path.import_model recognises what lies at a path."""
