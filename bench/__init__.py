"""What Thaw costs, beside references measured in the same run on the same servers (`python -m bench`)."""
