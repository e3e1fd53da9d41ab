"""From the journal's events to the figures that the platform team reports. Pure: no clock."""
