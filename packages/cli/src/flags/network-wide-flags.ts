/**
 * What the servers of one network are told alike: `jwp server` takes it for itself, `jwp up` for all that it starts.
 * What belongs to one server only (its port, its parent, its secrets) is with `commands/server.ts`.
 */
import * as Flags from '@oclif/core/flags'
import { bytesFlag, durationFlag } from './amount-flags.js'
import { countFlag, millisecondsFlag } from './network-flags.js'
import { tlsFlags } from './tls-flags.js'

export const networkWideFlags = {
  balance: Flags.boolean({
    default: true,
    allowNo: true,
    summary:
      'send clients on to servers that have at least two fewer (on unless said); --no-balance: they stay where they log in',
  }),
  time_before_reconnect: millisecondsFlag({
    helpLabel: '-time_before_reconnect',
    summary: 'wait this long after losing the parent before looking for another (0 unless said: at once)',
  }),
  sync_interval: millisecondsFlag({
    helpLabel: '-sync_interval',
    summary: 'least time between two announcements of load and members (100 unless said)',
  }),
  activity_check_interval: millisecondsFlag({
    helpLabel: '-activity_check_interval',
    summary: 'deliver what has come in this often (0 unless said: at once)',
  }),
  heartbeat: durationFlag({
    summary: 'a link with nothing to say speaks this often (250 unless said); the same for all servers',
  }),
  'silence-limit': durationFlag({
    summary:
      'a server that says nothing for so long is given up (1s unless said, at least two heartbeats); more heals silent failures later, less abandons busy servers; the same for all servers',
  }),
  'client-silence': durationFlag({
    summary:
      'a client that says nothing for so long is given up: with features when it does not answer PING, others when their system does not answer (30s unless said, at least 1s); more bears worse lines, less notices a pulled cable sooner',
  }),
  'max-children': countFlag({
    summary: 'most servers directly below one (8 unless said); others are sent on',
  }),
  'data-sync': Flags.option({ options: ['on', 'off'] as const })({
    dependsOn: ['data'],
    summary:
      'on (unless said): what is acknowledged survives a loss of power, and waits for the disk to flush; off: it survives the end of all processes only, and the disk delays nobody',
  }),
  'set-aside': Flags.boolean({
    dependsOn: ['data'],
    summary:
      'if what the folder of --data holds is damaged, move it aside within the folder and join as a new server; good data is used as ever',
  }),
  'retention-age': durationFlag({
    summary:
      'keep what everybody has for so long, for those who return (10min unless said); more costs memory, less means that who was away for longer is told how much was missed',
  }),
  'retention-bytes': bytesFlag({
    summary: 'keep no more than this of it, 256 bytes per message included (256MiB unless said)',
  }),
  offline: Flags.option({ options: ['missed', 'all', 'none'] as const })({
    summary:
      'what a user who comes back is given: missed (unless said: what was sent while he was connected and did not reach him), all (also what was sent after he had gone) or none',
  }),
  'backlog-age': durationFlag({
    summary:
      'keep what users who are away are given for so long, within --retention-bytes (1d unless said); more costs memory, less means that who was away for longer is told how much was missed; the same for all servers',
  }),
  'max-clients': countFlag({
    summary:
      'most clients that are logged in at one server at once (any number unless said); others are sent to servers with room',
  }),
  autoscale: Flags.boolean({
    dependsOn: ['max-clients'],
    summary: 'when all servers are full, start another one and send clients there',
  }),
  'autoscale-max': countFlag({
    dependsOn: ['autoscale'],
    summary: 'start none when the whole network has so many servers (16 unless said)',
  }),
  'autoscale-idle': durationFlag({
    dependsOn: ['autoscale'],
    summary: 'what is started ends by itself when it was not needed for so long (1min unless said)',
  }),
  'max-connections': countFlag({
    summary:
      'most clients that are connected, logged in or not (as many as the system allows, unless said); others are told to try another server',
  }),
  'max-connections-per-address': countFlag({
    summary:
      'most connections from one address, and most new ones at once (4096 unless said; then 200 a second); less keeps out more of those behind one address',
  }),
  'max-failed-logins': countFlag({
    summary:
      'failed logins a minute for one name from one address, and as many at once (60 unless said); ten times as many for all names of an address, then only names without failures are looked at; more makes guessing faster, less keeps people waiting sooner',
  }),
  'max-rate': countFlag({
    summary:
      'messages a second that are read from one client (as fast as they come, unless said); who is faster is slowed, not closed',
  }),
  ...tlsFlags,
}
