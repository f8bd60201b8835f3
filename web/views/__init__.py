"""Pages, grouped by who looks at them."""
