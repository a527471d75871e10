"""A group of gateways works for hours while parts of it are killed at random: nothing grows, nothing is lost."""
