"""What is done to a junction: plans of a few frozen steps, and the runner that interprets them."""
