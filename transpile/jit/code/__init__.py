"""What TorchScript shows of a compiled program: ``.code``, ``.inlined_graph``, the names of its operators."""
