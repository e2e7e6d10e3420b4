"""What people want to be told of: kept, found, sent; where it may be sent to at all."""
