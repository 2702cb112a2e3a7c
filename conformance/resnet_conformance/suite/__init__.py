"""The pytest suite: `pytest --pyargs resnet_conformance --resnet-target ...`."""
