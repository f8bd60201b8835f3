"""Pages of an ASN."""
