/** TLS, as the commands that are part of the network take it: all three files, or none. */
import { defineOptions, text } from '@jwp/protocol/options'

const file = text('<file>')
const group = 'TLS'

export const tlsOptions = defineOptions({
  cert: {
    flag: 'tls-cert',
    kind: file,
    otherwise: 'plain connections',
    group,
    needs: ['tls-key', 'tls-ca'],
    help: 'Speak TLS and nothing else, with this certificate (PEM); all of a network or none',
  },
  key: {
    flag: 'tls-key',
    kind: file,
    otherwise: 'none',
    group,
    needs: ['tls-cert', 'tls-ca'],
    help: "The certificate's key (PEM), in a file that other users may not read",
  },
  ca: {
    flag: 'tls-ca',
    kind: file,
    otherwise: 'none',
    group,
    needs: ['tls-cert', 'tls-key'],
    help: 'Certificate of the CA that signs the certificates of this network (PEM); servers and tools show theirs to each other',
  },
})
