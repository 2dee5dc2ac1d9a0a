"""Numbers in, samples out. Pure: noise, drones, bells, pacers and the measuring of loudness."""
