/**
 * Single rules of the server's core, switched off. Methods of its parts are patched in the compiled code that the
 * worlds run, so nothing in the product knows of this. The parts keep their state to themselves; what a patch needs of
 * another part of the same core it finds through the core that is handling an input at that moment.
 */
import { epochNumber } from '@jwp/protocol'
import { ServerCore, type ServerEffect, type ServerInput } from '@jwp/server/core'

type Method = (this: object, ...args: never[]) => unknown
type Prototype = Record<string, Method>

/** Switches a rule off, and returns what switches it on again. */
export type Mutant = () => Promise<() => void>

const coreFolder = new URL('.', import.meta.resolve('@jwp/server/core'))

async function prototypeOf(file: string, className: string): Promise<Prototype> {
  const module = (await import(new URL(file, coreFolder).href)) as Record<string, { prototype: Prototype }>
  return module[className]!.prototype
}

/** `make` gets the original method. A rule that has moved elsewhere fails here rather than pass as caught. */
function patch(prototype: Prototype, name: string, make: (original: Method) => Method): () => void {
  const original = prototype[name]
  if (original === undefined) throw new Error(`there is no method ${name} to switch off`)
  prototype[name] = make(original)
  return () => {
    prototype[name] = original
  }
}

/** The core at work: everything is synchronous, so there is one at a time. */
let current: ServerCore | undefined

function patchCore(
  intercept: (core: ServerCore, input: ServerInput) => readonly ServerEffect[] | undefined,
): () => void {
  return patch(ServerCore.prototype as unknown as Prototype, 'handle', (original) => {
    const handle = original as unknown as ServerCore['handle']
    return function (this: object, ...[input, nowMs]: [ServerInput, number]) {
      current = this as ServerCore
      return intercept(current, input) ?? handle.call(current, input, nowMs)
    }
  })
}

/** Nobody is ever better placed than we are. */
export const withoutBetterPosition: Mutant = async () => {
  const place = await prototypeOf('tree/place.js', 'Place')
  return patch(place, 'position', () => () => ({ epochNumber: 0, index: 0, rank: 0, id: 'all the same' }))
}

/** What is cut from the log is gone. */
export const withoutPendingAgain: Mutant = async () => {
  const cutting = await prototypeOf('log/cutting.js', 'Cutting')
  const queue = await prototypeOf('log/outbound-queue.js', 'OutboundQueue')
  let isCutting = false
  const undoCut = patch(
    cutting,
    'cutTo',
    (original) =>
      function (...args) {
        isCutting = true
        original.apply(this, args)
        isCutting = false
        return []
      },
  )
  const undoAdd = patch(
    queue,
    'add',
    (original) =>
      function (...args) {
        return isCutting ? false : original.apply(this, args)
      },
  )
  return () => {
    undoCut()
    undoAdd()
  }
}

/** The first server that is attached says yes, without asking those above it. */
// eslint-disable-next-line @typescript-eslint/require-await -- the others must import what they patch
export const withoutWalkToTheRoot: Mutant = async () =>
  patchCore((core, input) => {
    if (input.type !== 'link-message' || input.message.type !== 'CHECK') return undefined
    const { role, lineage } = core.inspect()
    if (role === 'orphan') return undefined
    const { nonce } = input.message
    const last = lineage.at(-1)
    const message = {
      type: 'CHECK_RESULT',
      nonce,
      ok: true,
      rootLineage: lineage,
      epochNumber: last === undefined ? 0 : epochNumber(last[0]),
    } as const
    return [{ type: 'send', link: input.link, message }]
  })

/** `held` is said when a message arrives, not when the parent keeps it. */
export const acknowledgingBeforeReplication: Mutant = async () => {
  const acknowledgements = await prototypeOf('people/acknowledgements.js', 'Acknowledgements')
  const up = await prototypeOf('log/replication-up.js', 'ReplicationUp')
  const ofCore = new WeakMap<ServerCore, object>()
  const undoCore = patchCore(() => undefined)
  const undoBegin = patch(
    acknowledgements,
    'begin',
    (original) =>
      function (...args) {
        ofCore.set(current!, this)
        return original.apply(this, args)
      },
  )
  const held = acknowledgements['held'] as unknown as (this: object, publisher: string, n: number) => void
  const undoPublish = patch(up, 'publish', (original) => {
    const publish = original as unknown as (this: object, entry: { publisher: string; n: number }) => boolean
    return function (this: object, entry: { publisher: string; n: number }) {
      const isNew = publish.call(this, entry)
      const told = ofCore.get(current!)
      if (isNew && told !== undefined) held.call(told, entry.publisher, entry.n)
      return isNew
    }
  })
  return () => {
    undoCore()
    undoBegin()
    undoPublish()
  }
}

/** The root commits what it has appended, whoever has acknowledged it. */
export const committingWithoutTheCore: Mutant = async () => {
  const commitment = await prototypeOf('log/commitment.js', 'Commitment')
  const learned = commitment['learned'] as unknown as (this: object, commit: number) => void
  const undoCore = patchCore(() => undefined)
  const undoAdvance = patch(
    commitment,
    'advance',
    (original) =>
      function (...args) {
        original.apply(this, args)
        if (current!.inspect().role === 'root') learned.call(this, Infinity)
        return undefined
      },
  )
  return () => {
    undoCore()
    undoAdvance()
  }
}
