import {
  count,
  defaultClockPort,
  defaultServerPort,
  defineOptions,
  port,
  text,
  toggle,
} from '@jwp/protocol/options'

export const upOptions = defineOptions({
  count: {
    flag: 'servers',
    char: 'n',
    kind: count('servers'),
    default: 3,
    min: 1,
    max: 100,
    help: 'How many servers to start, all at once',
  },
  clockPort: { flag: 'clock-port', kind: port, default: defaultClockPort, help: 'Port of the clock' },
  firstPort: {
    flag: 'port-base',
    kind: port,
    default: defaultServerPort,
    help: 'Port of the first server; the others follow',
  },
  fanOut: {
    flag: 'fan-out',
    kind: count('servers'),
    default: 2,
    help: 'Servers that join each server',
    raise: 'fewer levels',
    lower: 'more levels',
  },
  data: {
    flag: 'data',
    kind: text('<folder>'),
    otherwise: 'nothing outlives the processes',
    help: 'Keep everything in folders below this one, and go on from there the next time',
  },
  json: { flag: 'json', kind: toggle, help: 'Clock and servers log JSON lines; nothing is drawn' },
})
