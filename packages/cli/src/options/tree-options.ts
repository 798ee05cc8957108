import { defineOptions, toggle } from '@jwp/protocol/options'
import { remoteOptions } from '@jwp/server/options'

export const treeOptions = defineOptions({
  port: {
    flag: remoteOptions.port.flag,
    singleDash: true,
    kind: remoteOptions.port.kind,
    otherwise: 'the servers of this machine, from the local keyring',
    help: 'Port of the server asked first',
  },
  host: { ...remoteOptions.host, help: 'Host of that server' },
  secret: {
    flag: remoteOptions.secret.flag,
    singleDash: true,
    kind: remoteOptions.secret.kind,
    env: remoteOptions.secret.env,
    file: 'secret-file',
    otherwise: 'found in the keyring on one machine',
    help: 'Secret (-ms) of the server asked first',
  },
  watch: { flag: 'watch', char: 'w', kind: toggle, help: 'Draw again and again, until Ctrl-C' },
  json: {
    flag: 'json',
    kind: toggle,
    help: 'Print what the servers say as one JSON object (with --watch: one per change)',
  },
})
