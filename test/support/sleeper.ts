/**
 * Preloaded (`node --import`) into a process whose machine is to sleep: at SIGUSR2 its calendar has gone on by the milliseconds that
 * the file in JWP_TEST_SLEPT_MS says, and its watch has not. That is what a process sees of a suspended machine.
 */
import { readFileSync } from 'node:fs'

const SystemDate = Date
let aheadMs = 0

class CalendarDate extends SystemDate {
  constructor(...given: unknown[]) {
    super(...((given.length === 0 ? [CalendarDate.now()] : given) as [number]))
  }

  static override now(): number {
    return SystemDate.now() + aheadMs
  }
}

globalThis.Date = CalendarDate as unknown as DateConstructor
process.on('SIGUSR2', () => {
  aheadMs += Number(readFileSync(process.env['JWP_TEST_SLEPT_MS']!, 'utf8'))
})
