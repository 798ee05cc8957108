/** Plays the commands of a transcript in a small world and returns what was told. */
import { nodePlatform } from '@jwp/simulator'
import { Judge, whyNotConverged, World, type WorldPlan } from '@jwp/simulator/world'
import { LineSocket } from '#dist/world/processes/line-socket.js'
import type { ServerProcess } from '#dist/world/processes/server-process.js'
import { listOf, parseTree, type Command } from './story-script.js'
import { shortName, Storyteller, topics, type Topic } from './storyteller.js'

export interface PlayedStory {
  readonly text: string
  /** Promises broken, and what is not whole at the end: none, whatever the transcript says. */
  readonly wrong: readonly string[]
}

/** Every link takes the same 10 ms: a story should not depend on which server is a little nearer. */
const quietPlan: WorldPlan = {
  seed: 1,
  servers: [],
  clients: [],
  faults: [],
  network: { latencyMs: [10, 10], jitter: 0 },
  maxChildren: 8,
  codec: true,
  harmMs: Infinity,
  healWithinMs: Infinity,
}
const settleMs = 1_500

/** A partition of the script's own is no fault of the plan: the judge is told of it by a pause that never comes. */
function planFor(commands: readonly Command[]): WorldPlan {
  const seed = Number(commands.find(({ verb }) => verb === 'seed')?.rest ?? quietPlan.seed)
  const isParted = commands.some(({ verb }) => verb === 'part')
  return {
    ...quietPlan,
    seed,
    faults: isParted
      ? [{ kind: 'pause', atMs: Number.MAX_SAFE_INTEGER, forMs: Infinity, target: { part: 'root' } }]
      : [],
  }
}

export function playStory(commands: readonly Command[]): PlayedStory {
  const shown = commands
    .filter(({ verb }) => verb === 'show')
    .flatMap(({ rest }) => listOf(rest).map(asTopic))
  const teller = new Storyteller(new Set(shown))
  const judge = new Judge()
  const world = new World(planFor(commands), nodePlatform, [...judge.observers, teller])
  judge.watch(world)
  const stage = new Stage(world, teller)
  for (const command of commands) {
    if (!teller.isTelling && !settingScene.has(command.verb)) {
      world.advance(settleMs)
      teller.isTelling = true
    }
    if (teller.isTelling && command.verb !== 'advance')
      teller.lines.push(`---- ${command.verb} ${command.rest}`.trimEnd())
    stage.play(command)
  }
  judge.judgeEnd()
  const notConverged = whyNotConverged(world)
  const told = [...teller.lines, `==== ${drawTree(world.alive())}`]
  return {
    text: `${told.join('\n')}\n`,
    wrong: [
      ...judge.violations.map(({ promise, what }) => `${promise}: ${what}`),
      ...(notConverged === undefined ? [] : [notConverged]),
    ],
  }
}

const settingScene = new Set(['tree', 'client', 'show', 'seed'])

class Stage {
  readonly #world: World
  readonly #teller: Storyteller
  #heal: (() => void) | undefined
  #drain: (() => void) | undefined

  constructor(world: World, teller: Storyteller) {
    this.#world = world
    this.#teller = teller
  }

  play({ verb, rest }: Command): void {
    const world = this.#world
    const [first = '', , third = ''] = rest.split(' ')
    switch (verb) {
      case 'tree':
        for (const { name, parent } of parseTree(rest)) {
          this.#start(name, parent)
          world.advance(parent === undefined ? 10 : 200)
        }
        return
      case 'start':
        return this.#start(first, third === '' ? undefined : third)
      case 'restart':
        if (first === 'clock') world.clock.start()
        else world.startServer(first, third === undefined || third === '' ? {} : { remote: third })
        return
      case 'client':
        return this.#startClient(first, third)
      case 'twin': {
        const [, , of = '', , at = ''] = rest.split(' ')
        const others = this.#world.alive().map((server) => server.host)
        return world.startTwin(first, of, [at, ...others.filter((other) => other !== at)])
      }
      case 'say':
        return this.#client(first).publish(rest.slice(rest.indexOf('"') + 1, rest.lastIndexOf('"')))
      case 'register':
        return this.#ask(third, first, 'REGISTER', 'right')
      case 'login':
        return this.#ask(third, first, 'LOGIN', /"(.*)"/.exec(rest)?.[1] ?? '')
      case 'stall':
        this.#drain = world.stall(first)
        return
      case 'drain':
        return this.#drain?.()
      case 'crash':
        for (const name of listOf(rest)) {
          if (name === 'clock') this.#teller.say('clock', 'crashed')
          if (name === 'clock') world.clock.crash()
          else world.crash(this.#server(name))
        }
        return
      case 'foreign':
        world.startForeign(first, { era: 'newer', knockEveryMs: 4_000 })
        return
      case 'leave':
        return world.leave(this.#server(first))
      case 'part': {
        const side = new Set(listOf(rest))
        this.#heal = world.network.cut((from, to) => side.has(from) !== side.has(to))
        return
      }
      case 'heal':
        return this.#heal?.()
      case 'advance':
        return world.advance(Number.parseInt(rest, 10))
      case 'show':
      case 'seed':
        return
      default:
        throw new Error(`no such command: ${verb}`)
    }
  }

  #start(name: string, parent: string | undefined): void {
    this.#world.addServer({ name, remote: parent, startAtMs: 0, skewMs: 0 })
  }

  #startClient(name: string, at: string): void {
    const others = this.#world.alive().map((server) => server.host)
    const servers = [at, ...others.filter((other) => other !== at)]
    this.#world.startClient({ name, servers, startAtMs: 0, ackLevel: 'logged', publishEveryMs: undefined })
  }

  /** One line of a client without features, and what it is told. */
  #ask(at: string, username: string, command: 'LOGIN' | 'REGISTER', secret: string): void {
    const { host, port } = this.#world.addressOf(at)
    this.#world.network.dial(username, `${host}:${port}`, 'client', {
      opened: (connection) => {
        const socket = new LineSocket(connection, 'dialler', nodePlatform, {
          line: (text) => {
            this.#teller.say(username, `receives ${text}`)
            socket.close()
          },
          closed: (info) => this.#teller.say(username, `loses its connection: ${info}`),
        })
        socket.writeLine(JSON.stringify({ command, username, secret }))
        socket.flush()
        return socket
      },
      failed: (why) => this.#teller.say(username, `cannot connect: ${why}`),
    })
  }

  #server(name: string): ServerProcess {
    const server = this.#world.server(name)
    if (server === undefined) throw new Error(`no server ${name} is alive`)
    return server
  }

  #client(name: string): World['clients'][number] {
    const client = this.#world.clients.find(({ options }) => options.name === name)
    if (client === undefined) throw new Error(`no client ${name}`)
    return client
  }
}

/** `a > (b > d, c)`. */
function drawTree(servers: readonly ServerProcess[]): string {
  const byId = new Map(servers.map((server) => [server.id, server]))
  const draw = (server: ServerProcess): string => {
    const children = server.core
      .inspect()
      .childIds.map((id) => byId.get(id))
      .filter((child) => child !== undefined)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    const name = shortName(server.id)
    if (children.length === 0) return name
    const below = children.map(draw).join(', ')
    return children.length === 1 ? `${name} > ${below}` : `${name} > (${below})`
  }
  return servers
    .filter(({ core }) => core.inspect().role !== 'child')
    .map(draw)
    .join('   ')
}

function asTopic(text: string): Topic {
  const topic = topics.find((known) => known === text)
  if (topic === undefined) throw new Error(`no such topic: ${text}`)
  return topic
}
