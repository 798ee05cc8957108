/** How many clients each server of a real network has. */
import { eventually } from '@jwp/transport'
import type { RealNetwork } from './real-network.js'

/** Waits until these servers have so many clients together, none of them more than two more than another. */
export async function untilEven(
  network: RealNetwork,
  letters: readonly string[],
  clients: number,
): Promise<void> {
  let last: (number | undefined)[] = []
  try {
    await eventually('the clients are spread evenly', async () => {
      const statuses = await Promise.all(letters.map((letter) => network.status(letter)))
      last = statuses.map((status) => status?.clients)
      const loads = last.filter((load) => load !== undefined)
      if (loads.length < letters.length) return undefined
      const isEven = Math.max(...loads) - Math.min(...loads) <= 2
      return isEven && loads.reduce((sum, load) => sum + load, 0) === clients ? true : undefined
    })
  } catch {
    throw new Error(`the ${clients} clients are at ${letters.join(', ')}: ${last.join(', ')}`)
  }
}
