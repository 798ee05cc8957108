/** What only the command line of a server has: the rest is in `@jwp/server/options`. */
import { defaultClockPort, defaultHost, defineOptions, toggle } from '@jwp/protocol/options'
import { serverOptionGroups } from '@jwp/server/options'
import { endpoint, endpoints } from './endpoint-kinds.js'

export const placeOptions = defineOptions({
  advertise: {
    flag: 'advertise',
    kind: endpoint,
    otherwise: '-lh and -lp',
    ownOnly: true,
    help: 'Where others reach this server, if its port is forwarded (a container, a relay)',
  },
  clocks: {
    flag: 'clock',
    kind: endpoints,
    default: [{ hostname: defaultHost, port: defaultClockPort }],
    help: 'The clock, or several with commas; a server that joins learns them from its parent',
  },
})

export const growthOptions = defineOptions({
  autoscale: {
    flag: 'autoscale',
    kind: toggle,
    group: serverOptionGroups.growth,
    needs: ['max-clients'],
    help: 'When all servers are full, start another one and send clients there',
  },
})

export const serverLogOptions = defineOptions({
  json: { flag: 'json', kind: toggle, help: 'Log JSON lines' },
})
