"""A zoo: models of other people's packages with random weights, saved by PyTorch, read without it, built and compared.

    pip install -e '.[zoo]'
    python -m tests.zoo                       # every stage for every model; what is done is not done again
    python -m tests.zoo --only 'timm/*'       # some of them
    python -m tests.zoo table                 # what is recorded

Stages: ``save`` (the only one that needs PyTorch and the packages), ``export``, ``build``, ``compare``.  Each stage of a model is
recorded in ``build/zoo/PACKAGE/NAME/record.json``.  A model passes if its outputs are within twice PyTorch's own float32 error
against float64.  It is not part of CI.

torchvision's and torchaudio's wheels load their compiled operators beside the PyTorch of the same index only; models that need
them cannot be saved with another one.
"""
