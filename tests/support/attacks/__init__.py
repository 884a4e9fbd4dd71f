"""An oracle to attack, and attackers who read the source."""
