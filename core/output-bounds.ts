/**
 * How much of what a task prints is passed on and kept: of each stream of each attempt, so many UTF-16 units; the rest is
 * dropped at the engine, and a marker in the text says how much. Nobody holds more of it: not the controller, no client.
 */
export const outputCharsMax = 262_144

/** Two streams that alternate make short pieces: an attempt has no more of them than this. */
export const outputPiecesMax = 16_384

/** A piece of this many UTF-16 units fits into a message on any link. */
export const pieceCharsMax = 16_384

/** What a piece takes beside its text, about. */
export const pieceBytes = 64
