/**
 * What servers say to each other many times a second, in fixed layouts: everything about entries on their way, and heartbeats. The
 * first byte tells what it is; numbers have their lowest byte first.
 */
import { ByteReader, MalformedBytes } from './byte-reader.js'
import { ByteWriter } from './byte-writer.js'
import { packLog, packPending, unpackLog, unpackPending } from './entry-block.js'
import { maxBatchEntries } from './limits.js'
import { PackedMessage } from './packed-message.js'
import type { ServerMessage, ServerMessageOf } from './server-messages.js'
import { MalformedMessage } from './shape.js'

const tags = { UP: 1, LOG: 2, ACK: 3, HELD: 4, HEARTBEAT: 5 } as const
const flagAck = 1
const flagCut = 2

/** Undefined: this one travels in fields with names. */
export function packMessage(message: ServerMessage): PackedMessage | undefined {
  switch (message.type) {
    case 'UP':
      return new PackedMessage([
        new ByteWriter(9).u8(tags.UP).number(message.batch).bytes,
        ...packPending(message.runs),
      ])
    case 'LOG': {
      const { from, commit, ack, cut, runs } = message
      const flags = (ack ? flagAck : 0) + (cut === true ? flagCut : 0)
      const head = new ByteWriter(18).u8(tags.LOG).u8(flags).number(from).number(commit)
      return new PackedMessage([head.bytes, ...packLog(runs)])
    }
    case 'ACK':
      return new PackedMessage([new ByteWriter(9).u8(tags.ACK).number(message.index).bytes])
    case 'HELD':
      return new PackedMessage([new ByteWriter(9).u8(tags.HELD).number(message.batch).bytes])
    case 'HEARTBEAT': {
      const { sentMs, echoMs } = message
      const writer = new ByteWriter(echoMs === undefined ? 9 : 17).u8(tags.HEARTBEAT).number(sentMs)
      return new PackedMessage([(echoMs === undefined ? writer : writer.number(echoMs)).bytes])
    }
    default:
      return undefined
  }
}

/** @throws MalformedMessage with words on what is wrong */
export function unpackMessage(bytes: Uint8Array): ServerMessage {
  const type = Object.entries(tags).find(([, tag]) => tag === bytes[0])?.[0] as keyof typeof tags | undefined
  if (type === undefined) throw new MalformedMessage('not a message between servers')
  try {
    return readers[type](new ByteReader(bytes, 1), bytes.length)
  } catch (error) {
    if (error instanceof MalformedBytes) throw new MalformedMessage(`${type}: ${error.message}`)
    throw error
  }
}

const readers: Readonly<Record<keyof typeof tags, (reader: ByteReader, length: number) => ServerMessage>> = {
  UP: (reader) => ({
    type: 'UP',
    batch: reader.count(),
    runs: unpackPending(reader.rest(), maxBatchEntries),
  }),
  LOG: (reader): ServerMessageOf<'LOG'> => {
    const flags = reader.u8()
    if (flags > flagAck + flagCut) throw new MalformedBytes('bad flags')
    const [from, commit] = [reader.count(), reader.count()]
    const runs = unpackLog(reader.rest(), maxBatchEntries)
    const ack = (flags & flagAck) !== 0
    return { type: 'LOG', from, runs, commit, ack, ...((flags & flagCut) === 0 ? {} : { cut: true }) }
  },
  ACK: (reader) => whole({ type: 'ACK', index: reader.count() }, reader),
  HELD: (reader) => whole({ type: 'HELD', batch: reader.count() }, reader),
  HEARTBEAT: (reader, length) => {
    const sentMs = reader.finite()
    const echoMs = length > 9 ? reader.finite() : undefined
    return whole({ type: 'HEARTBEAT', sentMs, echoMs }, reader)
  },
}

function whole<Message extends ServerMessage>(message: Message, reader: ByteReader): Message {
  reader.end()
  return message
}
