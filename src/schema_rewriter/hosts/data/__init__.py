"""Files of data: JSON, TOML, YAML."""
