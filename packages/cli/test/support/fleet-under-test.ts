/** A fleet of real processes behind relays, with a client at each server, for one test. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { EventBook } from '#dist/chaos/event-book.js'
import { FleetWatch } from '#dist/chaos/fleet-watch.js'
import { Fleet } from '#dist/chaos/fleet.js'
import { AudienceMember } from '#dist/demo/audience-member.js'
import { auditDeliveries, type AuditResult } from '#dist/demo/delivery-audit.js'
import { eventually, waitUntil } from '@jwp/transport'

const defaultLimitMs = 30_000

export class FleetUnderTest {
  readonly book = new EventBook()
  readonly audience: AudienceMember[] = []
  readonly #fleet: Fleet
  readonly #watch: FleetWatch

  /** a; b and c below a; d below b; e and f below d. Whole, with a clock. */
  static async startSix(t: ExecutionContext, options: { data?: boolean } = {}): Promise<FleetUnderTest> {
    const folder = mkdtempSync(join(tmpdir(), 'jwp-fleet-'))
    const books: EventBook[] = []
    const fleet = await Fleet.prepare({
      names: [...'abcdef'],
      parents: [undefined, 0, 0, 1, 3, 3],
      folder,
      data: options.data ?? false,
      balance: false,
      onLine: (name, line) => books[0]?.read(name, line, false),
      onUnexpectedEnd: (name) => t.log(`${name} has ended`),
    })
    const under = new FleetUnderTest(fleet)
    books.push(under.book)
    t.teardown(async () => {
      for (const member of under.audience) member.leave()
      under.#watch.close()
      const processes = [...fleet.names.map((name) => fleet.process(name)), fleet.clock]
      await Promise.all(processes.map((each) => each.kill()))
      fleet.endAtOnce()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    })
    await fleet.startAll()
    await under.untilWhole()
    return under
  }

  private constructor(fleet: Fleet) {
    this.#fleet = fleet
    this.#watch = new FleetWatch(fleet)
  }

  get fleet(): Fleet {
    return this.#fleet
  }

  /** One client at each of these servers, publishing steadily from now on. */
  async talk(...names: string[]): Promise<void> {
    for (const name of names)
      this.audience.push(await AudienceMember.join(`at ${name}`, this.#fleet.endpoint(name), 20))
    for (const { publisher } of this.audience) publisher.start(0)
    await this.untilTheyHear(5)
  }

  /** Each client gets this many more messages. */
  async untilTheyHear(more: number): Promise<void> {
    const goals = this.audience.map((member) => member.receivedCount + more)
    await eventually(`${more} more messages`, () =>
      this.audience.every((member, at) => member.receivedCount >= goals[at]!),
    )
  }

  async untilWhole(): Promise<void> {
    await eventually('all servers are one tree', () => this.#watch.isWhole())
  }

  /** The parent's name, `root` or `orphan`; `silent` if it does not answer. */
  async placeOf(name: string): Promise<string> {
    const view = await this.#watch.look()
    const status = view.servers.find((each) => each.name === name)
    if (status === undefined) return 'silent'
    return status.role === 'child' ? status.ancestry[0]!.address.name : status.role
  }

  async untilPlace(name: string, place: string): Promise<void> {
    await eventually(`${name} is below ${place}`, async () => (await this.placeOf(name)) === place)
  }

  /** Everything that was sent has arrived, or patience is at its end. */
  async judge(): Promise<AuditResult> {
    for (const { publisher } of this.audience) publisher.stop()
    const sent = this.audience.reduce((sum, { publisher }) => sum + publisher.notes().sent, 0)
    await waitUntil(
      () =>
        this.audience.every(
          (member) => member.publisher.unacknowledged === 0 && member.receivedCount >= sent,
        ),
      { everyMs: 20, limitMs: defaultLimitMs },
    )
    return auditDeliveries(
      this.audience.map(({ publisher }) => publisher.notes()),
      this.audience.map((member) => member.notes()),
    )
  }
}
