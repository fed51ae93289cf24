"""The only hands: what the procedures ask for through `workflows.ports`, one file per outside system."""
