import {
  count,
  defaultHost,
  defineOptions,
  host,
  port,
  secretText,
  text,
  toggle,
} from '@jwp/protocol/options'

export const clientOptions = defineOptions({
  port: { flag: 'rp', singleDash: true, kind: port, required: true, help: 'Port of a server' },
  host: {
    flag: 'rh',
    singleDash: true,
    kind: host('<host>'),
    default: defaultHost,
    help: 'Host of the server',
  },
  username: {
    flag: 'u',
    singleDash: true,
    kind: text('<name>'),
    otherwise: 'anonymous',
    help: 'User name to log in with, or to register',
  },
  secret: {
    flag: 's',
    singleDash: true,
    kind: secretText('<secret>'),
    otherwise: 'the name is registered, with a secret made for it',
    // Not JWP_SECRET: in a shell that starts servers that is a server's, and must not be sent to another as a user's.
    env: 'JWP_CLIENT_SECRET',
    file: 'secret-file',
    needs: ['u'],
    help: 'Secret of the user',
  },
  tls: {
    flag: 'tls',
    kind: toggle,
    help: 'Speak TLS, and trust servers that this system trusts; needed if the servers speak TLS',
  },
  tlsCaFile: {
    flag: 'tls-ca',
    kind: text('<file>'),
    otherwise: 'as --tls says',
    help: 'Speak TLS, and trust servers with a certificate for their host that this CA (PEM) has signed',
  },
  presence: {
    flag: 'presence',
    kind: toggle,
    help: 'Show who comes and goes; in a pipe as lines {"presence": {"username", "online", "time"}}',
  },
  listen: {
    flag: 'listen',
    kind: toggle,
    help: 'In a pipe: stay after the end of the input, until a signal comes',
  },
  count: {
    flag: 'count',
    kind: count('broadcasts'),
    otherwise: 'no end',
    help: 'In a pipe: end after this many broadcasts',
  },
})
