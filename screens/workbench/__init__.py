"""The planners' workbench: pages of one view of a campaign, which stands in the address."""
