"""HTTP to others, with the site's own certificates and proxies only: session.http_session."""
