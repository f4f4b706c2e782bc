"""The border to the installed PyTorch: nothing else imports it, or asks what is its own.

A model file that runs on PyTorch is compiled without a copy: its classes and functions become their bundled
counterparts where the front end meets them, its tensors are shared through NumPy.
"""
