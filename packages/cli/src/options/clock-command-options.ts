/** What only the command line of a clock has: the rest is in `@jwp/clock-server/options`. */
import { severalClocksGroup } from '@jwp/clock-server/options'
import { defineOptions, text, toggle } from '@jwp/protocol/options'
import { baseUrls, endpoint } from './endpoint-kinds.js'

export const clockCommandOptions = defineOptions({
  data: {
    flag: 'data',
    kind: text('<folder>'),
    otherwise: "one in the user's state folder",
    help: 'Keep the ceiling in this folder, as clock.json',
  },
  peers: {
    flag: 'peers',
    kind: baseUrls,
    otherwise: 'the only clock of its network',
    group: severalClocksGroup,
    excludes: ['data', 'file'],
    help: 'Be one of several clocks, which share the etcd at these addresses (its members, with commas)',
  },
  advertise: {
    flag: 'advertise',
    kind: endpoint,
    otherwise: '-lh (or localhost) and -lp',
    group: severalClocksGroup,
    needs: ['peers'],
    help: 'Where servers reach this clock',
  },
  json: { flag: 'json', kind: toggle, help: 'Log JSON lines' },
})
