"""Which public figures can pre-fill a return? One module per publisher's file."""
