"""What a campaign is and asks, and which phase it is in; knows no single proposal."""
