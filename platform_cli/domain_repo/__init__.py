"""A domain's repository as a whole: what in it is checked, and what of it is published."""
