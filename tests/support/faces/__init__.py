"""Pictures, models and stored vectors of faces, all made up or in the public domain."""
