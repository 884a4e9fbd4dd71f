"""What the tests share: drawn media, made-up people and codes, fakes, services, and programs that tests start."""
