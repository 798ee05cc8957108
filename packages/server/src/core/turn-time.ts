/** The time of the input that is being handled, in milliseconds of a clock that only goes forward. */
export interface TurnTime {
  readonly nowMs: number
}
