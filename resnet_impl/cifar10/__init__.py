"""CIFAR-10 as in section 4.2 of He et al. 2015, arXiv:1512.03385: images, recipe, training, evaluation, Table 6.

`python -m resnet_impl.cifar10.train --help` says all that training can do; `evaluate` and `table6` likewise.
"""
