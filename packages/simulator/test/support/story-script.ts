/**
 * The small language of transcripts:
 *
 *   tree     a > b > d > e, a > c     servers, each line of descent separated by commas
 *   start    g under a                one more server ("start g alone" founds a tree of its own)
 *   client   x at e                   logs in there; it knows the other servers, too
 *   twin     y of x at c              another program shows the session of x there
 *   say      x "hello"
 *   register ann at b                 as a user of that name would, and hangs up; the secret is "right"
 *   login    ann at e with "right"    so does this
 *   stall    b                        its links to other servers are full: the log waits, short messages pass
 *   drain                             they are empty again
 *   crash    b                        SIGKILL ("crash b, d": both at once; "crash clock")
 *   restart  b under a                a new run of a dead server ("restart clock")
 *   foreign  b                        where the dead b was, a server of another version listens, and knocks at the others
 *   leave    b                        SIGTERM
 *   part     b, d                     these hosts and the others hear nothing of each other
 *   heal                              the network is whole again
 *   advance  3000ms
 *   show     polls                    tell more: see the topics in storyteller.ts
 *   seed     3                        another draw of what chance decides, such as which frames a crash loses
 */
export interface Command {
  readonly verb: string
  readonly rest: string
}

export interface TranscriptFile {
  /** Comments and commands as they are written. */
  readonly script: string
  readonly commands: readonly Command[]
  /** What must be told. */
  readonly story: string
}

const ruler = '----\n'

export function parseTranscript(text: string): TranscriptFile {
  const at = text.indexOf(ruler)
  const script = at === -1 ? text : text.slice(0, at)
  const commands: Command[] = []
  for (const line of script.split('\n')) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const [verb = '', ...rest] = trimmed.split(/\s+/)
    commands.push({ verb, rest: rest.join(' ') })
  }
  return { script, commands, story: at === -1 ? '' : text.slice(at + ruler.length) }
}

export function formatTranscript(script: string, story: string): string {
  return `${script.trimEnd()}\n${ruler}${story}`
}

/** `a > b > d, a > c`: pairs of server and parent, in the order in which they start. */
export function parseTree(text: string): { name: string; parent: string | undefined }[] {
  const servers = new Map<string, string | undefined>()
  for (const line of text.split(',')) {
    const names = line.split('>').map((name) => name.trim())
    names.forEach((name, i) => {
      if (!servers.has(name)) servers.set(name, names[i - 1])
    })
  }
  return [...servers].map(([name, parent]) => ({ name, parent }))
}

export const listOf = (text: string): string[] => text.split(',').map((name) => name.trim())
