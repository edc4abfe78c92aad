"""Contacts that providers let others see: on the desk, and in the municipality's list of those who said yes."""
