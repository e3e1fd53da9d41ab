"""Real servers that tests start on loopback, where Java and Maven's registry are to be had."""
