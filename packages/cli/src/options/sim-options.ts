import { choice, count, defineOptions, toggle } from '@jwp/protocol/options'

export const simOptions = defineOptions({
  seeds: {
    flag: 'seeds',
    kind: count('seeds'),
    default: 100,
    help: 'How many seeds to run',
  },
  first: {
    flag: 'first',
    kind: count('seeds', '<seed>'),
    default: 1,
    help: 'The first of them',
  },
  seed: {
    flag: 'seed',
    kind: count('seeds', '<seed>'),
    otherwise: 'those of --first and --seeds',
    excludes: ['seeds', 'first'],
    help: 'Run this one seed only',
  },
  faults: {
    flag: 'faults',
    kind: choice('none', 'processes', 'people', 'last-words', 'disk', 'far', 'all'),
    default: 'processes',
    help: 'What goes wrong: none, nothing; processes, servers and clock crash; people, that and partitions while users come and go; last-words, a client and its server die right after an acknowledgement; disk, all crash at once and their disks remain; far, crashes and partitions over lines that are up to a second long; all, all that and slow networks, pauses and clocks',
  },
  trace: { flag: 'trace', kind: toggle, needs: ['seed'], help: 'Print everything that happens' },
  shrink: {
    flag: 'shrink',
    kind: toggle,
    help: 'Make a failing world smaller while it still fails, tell that one, and write its story to jwp-sim-<seed>.txt',
  },
  json: { flag: 'json', kind: toggle, help: 'Print one JSON object at the end' },
})
