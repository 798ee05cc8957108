/** Flags of a server: its own, and those that `jwp up` takes for all the servers that it starts. */
import {
  autoscaleOptions,
  dataOptions,
  ownServerOptions,
  remoteOptions,
  sharedServerOptions,
} from '@jwp/server/options'
import { growthOptions, placeOptions, serverLogOptions } from '../options/server-command-options.js'
import { tlsOptions } from '../options/tls-options.js'
import { flagsFrom } from './flags-from.js'

const { data, ...dataFlags } = flagsFrom(dataOptions)
const { 'autoscale-command': autoscaleCommand, ...autoscaleFlags } = flagsFrom(autoscaleOptions)
const { 'end-when-idle': endWhenIdle, ...ownFlags } = flagsFrom(ownServerOptions)

/** Options that all servers of a network share. */
export const sharedServerFlags = {
  ...flagsFrom(tlsOptions),
  ...dataFlags,
  ...flagsFrom(sharedServerOptions),
  ...flagsFrom(growthOptions),
  ...autoscaleFlags,
}

/** In the order in which `--help` shows them. */
export const serverFlags = {
  ...ownFlags,
  ...flagsFrom(remoteOptions),
  ...flagsFrom(placeOptions),
  ...flagsFrom(serverLogOptions),
  data,
  ...sharedServerFlags,
  'autoscale-command': autoscaleCommand,
  'end-when-idle': endWhenIdle,
}
