/**
 * The clocks' record in etcd, over the JSON gateway that every etcd since 3.4 has on its client port. Two calls are all
 * that is needed: a read, and a write that compares. Reads are linearizable (etcd's default), so an etcd that was cut
 * off from the others does not answer with something old.
 */
import { MalformedMessage } from '@jwp/protocol'
import { leaseRecordFromWire, type LeaseRecord, type LeaseView } from '@jwp/clock-server/core'

export interface EtcdRecordOptions {
  /** Base addresses of the members of one etcd, such as `http://127.0.0.1:2379`. At least one. */
  readonly endpoints: readonly string[]
  /** One for each network. */
  readonly key: string
  /** A call that has not been answered by then is given up; what it was to write may still be written. */
  readonly timeoutMs: number
}

/** The call did not come to an end that we know of. The message is for people. */
export class EtcdTrouble extends Error {}

interface KeyValue {
  readonly mod_revision?: string
  readonly value?: string
}

/** In every answer of an etcd. */
interface Header {
  readonly cluster_id?: string
  readonly revision?: string
}

interface RangeAnswer {
  readonly kvs?: readonly KeyValue[]
}

interface TxnAnswer {
  readonly header?: Header
  readonly succeeded?: boolean
  readonly responses?: readonly { readonly response_range?: RangeAnswer }[]
}

export class EtcdRecord {
  readonly #options: EtcdRecordOptions
  readonly #key: string
  /** The member that answered last. */
  #at = 0
  /** Which etcd it is: that of the first answer. */
  #cluster: string | undefined

  constructor(options: EtcdRecordOptions) {
    this.#options = options
    this.#key = toBase64(options.key)
  }

  /** @throws EtcdTrouble */
  async read(): Promise<LeaseView> {
    return this.#viewOf((await this.#call('range', { key: this.#key })) as RangeAnswer)
  }

  /**
   * Writes if the record's revision is this one (0: if there is none).
   * @returns the new revision, or the record that is there instead
   * @throws EtcdTrouble
   */
  async write(
    ifRevision: number,
    record: LeaseRecord,
  ): Promise<{ revision: number } | { instead: LeaseView }> {
    const key = this.#key
    const answer = (await this.#call('txn', {
      compare: [{ key, target: 'MOD', result: 'EQUAL', mod_revision: String(ifRevision) }],
      success: [{ requestPut: { key, value: toBase64(JSON.stringify(record)) } }],
      failure: [{ requestRange: { key } }],
    })) as TxnAnswer
    if (answer.succeeded !== true) return { instead: this.#viewOf(answer.responses?.[0]?.response_range) }
    const revision = Number(answer.header?.revision)
    if (!Number.isSafeInteger(revision) || revision < 1) throw this.#isNoEtcd('its answer has no revision')
    return { revision }
  }

  #viewOf(range: RangeAnswer | undefined): LeaseView {
    const [found] = range?.kvs ?? []
    if (found === undefined) return { revision: 0, record: undefined }
    const revision = Number(found.mod_revision)
    if (!Number.isSafeInteger(revision) || revision < 1) throw this.#isNoEtcd('its answer has no revision')
    try {
      const text = Buffer.from(found.value ?? '', 'base64').toString()
      return { revision, record: leaseRecordFromWire(JSON.parse(text)) }
    } catch (error) {
      if (!(error instanceof MalformedMessage) && !(error instanceof SyntaxError)) throw error
      // Never as if there were none: a clock that began at zero again could repeat what was served.
      throw new EtcdTrouble(
        `what etcd keeps under ${this.#options.key} was written by no clock (${error.message}): take another --key, or remove it if no server has ever used these clocks`,
      )
    }
  }

  async #call(what: 'range' | 'txn', body: object): Promise<unknown> {
    const { endpoints, timeoutMs } = this.#options
    const endpoint = endpoints[this.#at]!
    try {
      const response = await fetch(new URL(`/v3/kv/${what}`, endpoint), {
        method: 'POST',
        body: JSON.stringify(body),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      })
      const text = await response.text()
      if (!response.ok) throw this.#isNoEtcd(wordsOf(text) ?? `HTTP ${response.status}`)
      const answer = JSON.parse(text) as { header?: Header } | null
      this.#checkCluster(answer?.header?.cluster_id)
      return answer
    } catch (error) {
      // The next call goes to the next member.
      this.#at = (this.#at + 1) % endpoints.length
      if (error instanceof EtcdTrouble) throw error
      if (error instanceof SyntaxError) throw this.#isNoEtcd('no JSON', endpoint)
      throw new EtcdTrouble(`etcd at ${endpoint} does not answer: ${causeOf(error, timeoutMs)}`)
    }
  }

  /** Members of different etcds, or one that was set up anew, do not know what the other has promised. */
  #checkCluster(cluster: string | undefined): void {
    if (cluster === undefined) throw this.#isNoEtcd('it does not say which etcd it is')
    this.#cluster ??= cluster
    if (cluster !== this.#cluster)
      throw this.#isNoEtcd(`it is not the etcd of before; if that is intended, restart all clocks`)
  }

  #isNoEtcd(why: string, endpoint = this.#options.endpoints[this.#at]): EtcdTrouble {
    return new EtcdTrouble(`what answers at ${endpoint} does not serve as an etcd: ${why}`)
  }
}

const toBase64 = (text: string): string => Buffer.from(text).toString('base64')

/** What an etcd says of its own trouble (`no leader`, `permission denied`, …). */
function wordsOf(text: string): string | undefined {
  try {
    const { message, error } = JSON.parse(text) as { message?: unknown; error?: unknown }
    return [message, error].find((words) => typeof words === 'string')
  } catch {
    return undefined
  }
}

function causeOf(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } }
  if (name === 'TimeoutError') return `no answer in ${timeoutMs} ms`
  // The reason of several addresses tried in vain has a code only.
  return [cause?.message, cause?.code, message].find((words) => words !== undefined && words !== '') ?? name
}
