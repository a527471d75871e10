"""The gateway's REST API: app.application puts the routers together."""
