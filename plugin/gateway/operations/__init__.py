"""What the gateway does when it is asked, a file per topic; each takes only the parts that it uses."""
