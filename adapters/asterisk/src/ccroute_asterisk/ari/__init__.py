"""Control of an Asterisk by ARI: Asterisk has media and legs, ccroute the queue."""
