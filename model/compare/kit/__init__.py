"""A kit of shapes whose numbers are known in closed form: with it anyone grades any tool that compares contours."""
