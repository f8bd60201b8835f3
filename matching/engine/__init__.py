"""The matching engine: pure numpy, scipy and scikit-learn. No Django, no database, no clock."""
