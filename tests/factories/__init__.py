"""One factory per model, no surprises; traits for situations."""
