/** TLS, as the commands that are part of the network take it: all three files, or none. */
import * as Flags from '@oclif/core/flags'

export const tlsFlags = {
  'tls-cert': Flags.string({
    helpValue: '<file>',
    dependsOn: ['tls-key', 'tls-ca'],
    summary: 'speak TLS and nothing else, with this certificate (PEM); all of a network or none',
  }),
  'tls-key': Flags.string({
    helpValue: '<file>',
    dependsOn: ['tls-cert', 'tls-ca'],
    summary: "the certificate's key (PEM), which not everybody may read",
  }),
  'tls-ca': Flags.string({
    helpValue: '<file>',
    dependsOn: ['tls-cert', 'tls-key'],
    summary: 'who signs the certificates of this network (PEM); servers and tools show theirs to each other',
  }),
}
