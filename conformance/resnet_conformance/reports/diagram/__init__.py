"""The network as found beside its blueprint, as shapes with places: what the page and the picture draw."""
