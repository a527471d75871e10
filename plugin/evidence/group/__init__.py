"""Evidence of a group of gateways: each chain copied into the shared database, held against its peers, read by all."""
