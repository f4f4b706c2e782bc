"""TorchScript's file format as plain data: a zip, pickles and raw tensors.  Nothing in a file is executed."""
