"""The shell around every screen: door, who looks, frame, view, what is read."""
