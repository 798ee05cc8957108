/**
 * What servers say to each other many times a second, in fixed layouts: everything about entries on their way, and heartbeats. The
 * first byte tells what it is; numbers have their lowest byte first.
 */
import { ByteReader, MalformedBytes } from './byte-reader.js'
import { ByteWriter } from './byte-writer.js'
import { packLog, packPending, unpackLog, unpackPending } from './entry-block.js'
import { maxBatchEntries } from './limits.js'
import { PackedMessage } from './packed-message.js'
import type { ServerMessage } from './server-messages.js'
import { MalformedMessage } from './shape.js'

const tags = { UP: 1, LOG: 2, ACK: 3, HELD: 4, HEARTBEAT: 5 } as const
type PackedType = keyof typeof tags
const typeByTag = new Map<number | undefined, PackedType>(
  Object.entries(tags).map(([type, tag]) => [tag, type as PackedType]),
)
const flagAck = 1
const flagCut = 2
const flagPrompt = 4
const flagEverywhere = 8
const flagEcho = 1
const flagApplied = 2

/** Undefined: this one travels in fields with names. */
export function packMessage(message: ServerMessage): PackedMessage | undefined {
  switch (message.type) {
    case 'UP': {
      const head = new ByteWriter(10).u8(tags.UP).u8(message.prompt === true ? flagPrompt : 0)
      return new PackedMessage([head.number(message.batch).bytes, ...packPending(message.runs)])
    }
    case 'LOG': {
      const { from, commit, ack, cut, prompt, everywhere, runs } = message
      const flags =
        (ack ? flagAck : 0) +
        (cut === true ? flagCut : 0) +
        (prompt === true ? flagPrompt : 0) +
        (everywhere === undefined ? 0 : flagEverywhere)
      const head = new ByteWriter(everywhere === undefined ? 18 : 26).u8(tags.LOG).u8(flags)
      head.number(from).number(commit)
      if (everywhere !== undefined) head.number(everywhere)
      return new PackedMessage([head.bytes, ...packLog(runs)])
    }
    case 'ACK':
      return new PackedMessage([new ByteWriter(9).u8(tags.ACK).number(message.index).bytes])
    case 'HELD':
      return new PackedMessage([new ByteWriter(9).u8(tags.HELD).number(message.batch).bytes])
    case 'HEARTBEAT': {
      const { sentMs, echoMs, applied } = message
      const flags = (echoMs === undefined ? 0 : flagEcho) + (applied === undefined ? 0 : flagApplied)
      const more = [echoMs, applied].filter((field) => field !== undefined)
      const writer = new ByteWriter(10 + 8 * more.length).u8(tags.HEARTBEAT).u8(flags).number(sentMs)
      for (const field of more) writer.number(field)
      return new PackedMessage([writer.bytes])
    }
    default:
      return undefined
  }
}

/** @throws MalformedMessage with words on what is wrong */
export function unpackMessage(bytes: Uint8Array): ServerMessage {
  const type = typeByTag.get(bytes[0])
  if (type === undefined) throw new MalformedMessage('not a message between servers')
  try {
    return readers[type](new ByteReader(bytes, 1))
  } catch (error) {
    if (error instanceof MalformedBytes) throw new MalformedMessage(`${type}: ${error.message}`)
    throw error
  }
}

const readers: Readonly<Record<PackedType, (reader: ByteReader) => ServerMessage>> = {
  UP: (reader) => {
    const flags = flagsIn(reader, flagPrompt)
    const [batch, runs] = [reader.count(), unpackPending(reader.rest(), maxBatchEntries)]
    return { type: 'UP', batch, runs, ...((flags & flagPrompt) === 0 ? {} : { prompt: true }) }
  },
  LOG: (reader) => {
    const flags = flagsIn(reader, flagAck + flagCut + flagPrompt + flagEverywhere)
    const [from, commit] = [reader.count(), reader.count()]
    const everywhere = (flags & flagEverywhere) === 0 ? {} : { everywhere: reader.count() }
    const runs = unpackLog(reader.rest(), maxBatchEntries)
    return {
      ...{ type: 'LOG', from, runs, commit, ack: (flags & flagAck) !== 0, ...everywhere },
      ...((flags & flagCut) === 0 ? {} : { cut: true }),
      ...((flags & flagPrompt) === 0 ? {} : { prompt: true }),
    }
  },
  ACK: (reader) => whole({ type: 'ACK', index: reader.count() }, reader),
  HELD: (reader) => whole({ type: 'HELD', batch: reader.count() }, reader),
  HEARTBEAT: (reader) => {
    const flags = flagsIn(reader, flagEcho + flagApplied)
    const sentMs = reader.finite()
    const echoMs = (flags & flagEcho) === 0 ? undefined : reader.finite()
    const applied = (flags & flagApplied) === 0 ? {} : { applied: reader.count() }
    return whole({ type: 'HEARTBEAT', sentMs, echoMs, ...applied }, reader)
  },
}

function flagsIn(reader: ByteReader, known: number): number {
  const flags = reader.u8()
  if ((flags & ~known) !== 0) throw new MalformedBytes('flags that we do not know')
  return flags
}

function whole<Message extends ServerMessage>(message: Message, reader: ByteReader): Message {
  reader.end()
  return message
}
