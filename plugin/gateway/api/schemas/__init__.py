"""What the REST API takes and answers, as types: openapi.json is made of them."""
