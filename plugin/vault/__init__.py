"""The table from pseudonyms to patients, encrypted: vault.Vault."""
