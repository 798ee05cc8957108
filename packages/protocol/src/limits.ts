/** Bounds on what others may make us hold. Each is checked before the memory is taken. */

/** Longest line of a client, in bytes. Raise it for bigger activities; each connection may hold one such line. */
export const maxLineBytes = 1_048_576
/**
 * Longest line that readers of activities take, in bytes: what one client may publish, and what servers add to it and
 * escape in it. Raise it only together with what clients in other languages take.
 */
export const maxFinishedLineBytes = 2_097_152
/** Longest frame between servers, in bytes. Above the largest batch that we send ourselves. */
export const maxFrameBytes = 33_554_432
/** Bodies that one LOG or UP carries before it is split, in bytes. */
export const maxBatchBytes = 1_048_576
/** Entries that one LOG or UP carries before it is split. */
export const maxBatchEntries = 4_096
/** Deepest nesting of a client's JSON: the parser's own stack is the scarce thing. */
export const maxJsonDepth = 128
/** Bytes of UTF-8. */
export const maxUsernameBytes = 128
export const maxSecretBytes = 1_024
/** Characters of a server's name: longer ones no peer takes. */
export const maxServerNameLength = 256
/** Characters of a host: with a port behind it, it must be good as a name. No host that exists has more than 253. */
export const maxHostLength = maxServerNameLength - ':65535'.length
/** Of salts and verifiers; ours have 32 and 64 digits. */
export const maxHexDigits = 1_024
/** Salts that one LOGIN_DENIED carries: more than one only while trees that both registered the name become one. */
export const maxOfferedSalts = 4
/** How far ahead of the gap a session's message ids may run. */
export const maxIdWindow = 1_000
/** Addresses that a server remembers outside path and heirs. */
export const maxContacts = 64
/** Addresses that REPORT and SOME carry. */
export const maxSampledMembers = 48
/** Least loaded servers that LOADS carries. */
export const maxAnnouncedLoads = 8
/** Of a client's `holder`. */
export const maxHolderLength = 64
/** Servers with users that one branch answers a roll call for. */
export const maxHomes = 100_000
/** Addresses outside the tree that REPORT passes up. */
export const maxReportedStrangers = 4
/**
 * Accepted links that have not shown this server's secret yet. The oldest are closed first, since a peer that knows
 * the secret shows it at once.
 */
export const maxUnprovedLinks = 1_024
/** How long one of them may last, in milliseconds. */
export const unprovedLinkLimitMs = 5_000
/** A connection that has said nothing for this long is closed, in milliseconds. */
export const firstByteTimeoutMs = 60_000

/** Rows of one table that a part of a snapshot carries, at most. */
export const maxSnapshotRows = 4_096
/** Rows of all parts of a snapshot, in bytes of memory, roughly: some 1.4 million users. Raise: a parent can make us hold more. */
export const maxSnapshotBytes = 536_870_912

/** Places of dropped log entries that were no activities, as a server remembers them and a snapshot carries them. */
export const maxRememberedOthers = 100_000
