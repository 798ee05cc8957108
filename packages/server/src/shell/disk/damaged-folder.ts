/** The content of a data folder is not what was written there. */
import { CannotStart } from '../server-process-options.js'

export class DamagedFolder extends CannotStart {
  /** In words: `data.mdb is missing`. */
  constructor(
    path: string,
    readonly why: string,
  ) {
    super(
      'data',
      `the data in ${path} is damaged (${why}): restore it, or start this server with --set-aside, which moves it aside and joins as new; what only this server kept is lost then`,
    )
  }
}
