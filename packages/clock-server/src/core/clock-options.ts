/** Every option of a clock that is a plain value; see `@jwp/protocol/options` for what is made from it. */
import { defaultClockPort, defineOptions, duration, host, port, text } from '@jwp/protocol/options'

export const clockOptions = defineOptions({
  listenPort: {
    flag: 'lp',
    singleDash: true,
    kind: port,
    default: defaultClockPort,
    help: 'Listen on this port for servers, GET_TIME and HTTP alike',
  },
  bindHost: {
    flag: 'lh',
    singleDash: true,
    kind: host('<host>'),
    otherwise: 'all addresses of this machine',
    help: 'Listen on this address only',
  },
  file: {
    flag: 'file',
    kind: text('<file>'),
    otherwise: "in the user's state folder, by port",
    excludes: ['data'],
    help: 'Keep the ceiling in this file, which must outlive everything',
  },
})

const group = 'several clocks'

/** As `peers`: they make sense for one of several clocks only. */
export const clockPeersOptions = defineOptions({
  key: {
    flag: 'key',
    kind: text('<key>'),
    default: 'jwp/clock',
    group,
    needs: ['peers'],
    help: 'Key in etcd, the same for all clocks of one network',
  },
  leaseMs: {
    flag: 'lease',
    kind: duration,
    default: 1_000,
    min: 200,
    max: 60_000,
    group,
    needs: ['peers'],
    help: 'A clock that was not heard for this long is replaced',
    raise: 'short troubles of etcd are outlasted',
    lower: 'the network is without a clock for a shorter time',
  },
})

export const severalClocksGroup = group
