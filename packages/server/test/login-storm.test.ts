/** A storm of wrong secrets: hashing waits in line, deliveries do not wait for it, and everybody is answered in words. */
import test from 'ava'
import { eventually } from '@jwp/transport'
import { serve, Talker } from './support/server-under-test.js'

/** More than may wait to be hashed, from anywhere or from one address. */
const stormSize = 400

test('while wrong secrets storm in, messages are delivered and everybody is answered', async (t) => {
  const server = await serve(t, { maxFailedLogins: 100_000 })
  const ann = { username: 'ann', secret: 'right' }
  await new Talker(t, server).ask({ command: 'REGISTER', ...ann })
  const [speaker, listener] = [new Talker(t, server), new Talker(t, server)]
  await speaker.loginAnonymously()
  await listener.loginAnonymously()

  const storm = Array.from({ length: stormSize }, () => new Talker(t, server))
  for (const client of storm) client.say({ command: 'LOGIN', username: 'ann', secret: 'guess' })
  const late = new Talker(t, server)
  late.say({ command: 'LOGIN', ...ann })
  for (let k = 1; k <= 20; k++) speaker.say({ command: 'ACTIVITY_MESSAGE', activity: { k } })
  await eventually('everything is delivered', () => (listener.lines.length >= 20 ? true : undefined))
  const waiting = storm.filter(({ lines }) => lines.length === 0).length
  t.true(waiting > 0, 'some are still to be hashed')

  const answers = await Promise.all([...storm, late].map((client) => client.next()))
  const right = answers.pop()!
  for (const { info } of answers) t.regex(String(info), /^(wrong secret for ann|not decided: .*, try again)$/)
  t.true(answers.some(({ info }) => info === 'wrong secret for ann'))
  t.true(answers.some(({ info }) => String(info).includes('too many logins')))
  for (const { command } of answers) t.is(command, 'LOGIN_FAILED')
  t.true(
    right['command'] === 'LOGIN_SUCCESS' || String(right['info']).startsWith('not decided'),
    JSON.stringify(right),
  )
})
