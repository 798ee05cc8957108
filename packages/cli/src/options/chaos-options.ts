import { count, defineOptions, toggle, type OptionKind } from '@jwp/protocol/options'
import { faultFamilies, type FaultFamily } from '../chaos/fault.js'

const families: OptionKind<readonly FaultFamily[]> = {
  placeholder: faultFamilies.join(','),
  unit: undefined,
  read: readFamilies,
  complaint: () => undefined,
  show: (list) => (list.length === faultFamilies.length ? 'all' : list.join(',')),
}

export const chaosOptions = defineOptions({
  seed: {
    flag: 'seed',
    kind: count('seeds', '<seed>'),
    otherwise: 'a random one',
    help: 'Draws the faults: the same seed draws the same',
  },
  seconds: {
    flag: 'seconds',
    kind: count('seconds'),
    default: 60,
    help: 'How long faults go on; healing may add to it',
  },
  servers: {
    flag: 'servers',
    kind: count('servers'),
    default: 6,
    min: 2,
    max: 60,
    help: 'How many servers',
  },
  clients: {
    flag: 'clients',
    kind: count('clients'),
    default: 8,
    min: 2,
    help: 'How many clients',
  },
  perSecond: {
    flag: 'rate',
    kind: count('messages per second'),
    default: 100,
    help: 'Messages per second, of all clients together',
  },
  families: {
    flag: 'faults',
    kind: families,
    default: faultFamilies,
    help: 'Which kinds of faults strike, with commas between them',
  },
  data: {
    flag: 'data',
    kind: toggle,
    help: 'Give every server a disk; then all servers and the clock are killed at once, too',
  },
  balance: {
    flag: 'balance',
    kind: toggle,
    help: 'Let servers move clients to those that have fewer; silence is that of moving clients, too, then',
  },
  json: { flag: 'json', kind: toggle, help: 'Print one JSON object at the end, and nothing else' },
})

function readFamilies(text: string): FaultFamily[] {
  const words = text.split(',').map((word) => word.trim())
  const unknown = words.find((word) => !(faultFamilies as readonly string[]).includes(word))
  if (unknown !== undefined)
    throw new Error(`${JSON.stringify(unknown)} is none of ${faultFamilies.join(', ')}`)
  return words as FaultFamily[]
}
