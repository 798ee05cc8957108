/**
 * Judges what the receivers got, from their own notes alone: positions and sequence numbers of the product are
 * not consulted, since they are what is on trial.
 */

/** What one publisher sent. */
export interface PublisherNotes {
  readonly name: string
  /** Numbers 1 to `sent` were given to `send()`. */
  readonly sent: number
  /** Those for which `send()` resolved. */
  readonly acknowledged: readonly number[]
}

/** What one client received, in the order in which it received it. */
export interface ReceiverNotes {
  readonly name: string
  readonly received: readonly Receipt[]
}

export interface Receipt {
  readonly publisher: string
  readonly number: number
  /** When it came, by the clock of this process. Not judged: it helps to find the cause of a flaw. */
  readonly atMs?: number
}

export interface AuditResult {
  readonly sent: number
  readonly acknowledged: number
  /** Sent, and never acknowledged. */
  readonly unacknowledged: number
  /** Receipts of all receivers together. */
  readonly delivered: number
  /** Acknowledged messages that a receiver did not get, added up over the receivers. */
  readonly lost: number
  /** Receipts of a message that the same receiver had before. */
  readonly twice: number
  /** Receipts that came after a message which another receiver, or its own publisher, has behind it. */
  readonly outOfOrder: number
  /** The first few flaws, in words. */
  readonly examples: readonly string[]
}

const mostExamples = 20

/**
 * Every receiver must have listened from before the first message on. `hasOneOrder`: whether a message has the same
 * position at all clients (default: all have). One sender's order is judged always.
 */
export function auditDeliveries(
  publishers: readonly PublisherNotes[],
  receivers: readonly ReceiverNotes[],
  hasOneOrder: (receipt: Receipt) => boolean = () => true,
): AuditResult {
  const acknowledged = publishers.flatMap(({ name, acknowledged }) =>
    acknowledged.map((number) => keyOf({ publisher: name, number })),
  )
  const sent = publishers.reduce((sum, publisher) => sum + publisher.sent, 0)
  const reference = referenceOrder(receivers)
  let lost = 0
  let twice = 0
  let outOfOrder = 0
  const examples: string[] = []
  const note = (flaw: string): void => {
    if (examples.length < mostExamples) examples.push(flaw)
  }
  for (const { name, received } of receivers) {
    const had = new Set<string>()
    let latestPosition = -1
    const latestNumber = new Map<string, number>()
    for (const receipt of received) {
      const key = keyOf(receipt)
      if (had.has(key)) {
        twice += 1
        note(`${name} got ${key} twice`)
        continue
      }
      had.add(key)
      const place = hasOneOrder(receipt) ? reference.get(key) : undefined
      const breaksOneOrder = place !== undefined && place < latestPosition
      const breaksSenderOrder = receipt.number < (latestNumber.get(receipt.publisher) ?? 0)
      if (breaksOneOrder || breaksSenderOrder) {
        outOfOrder += 1
        note(`${name} got ${key} out of ${breaksSenderOrder ? "its sender's" : 'the one'} order`)
      }
      if (place !== undefined) latestPosition = Math.max(latestPosition, place)
      latestNumber.set(receipt.publisher, Math.max(receipt.number, latestNumber.get(receipt.publisher) ?? 0))
    }
    const missing = acknowledged.filter((key) => !had.has(key))
    lost += missing.length
    for (const key of missing) note(`${name} did not get ${key}`)
  }
  return {
    sent,
    acknowledged: acknowledged.length,
    unacknowledged: sent - acknowledged.length,
    delivered: receivers.reduce((sum, { received }) => sum + received.length, 0),
    lost,
    twice,
    outOfOrder,
    examples,
  }
}

export const isFlawless = (result: AuditResult): boolean =>
  result.lost === 0 && result.twice === 0 && result.outOfOrder === 0 && result.unacknowledged === 0

/**
 * Place of each message in the order that the receivers are compared with: that of the receiver with most
 * messages. Which one it is does not matter for the question whether all saw one order.
 */
function referenceOrder(receivers: readonly ReceiverNotes[]): Map<string, number> {
  let reference = new Map<string, number>()
  for (const { received } of receivers) {
    const places = new Map<string, number>()
    for (const receipt of received) {
      const key = keyOf(receipt)
      if (!places.has(key)) places.set(key, places.size)
    }
    if (places.size > reference.size) reference = places
  }
  return reference
}

const keyOf = (receipt: Receipt) => `${receipt.publisher}/${receipt.number}`
