"""``torch.jit.trace``: modules and functions from what they do with example inputs."""
