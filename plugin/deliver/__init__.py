"""Results reach the systems where they are used, and arrival is proved: deliverer.Deliverer, one transport each."""
