"""The page Lab: zero-shot and few-shot methods measured on labels."""
