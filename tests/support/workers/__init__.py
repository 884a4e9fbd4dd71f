"""Tasks and programs that misbehave in processes of their own."""
