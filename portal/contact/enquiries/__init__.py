"""Questions that are passed on to a provider without its address being shown."""
