"""The notice board where providers, frontline workers and staff of a municipality find each other."""
