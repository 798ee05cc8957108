/** Messages between servers in words, for transcripts. `undefined`: too dull to tell. */
import { pendingIn, type PendingEntry, type ServerMessage } from '@jwp/protocol'

export type NameOf = (id: string) => string

export function describeMessage(message: ServerMessage, nameOf: NameOf): string | undefined {
  switch (message.type) {
    case 'HEARTBEAT':
    case 'SOME':
    case 'REPORT':
    case 'EVERYWHERE':
    case 'LOADS':
      return undefined
    case 'AUTHENTICATE': {
      const what = message.root ? 'let our trees merge' : message.dry ? 'would you take me' : 'take me'
      return `${what}? my log ends at ${message.length}`
    }
    case 'AUTHENTICATION_SUCCESS':
      return `welcome; above you: ${message.path.map(({ id }) => nameOf(id)).join(', ')}`
    case 'AUTHENTICATION_FAIL':
      return `denied: ${message.info}`
    case 'REFUSE': {
      if (message.why === 'rooted') return 'I would take you'
      const { position, redirect } = message
      const more =
        position === undefined
          ? ''
          : `, my position is ${position.epochNumber}/${position.index}, heir ${position.rank}`
      return `no: ${message.why}${more}${redirect === undefined ? '' : `, go to ${redirect.name}`}`
    }
    case 'CHECK':
      return `may ${message.name} join?`
    case 'CHECK_RESULT':
      return message.ok ? 'it may join' : `it may not: ${message.why}`
    case 'GROW':
      return `may a server be started, if there are to be ${message.most} at most?`
    case 'GROW_RESULT':
      return message.ok ? 'start a server' : `start none, there are ${message.servers}`
    case 'GROW_OVER':
      return 'the start is over'
    case 'LOG':
      return message.runs.length === 0
        ? message.cut === true
          ? `my log ends at ${message.from - 1} now`
          : `committed up to ${message.commit}`
        : `log ${message.from}${wordsOfEntries(pendingIn(message.runs))}, committed up to ${message.commit}`
    case 'ACK':
      return `my log equals yours up to ${message.index}`
    case 'UP':
      return `up${wordsOfEntries(pendingIn(message.runs))}`
    case 'HELD':
      return `held up to batch ${message.batch}`
    case 'PATH':
      return `above you: ${names(message.path, nameOf)}; heirs: ${names(message.succession, nameOf)}`
    case 'LEAVE':
      return message.to === undefined ? 'I leave' : `I leave, go to ${message.to.name}`
    case 'PROBE':
      return `which tree are you in? mine has ${message.size} servers and ${message.length} entries`
    case 'PROBE_RESULT':
      return message.root === undefined ? 'I have no root' : `my root is ${nameOf(message.root.id)}`
    case 'LOST':
      return 'a server below was lost'
    case 'ROLL_CALL':
      return 'where are users connected?'
    case 'ROLL_ANSWER':
      return message.homes.length === 0 ? 'nowhere below' : `at ${message.homes.map(nameOf).join(', ')}`
    case 'OFFER':
      return message.full === true
        ? `I am full, have you room for ${message.count}?`
        : `I have ${message.clients} clients, do you take ${message.count}?`
    case 'OFFER_RESULT':
      return `send ${message.count}; I have ${message.clients}`
    case 'LOGIN_REQUEST':
      return message.verifier === undefined
        ? `do you know ${message.username}?`
        : `do you know ${message.username} with this secret?`
    case 'LOGIN_ALLOWED':
      return `${message.username} is known, with this secret`
    case 'LOGIN_DENIED':
      if (message.salts.length > 0) return 'the name is known'
      return message.busy ? 'too busy to ask all servers' : 'not known here'
    case 'SNAPSHOT_PART':
      return `part ${message.part} of a snapshot`
    case 'SNAPSHOT':
    case 'STATUS':
    case 'STATUS_RESULT':
      return message.type.toLowerCase()
  }
}

const names = (list: readonly { readonly id: string }[], nameOf: NameOf): string =>
  list.length === 0 ? 'none' : list.map(({ id }) => nameOf(id)).join(', ')

function wordsOfEntries(entries: readonly PendingEntry[]): string {
  const shown = entries
    .slice(0, 3)
    .map((entry) => (entry.kind === 'marker' ? ' (a new term)' : ` ${shortEntry(entry)}`))
  return `${shown.join(',')}${entries.length > 3 ? ` and ${entries.length - 3} more` : ''}`
}

function shortEntry({ publisher, n }: PendingEntry): string {
  return `${shortPublisher(publisher)}:${n}`
}

/** Holders of one session are told apart. */
export function shortPublisher(publisher: string): string {
  return `${publisher.slice(0, 6)}${/^[0-9a-f]{32}\./.test(publisher) ? publisher.slice(32, 36) : ''}`
}
