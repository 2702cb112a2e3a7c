"""Seeing why residual networks work: paths, gradient flow, lesions, responses, degradation, shortcut ablation.

`python -m resnet_impl.analysis --help` lists the verbs. Each says what it measures, in what unit, after which paper and
figure, and where it differs from them.
"""
