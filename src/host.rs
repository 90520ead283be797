//! What this host says of itself and of its processes (soon).
