/** A promise that was broken, and where in the run. */
export interface Violation {
  readonly promise: string
  /** Milliseconds since the world began. */
  readonly atMs: number
  readonly what: string
}

export type Accuse = (promise: string, what: string) => void
