"""The kata: the ResNet of the paper written by hand in nine steps, each checked by itself (docs/cookbook.md).

`workshop` writes the exercise, `cookbook` reads the recipes, `texts` the messages, `verbs` is the command line; they do
not import torch. `examination/` looks at what a learner wrote, in the child process in which `check` runs foreign code.
"""
