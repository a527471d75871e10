"""What the hospital shows an auditor: certificates, monthly reports, the dossier, patients' rights, audit, alerts."""
