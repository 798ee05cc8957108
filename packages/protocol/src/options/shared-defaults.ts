/** Defaults that more than one option or package has. */

export const defaultHost = 'localhost'
/** Where a clock listens, and where servers look for it. */
export const defaultClockPort = 3_779
/** Where the examples begin, and `jwp up`. */
export const defaultServerPort = 3_781
/** Most connections from one address, and most new ones at once. */
export const defaultConnectionsPerAddress = 4_096
/** New connections per second from one address, once it has had its burst. */
export const newConnectionsPerSecond = 200
