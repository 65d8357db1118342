"""What the weights of a training start from."""
