"""PyTorch's own databases of operators and layers as the judge: what they hold is used from the installed package.

``python -m tests.conformance.op_db`` runs an entry's samples on PyTorch and on the bundled torch (and as compiled C++ with
``--cpp``) and prints which entries agree; ``--help`` says more.
"""
