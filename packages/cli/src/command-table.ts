/**
 * All commands. A command's file loads flags and texts only; what it runs is imported when it runs, so that
 * `jwp server` does not pay for the demo.
 */
import type { Command } from '@oclif/core/command'
import ChaosCommand from './commands/chaos.js'
import ClientCommand from './commands/client.js'
import ClockCommand from './commands/clock.js'
import DemoCommand from './commands/demo.js'
import ServerCommand from './commands/server.js'
import SimCommand from './commands/sim.js'
import TreeCommand from './commands/tree.js'
import UpCommand from './commands/up.js'

/** In the order in which `jwp --help` shows them. */
export const COMMANDS: Readonly<Record<string, Command.Class>> = {
  up: UpCommand,
  server: ServerCommand,
  clock: ClockCommand,
  client: ClientCommand,
  tree: TreeCommand,
  demo: DemoCommand,
  chaos: ChaosCommand,
  sim: SimCommand,
}
