/**
 * What `--data` costs: the same stream with and without it, in turns, each pair giving one ratio. Once with many clients,
 * where the servers' work is delivering, and once with few, where it is ordering and storing.
 */
import { join } from 'node:path'
import { streamOnce, type Stream } from './fan-out.js'
import { spreadOf, type Spread } from './spread.js'

const streams: readonly { readonly name: string; readonly stream: Omit<Stream, 'flags'> }[] = [
  { name: '60 clients, one publisher', stream: { messages: 20_000, clients: 60, publishers: 1 } },
  { name: '3 clients, three publishers', stream: { messages: 120_000, clients: 3, publishers: 3 } },
]

export async function measureData(rounds: number): Promise<Spread[]> {
  const figures: Spread[] = []
  for (const { name, stream } of streams) {
    const perSecond: Record<Mode, number[]> = { without: [], on: [], off: [] }
    const processor: Record<Mode, number[]> = { without: [], on: [], off: [] }
    for (let round = 0; round < rounds; round++) {
      // The machine warms up and tires: neither may always come first.
      for (const mode of round % 2 === 0 ? modes : modes.toReversed()) {
        const { seconds, cpuSeconds } = await streamOnce({ ...stream, flags: flagsOf(mode) })
        perSecond[mode].push(stream.messages / seconds)
        processor[mode].push(cpuSeconds)
      }
    }
    const ratio = (of: Record<Mode, number[]>, mode: Mode): number[] =>
      of[mode].map((value, i) => value / of.without[i]!)
    figures.push(
      spreadOf(`${name}: messages without --data`, 'per second', perSecond.without),
      spreadOf(`${name}: messages with --data`, 'per second', perSecond.on),
      spreadOf(`${name}: with --data / without`, 'ratio', ratio(perSecond, 'on')),
      spreadOf(`${name}: with --data --data-sync off / without`, 'ratio', ratio(perSecond, 'off')),
      spreadOf(`${name}: processor time with --data / without`, 'ratio', ratio(processor, 'on')),
    )
  }
  return figures
}

type Mode = 'without' | 'on' | 'off'
const modes: readonly Mode[] = ['without', 'on', 'off']

const flagsOf =
  (mode: Mode): NonNullable<Stream['flags']> =>
  (server, folder) =>
    mode === 'without' ? [] : ['--data', join(folder, `data-${server}`), '--data-sync', mode]
