"""The typed SSA graph: nodes, blocks and values, its text form, its verifier and its alias analysis."""
