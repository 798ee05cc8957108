import { Command } from '@oclif/core/command'
import { flagsFrom, settingsOf } from '../flags/flags-from.js'
import { prose } from '../flags/prose.js'
import { clientOptions } from '../options/client-options.js'

export default class ClientCommand extends Command {
  static override summary = 'Publish activities, and see those of all clients.'

  static override description =
    prose(`On a terminal, each line that you type is published. A JSON object is published as it is, any other text as
{"text": "..."}. If a line starts like JSON and is not, you are asked. /help, /who and /quit are commands; //text publishes
"/text". Each activity of others appears with its user and its time. When its server dies, the client goes on at another
one, and nothing is lost or doubled.

In a pipe, each line of the input is one JSON object, and each line of the output is one broadcast as JSON. The client ends
with its input, when the network has acknowledged everything. With --listen it stays, and prints what others publish.

Without -u you are anonymous. With -u alone, the name is registered with a new secret, which is shown once. With -u and -s
you log in.

Exit codes: 0 everything acknowledged; 1 something was not; 2 usage; 4 refused (wrong secret, name taken); 5 no server
there.`)

  static override usage = 'client -rp <port> [-rh <host>] [-u <name> [-s <secret>]] [flags]'

  static override examples = [
    { description: 'Talk without a name', command: 'jwp client -rp 3781' },
    { description: 'Register the name aaron', command: 'jwp client -rp 3781 -u aaron' },
    { description: 'Log in', command: 'JWP_CLIENT_SECRET=... jwp client -rp 3781 -u aaron' },
    {
      description: 'Publish one activity from a script',
      command: `echo '{"text":"hello"}' | jwp client -rp 3781`,
    },
    { description: 'See who comes and goes', command: 'jwp client -rp 3781 --presence' },
    { description: 'Follow the network', command: 'jwp client -rp 3781 --listen </dev/null | jq .activity' },
  ]

  static override flags = flagsFrom(clientOptions)

  async run(): Promise<void> {
    const { flags } = await this.parse(ClientCommand)
    const { host, port, tls, tlsCaFile, ...settings } = settingsOf(clientOptions, flags)
    const { givenSecret } = await import('../secrets/given-secret.js')
    const { readPem } = await import('../secrets/tls-files.js')
    const { runClient } = await import('../client/run-client.js')
    await runClient({
      ...settings,
      server: { hostname: host, port },
      secret: settings.username === undefined ? undefined : givenSecret(clientOptions.secret, flags),
      tls: tlsCaFile !== undefined ? { ca: readPem(tlsCaFile) } : tls ? {} : undefined,
    })
  }
}
