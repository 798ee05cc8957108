/** C2: the client with no -u is anonymous; with -u and no -s it registers with a generated secret; with both it logs in. */
import test from 'ava'
import { eventually } from '@jwp/transport'
import { LineClient } from '../support/line-client.js'
import { RealNetwork, type JwpProcess } from '../support/real-network.js'

test('C2: three ways to say who you are', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const { port } = await network.startServer('a')
  const witness = new LineClient(t, port)
  await witness.ask({ command: 'LOGIN', username: 'anonymous' })
  const says = async (text: string, ...who: string[]): Promise<{ client: JwpProcess; user: unknown }> => {
    const client = network.start('client', port, ['client', '-rp', String(port), ...who])
    client.child.stdin!.end(`${JSON.stringify({ text })}\n`)
    const broadcast = await witness.take('ACTIVITY_BROADCAST')
    const activity = broadcast['activity'] as Record<string, unknown>
    t.is(activity['text'], text)
    t.is(await client.ended, 0)
    return { client, user: activity['authenticated_user'] }
  }

  t.is((await says('without a name')).user, 'anonymous')

  const registered = await says('a new name', '-u', 'aaron')
  t.is(registered.user, 'aaron')
  const secret = /secret\S*\s+(\S+)/i.exec(registered.client.printed())?.[1]
  t.truthy(secret, `the generated secret is printed: ${registered.client.printed()}`)

  t.is((await says('the same again', '-u', 'aaron', '-s', secret!)).user, 'aaron')

  const impostor = network.start('client', port, [
    'client',
    '-rp',
    String(port),
    '-u',
    'aaron',
    '-s',
    'wrong',
  ])
  impostor.child.stdin!.end()
  t.not(await impostor.ended, 0)
  await eventually('it says why', () => (/wrong secret/.test(impostor.printed()) ? true : undefined))
})
