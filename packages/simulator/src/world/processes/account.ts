/** The name of a user, shared by all the processes that it runs one after the other, or at once. */
export class Account {
  readonly username: string
  readonly secret: string
  /** `asked`: a connection ended before REGISTER was answered, so that it may be registered already. */
  state: 'wanted' | 'asked' | 'owned' = 'wanted'

  constructor(username: string) {
    this.username = username
    this.secret = `secret of ${username}`
  }
}
