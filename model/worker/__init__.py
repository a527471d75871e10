"""Processes that work for another one and may be killed: pool.Workers, and what computes for all: inference."""
