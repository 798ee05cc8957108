import * as Flags from '@oclif/core/flags'

/** A file with a secret as its first line; see `secrets/secret-file.ts` for what is asked of it. */
export const secretFileFlag = Flags.custom<string>({ helpValue: '<file>' })
