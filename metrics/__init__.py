"""What every figure means. Pure functions: no I/O, no Streamlit, no SQL, no wall clock."""
