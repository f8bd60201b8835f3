"""Pages of the HR office: what waits, and the decisions of the agency."""
