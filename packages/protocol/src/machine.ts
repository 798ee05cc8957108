/**
 * What every core is: a state machine that gets facts and the time, and returns what should be done.
 * It owns no socket, no timer and no source of randomness, so the same object runs under TCP, in the
 * simulator and in a browser, and a run can be replayed from its inputs.
 */
export interface Machine<Input, Effect> {
  /**
   * Every fact that changes the machine, with the time it happened.
   * @param nowMs Unix milliseconds as the caller's clock has them; never earlier than in the call before.
   */
  handle(input: Input, nowMs: number): readonly Effect[]
  /** When the machine next wants a `tick` input, in the same time as `nowMs`; undefined: never. */
  nextDeadlineMs(): number | undefined
}

/** Functions of the platform that are pure, but not part of the language. The caller lends them to a core. */
export interface Platform {
  encodeUtf8(text: string): Uint8Array
  decodeUtf8(bytes: Uint8Array): string
  /** SHA-256 of the UTF-8 text, as 64 hex digits. */
  sha256Hex(text: string): string
}
