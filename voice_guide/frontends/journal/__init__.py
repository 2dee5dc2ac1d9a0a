"""The journal as a listener reads it: by days that begin in the small hours, as gentle facts."""
