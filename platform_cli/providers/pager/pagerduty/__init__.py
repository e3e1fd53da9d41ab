"""PagerDuty as the pager, through the vendor's library or through the one before it."""
