"""The registry's own words as types and state machines: pure values, no input or output."""
