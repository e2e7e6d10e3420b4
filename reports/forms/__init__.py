"""The official forms: layouts as dated data (``*.toml``), and how figures are put into them."""
