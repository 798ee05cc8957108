import { count, defineOptions, toggle } from '@jwp/protocol/options'

export const demoOptions = defineOptions({
  perSecond: {
    flag: 'rate',
    kind: count('messages per second'),
    default: 500,
    help: 'Messages per second, of all clients together',
  },
  json: { flag: 'json', kind: toggle, help: 'Print one JSON object at the end, and nothing else' },
})
