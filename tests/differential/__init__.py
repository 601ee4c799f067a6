"""The same functions here, in PyTorch and in JAX. The tables have a line for each; ``test_differential`` runs them."""
