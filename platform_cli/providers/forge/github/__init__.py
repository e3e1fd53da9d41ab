"""GitHub as the forge: github.com and Enterprise Server. `adapter` is what implements the port."""
