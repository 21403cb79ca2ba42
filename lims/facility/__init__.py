"""The one place where features meet: what can be asked, here or over the network, with the same methods."""
