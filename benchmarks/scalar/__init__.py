"""The scalar engine against others: workloads.py says what is computed, engines/ who computes it."""
