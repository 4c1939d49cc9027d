"""How good is a prediction: scores on token lists (`text`) and the one loop that computes them (`score`)."""
